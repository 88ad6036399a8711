import type { JobProgress } from './job.ts';

/** The newest progress of a job, for any number of readers. */
export interface ProgressFeed {
  readonly push: (progress: JobProgress) => void;
  /** Ends all iterations; with an error they reject. */
  readonly end: (error?: unknown) => void;
  readonly latest: () => JobProgress | null;
  /** A reader of its own: it skips what it was too slow for, and gets the newest first. */
  readonly iterate: () => AsyncIterator<JobProgress, undefined>;
}

/** Makes an empty {@link ProgressFeed}. */
export function progressFeed(): ProgressFeed {
  let latest: JobProgress | null = null;
  let version = 0;
  let ended: { readonly error: unknown } | undefined;
  const wakes = new Set<() => void>();
  const wake = (): void => {
    for (const one of [...wakes]) one();
  };
  return {
    push(progress) {
      latest = progress;
      version++;
      wake();
    },
    end(error) {
      ended ??= { error };
      wake();
    },
    latest: () => latest,
    iterate() {
      let seen = 0;
      let hasLeft = false;
      const next = async (): Promise<IteratorResult<JobProgress, undefined>> => {
        while (!hasLeft) {
          if (latest !== null && seen < version) {
            seen = version;
            return { done: false, value: latest };
          }
          if (ended !== undefined) {
            hasLeft = true;
            if (ended.error !== undefined) throw ended.error;
            break;
          }
          await new Promise<void>((resolve) => {
            const once = (): void => {
              wakes.delete(once);
              resolve();
            };
            wakes.add(once);
          });
        }
        return { done: true, value: undefined };
      };
      const leave = async (): Promise<IteratorResult<JobProgress, undefined>> => {
        hasLeft = true;
        wake();
        return { done: true, value: undefined };
      };
      return { next, return: leave };
    },
  };
}
