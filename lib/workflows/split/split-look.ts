import type { LvRow } from '../../lvm/columns/lv.ts';
import { imagesOf, trackedImage } from '../../lvm/commands/lvconvert-images.ts';
import { Refusal } from '../errors.ts';
import { lookAtSync, type SyncLook } from '../sync.ts';
import type { Tools } from '../tools.ts';
import { marksOf, type SplitMarks } from './split-marks.ts';

/** A volume that is to be split, as it is now. */
export interface SplitLook extends SyncLook {
  readonly marks: SplitMarks;
  /** The image that is split off it and tracked, if one is. */
  readonly tracked: LvRow | undefined;
  /** What an earlier call has left half done: its image is split off, is to be compared, or its tags are left. */
  readonly leftover: 'tracked' | 'marked' | null;
  readonly copies: number;
}

/**
 * Looks at a volume that is to be split. Rejects with a {@link Refusal}: `not-found`, or `foreign` if somebody else has
 * split an image off it.
 */
export async function lookForSplit(
  tools: Tools,
  volume: string,
  signal: AbortSignal | undefined,
): Promise<SplitLook> {
  const look = await lookAtSync(tools, volume, signal);
  const marks = marksOf(look.row.tags);
  const tracked = trackedImage(look.state, volume);
  const ours = marks.tracked !== null || marks.suspect !== null;
  if (tracked !== undefined && !ours) throw foreign(volume, tracked);
  return {
    ...look,
    ...{ marks, tracked },
    leftover: tracked !== undefined ? 'tracked' : ours ? 'marked' : null,
    copies: imagesOf(look.state, volume).length,
  };
}

/**
 * Throws a {@link Refusal} `wrong-type` unless it is a mirror of these types, and `not-in-sync` unless its copies are
 * truly the same; of one that an earlier call left split, only the type counts.
 */
export function requireSplittable(
  { row, found, copies, leftover }: SplitLook,
  types: readonly string[],
  next: string,
): void {
  const { fullName, segtype } = row;
  if (row.hidden)
    throw new Refusal('wrong-type', `${fullName} is a part of another volume`, 'Name the mirror itself.');
  if (!types.includes(segtype))
    throw new Refusal('wrong-type', `${fullName} is of type ${segtype}, not ${types.join(' or ')}`, next);
  if (copies < 2)
    throw new Refusal('wrong-type', `${fullName} has one image only`, 'Give it another with addMirror.');
  if (leftover === null && found !== null) throw new Refusal('not-in-sync', found.message, found.next);
}

/** Whether a volume was split off this one: it is the image that a note of this one names, or its own tag says so. */
export function isSplitOff(copy: LvRow | undefined, row: LvRow): copy is LvRow {
  if (copy === undefined) return false;
  const { pending } = marksOf(row.tags);
  return (
    pending.some(({ name, image }) => name === copy.name && image === copy.uuid) ||
    marksOf(copy.tags).copy?.uuid === row.uuid
  );
}

function foreign(volume: string, image: LvRow): Refusal {
  return new Refusal(
    'foreign',
    `${image.fullName} is split off ${volume}, which tracks what changes meanwhile; splitForBackup has not done that`,
    `When nobody needs it any more, merge it back: "lvconvert --mergemirrors ${image.fullName}".`,
  );
}
