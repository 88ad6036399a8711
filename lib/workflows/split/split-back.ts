import type { LvRow } from '../../lvm/columns/lv.ts';
import { imageCount } from '../../lvm/commands/lvconvert-images.ts';
import { volumeOf } from '../../lvm/state.ts';
import { errorText, type Remainder } from '../errors.ts';
import { lookAtGroup, requireVolumeIn } from '../lvm-step.ts';
import { lookAtSync } from '../sync.ts';
import type { Tools } from '../tools.ts';
import { isSplitOff } from './split-look.ts';

/** What came of {@link takeBack}. */
export interface TakenBack {
  /** What was done, to follow the message of what failed; `''` if there was nothing to do. */
  readonly did: string;
  /** What kept it from being done to its end. */
  readonly failure?: unknown;
}

/**
 * Removes a copy, `vg/lv`, that was split off a volume (`row`, as it was then), and gives that another image in its place.
 * A copy of a file system that was not quiet is none that was asked for; nobody was told of it. What has its name and was
 * not split off here is somebody else's. Throws nothing: why it was split is what the caller has to know.
 */
export async function takeBack(tools: Tools, row: LvRow, copy: string, copies: number): Promise<TakenBack> {
  const { lvconvert, lvremove } = tools.lvm;
  const { fullName, vgName, segtype, mirrorLog } = row;
  let isRemoved = false;
  try {
    const { state } = await lookAtGroup(tools, vgName);
    const now = requireVolumeIn(state, fullName);
    if (!isSplitOff(volumeOf(state, copy), now)) return { did: '' };
    await lvremove(copy);
    isRemoved = true;
    const mirrors = copies - 1;
    if (now.segtype === segtype) await lvconvert.mirrors(fullName, { mirrors });
    else if (segtype === 'raid1') await lvconvert.raid1(fullName, { mirrors });
    else await lvconvert.mirror(fullName, { mirrors, mirrorLog: mirrorLog === null ? 'core' : 'disk' });
    return { did: `; ${copy} was removed again, and ${fullName} is synchronised with an image in its place` };
  } catch (failure) {
    const what = isRemoved
      ? `${copy} was removed again, but ${fullName} has got no image in its place`
      : `${copy} could not be removed again`;
    return { did: `; ${what}: ${errorText(failure)}`, failure };
  }
}

/** What is left of a split of `copy` off a volume of so many copies; null if that has them again, all in sync. */
export async function leftOf(
  tools: Tools,
  volume: string,
  copy: string,
  copies: number,
): Promise<Remainder | null> {
  const { state, row, found } = await lookAtSync(tools, volume);
  const left = imageCount(state, volume);
  if (isSplitOff(volumeOf(state, copy), row))
    return {
      state: `${copy} is split off ${volume}, which has ${left} ${left === 1 ? 'copy' : 'copies'} of its data`,
      next: 'Call again: that finishes it.',
    };
  if (left < copies)
    return {
      state: `${volume} has ${left} ${left === 1 ? 'copy' : 'copies'} of its data, not ${copies}`,
      next: 'Give it another with addMirror.',
    };
  if (found === null) return null;
  // The kernel goes on with it by itself.
  return { state: found.message, next: found.next };
}
