import type { Lvm } from '../lvm/lvm.ts';
import type { LvmState } from '../lvm/state.ts';

/** The newest report of lvm that there is. */
export interface KeptReport {
  /** What the last run brought; undefined before the first has ended. */
  readonly state: LvmState | undefined;
  /** When it was made, on the clock of `performance.now()`. */
  readonly madeAt: number;
  /** Whether the last run succeeded, and how long it took. */
  readonly success: boolean;
  readonly seconds: number;
}

/** Keeps a report of lvm, made anew in the background. */
export interface ReportKeeper {
  /** What there is now. Has a new one made if it is too old and none is being made; waits for nothing. */
  newest(): KeptReport | undefined;
  /** Ends a run that is under way. */
  close(): void;
}

/**
 * Keeps reports for `maxAge` milliseconds. `--readonly` takes no lock, so that no other command delays it; a disk that
 * hangs can, and the run is then ended after a while.
 */
export function keepReports(given: Pick<Lvm, 'fullreport'> | undefined, maxAge: number): ReportKeeper {
  const end = new AbortController();
  let kept: KeptReport | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isRunning = false;

  const run = async (): Promise<void> => {
    isRunning = true;
    askedAt = performance.now();
    try {
      const lvm = given ?? (await import('../lvm/lvm.ts')).Lvm.open();
      const state = await lvm.fullreport({ readonly: true, signal: end.signal, timeout: longestRun });
      kept = { state, madeAt: performance.now(), success: true, seconds: secondsSince(askedAt) };
    } catch {
      const { state, madeAt = Number.NaN } = kept ?? {};
      kept = { state, madeAt, success: false, seconds: secondsSince(askedAt) };
    } finally {
      isRunning = false;
    }
  };

  return {
    newest() {
      if (!isRunning && !end.signal.aborted && performance.now() - askedAt >= maxAge) void run();
      return kept;
    },
    close: () => end.abort(),
  };
}

const longestRun = 60_000;

function secondsSince(at: number): number {
  return (performance.now() - at) / 1000;
}
