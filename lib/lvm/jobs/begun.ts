import type { PvSegRow } from '../columns/pvseg.ts';
import { type GroupState, groupOf, type LvmState, volumeOf } from '../state.ts';
import type { Begun } from './run-job.ts';
import { imagesOf, type UnderWay } from './under-way.ts';

/**
 * What a job has to know of something that goes on. `before` is what was there before it was begun; undefined if that
 * is not known.
 */
export function begunOf(
  state: LvmState,
  underWay: UnderWay,
  before?: LvmState,
): Omit<Begun<Record<never, never>>, 'started'> {
  const row = volumeOf(state, `${underWay.vg}/${underWay.lv}`);
  // Of a merge neither the size of the origin nor that of the snapshot is what has to be copied.
  const bytes = row === undefined || underWay.kind === 'merge' ? null : Number(row.size);
  return {
    underWay,
    added: before === undefined ? [] : addedImages(before, state, underWay),
    bytes,
    over: { volume: row ?? null, mismatches: null },
  };
}

/**
 * The uuids of the images of a mirror that were added to a volume: those on extents that were all free before. None if
 * the volume was not there before, as all its images are new then, or if it is no mirror.
 */
export function addedImages(before: LvmState, after: LvmState, underWay: UnderWay): readonly string[] {
  const [was, is] = [groupOf(before, underWay.vg), groupOf(after, underWay.vg)];
  if (underWay.kind !== 'mirror' || was === undefined || is === undefined) return [];
  if (!was.lvs.some(({ uuid }) => uuid === underWay.uuid)) return [];
  return imagesOf(is, underWay.lv).flatMap((image) => {
    const uuid = is.lvs.find(({ name }) => name === image)?.uuid;
    const extents = is.pvSegs.filter(({ lvName }) => lvName === image);
    const isNew = extents.length > 0 && extents.every((one) => wasFree(was, one));
    return uuid !== undefined && isNew ? [uuid] : [];
  });
}

function wasFree({ pvSegs }: GroupState, { pvName, start, size }: PvSegRow): boolean {
  return pvSegs.every(
    (one) =>
      one.lvName === null ||
      one.pvName !== pvName ||
      one.start + one.size <= start ||
      start + size <= one.start,
  );
}
