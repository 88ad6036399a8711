import { groupOf, type LvmState, volumeOf } from '../state.ts';
import type { Begun } from './run-job.ts';
import { imagesOf, type UnderWay } from './under-way.ts';

/** What a job has to know of something that goes on. */
export function begunOf(
  state: LvmState,
  underWay: UnderWay,
  images = 1,
): Omit<Begun<Record<never, never>>, 'started'> {
  const group = groupOf(state, underWay.vg);
  const row = volumeOf(state, `${underWay.vg}/${underWay.lv}`);
  // Of a merge neither the size of the origin nor that of the snapshot is what has to be copied.
  const bytes = row === undefined || underWay.kind === 'merge' ? null : Number(row.size);
  const all = group === undefined ? [] : imagesOf(group, underWay.lv);
  return {
    underWay,
    // The first leg holds all data; the others do if they were there before.
    images: Math.max(1, Math.min(images, all.length - 1)),
    bytes,
    over: { volume: row ?? null, mismatches: null },
  };
}
