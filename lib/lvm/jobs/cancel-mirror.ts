import type { LvmError } from '../errors.ts';
import { type GroupState, groupOf, type LvmState } from '../state.ts';
import { failure } from './ending.ts';
import { imagesOf, type UnderWay } from './under-way.ts';

/** Which images of a mirror are left, and which go, if what adds them is ended. */
export interface ImagePlan {
  /** The command that takes the new ones out. */
  readonly argv: readonly string[];
  /** How many images are left; 1 is a volume without a mirror. */
  readonly left: number;
  /** The uuids of the images that go. */
  readonly dropped: readonly string[];
}

/**
 * How to take the new images out of a mirror: those that lvm keeps apart while it adds them (of a mirror with a log on
 * disk), or those that the job knows to have added, `added` by uuid. Throws an {@link LvmError} `unsupported` if none is
 * known to be new, as while a mirror gets in sync for the first time or anew: no image goes that holds what was there.
 */
export function imagesToDrop(state: LvmState, was: UnderWay, added: readonly string[]): ImagePlan {
  const group = groupOf(state, was.vg);
  const { old, fresh } = group === undefined ? { old: [], fresh: [] } : split(group, was.lv, added);
  if (group === undefined || old.length === 0 || fresh.length === 0) throw notAdding(was);
  const devices = new Set(fresh.flatMap((image) => devicesOf(group, image)));
  // lvm takes out an image all of whose devices are named (lib/metadata/mirror.c).
  const isClear = old.every((image) => !devicesOf(group, image).every((device) => devices.has(device)));
  if (devices.size === 0 || !isClear) throw notApart(was);
  return {
    argv: [
      ...['lvconvert', '--yes', '--mirrors', String(old.length - 1)],
      ...['--', `${was.vg}/${was.lv}`, ...devices],
    ],
    left: old.length,
    dropped: group.lvs.filter(({ name }) => fresh.includes(name)).map(({ uuid }) => uuid),
  };
}

// lvm puts the old images into a mirror of their own, a_mimagetmp_2, which is then the first image of the whole.
function split(
  group: GroupState,
  lv: string,
  added: readonly string[],
): { readonly old: readonly string[]; readonly fresh: readonly string[] } {
  const all = imagesOf(group, lv);
  const hidden = all.filter((name) => /_mimagetmp_\d+$/.test(name));
  if (hidden.length > 0)
    return {
      old: hidden.flatMap((name) => imagesOf(group, name)),
      fresh: all.filter((name) => !hidden.includes(name)),
    };
  const isAdded = (name: string): boolean =>
    group.lvs.some((row) => row.name === name && added.includes(row.uuid));
  return { old: all.filter((name) => !isAdded(name)), fresh: all.filter(isAdded) };
}

function devicesOf(group: GroupState, lv: string): readonly string[] {
  const used = group.pvSegs.filter(({ lvName }) => lvName === lv);
  return [...new Set(used.map(({ pvName }) => pvName ?? ''))];
}

function notAdding(was: UnderWay): LvmError {
  const name = `${was.vg}/${was.lv}`;
  return failure(
    was,
    'unsupported',
    `the images of ${name} get in sync, and none of them is known to be new, so none is taken out`,
    {
      next: `Wait for its end, or take an image out on purpose: "lvconvert --mirrors NUMBER ${name} DEVICE", where the first image holds all data.`,
    },
  );
}

function notApart(was: UnderWay): LvmError {
  return failure(
    was,
    'unsupported',
    `the new images of ${was.vg}/${was.lv} are on no devices of their own, by which lvm could be told which to drop`,
    { next: 'Wait until it is in sync, then take an image out with "lvconvert --mirrors".' },
  );
}
