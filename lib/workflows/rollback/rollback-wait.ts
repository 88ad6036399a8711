import type { JobProgress } from '../../lvm/jobs/job.ts';
import type { StepContext } from '../step.ts';
import type { Tools } from '../tools.ts';

/**
 * Waits until the merges into these origins (`vg/lv`) have ended, all at once: the kernel's numbers tell when it is done,
 * then lvm is asked to make it final. Rejects with what the first of them failed with, when all have ended; with an
 * `AbortError` when the signal fires.
 */
export async function untilMerged(
  { lvm }: Tools,
  origins: readonly string[],
  { signal, progress }: Pick<StepContext, 'signal' | 'progress'>,
): Promise<void> {
  const now = new Map<string, MergeProgress>(origins.map((origin) => [origin, { ratio: 0 }]));
  const follow = async (origin: string): Promise<void> => {
    const job = await lvm.jobs.find(origin, { signal });
    let first: number | null = null;
    if (job !== null) {
      for await (const told of job) {
        first ??= told.ratio;
        now.set(origin, { ...told, ratio: shareOf(told.ratio, first) });
        progress(together(now));
      }
      await job.result;
    }
    now.set(origin, { ratio: 1 });
    progress(together(now));
  };
  const ends = await Promise.allSettled(origins.map(follow));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

type MergeProgress = Pick<JobProgress, 'ratio'> & Partial<Pick<JobProgress, 'bytesPerSecond' | 'remaining'>>;

// The job counts how much of the store is free, so that it begins above 0.
function shareOf(ratio: number, first: number): number {
  return first >= 1 ? 1 : Math.max(0, (ratio - first) / (1 - first));
}

function together(all: ReadonlyMap<string, MergeProgress>) {
  const each = [...all.values()];
  const going = each.filter(({ ratio }) => ratio < 1);
  const known = going.flatMap(({ remaining }) => remaining ?? []);
  const speeds = going.flatMap(({ bytesPerSecond }) => bytesPerSecond ?? []);
  return {
    ratio: each.reduce((sum, { ratio }) => sum + ratio, 0) / Math.max(1, each.length),
    bytesPerSecond: speeds.length === 0 ? null : speeds.reduce((sum, speed) => sum + speed, 0),
    remaining: known.length < going.length || known.length === 0 ? null : Math.max(...known),
    detail: [...all].flatMap(([origin, { ratio }]) => (ratio < 1 ? [origin] : [])).join(', ') || null,
  };
}
