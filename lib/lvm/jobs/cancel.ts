import { toLvmError } from '../errors.ts';
import type { Context } from '../execute.ts';
import { parseLog } from '../log.ts';
import { type GroupState, groupOf, type LvmState } from '../state.ts';
import { extentsBack, failure } from './ending.ts';
import { look } from './follow.ts';
import type { CancelOutcome } from './job.ts';
import { imagesOf, sameUnderWay, type UnderWay } from './under-way.ts';

/**
 * Ends what is under way, in the way that there is. `images` is how many a mirror had before. Rejects with an
 * {@link LvmError}: `unsupported` if there is no way, or lvm's own.
 */
export async function cancel(context: Context, was: UnderWay, images: number): Promise<CancelOutcome> {
  requireCancellable(was);
  const leave = await context.serial.enter([was.vg]);
  try {
    const before = await look(context, was.vg);
    if (sameUnderWay(before, was) === undefined) return ended;
    const argv = was.kind === 'pvmove' ? abortArguments(was) : fewerImages(was, before, images);
    const outcome = await context.run({ argv, log: 'json' });
    if (outcome.exitCode !== 0) throw toLvmError(outcome, parseLog(outcome.report).entries);
    const after = await look(context, was.vg);
    // A mirror whose first images are left may have to bring them in sync anew.
    const isThere =
      was.kind === 'pvmove' ? sameUnderWay(after, was) !== undefined : imagesIn(after, was).length > images;
    if (isThere)
      throw failure(
        was,
        'not-done',
        `lvm says that it has ended what ${was.converting} is at, but it goes on`,
        {
          next: 'Look at lvs -a.',
        },
      );
    return was.kind === 'pvmove' ? moveCancelled(after, was) : mirrorCancelled(was, images);
  } finally {
    leave();
  }
}

/** Throws an {@link LvmError} `unsupported` for what cannot be ended, with what to do instead. */
export function requireCancellable(was: UnderWay): void {
  const why = obstacleOf(was);
  if (why !== null) throw failure(was, 'unsupported', why.message, { next: why.next });
}

function obstacleOf({ kind, vg, lv, source }: UnderWay): { message: string; next: string } | null {
  const name = `${vg}/${lv}`;
  switch (kind) {
    case 'mirror':
      return null;
    case 'merge':
      return {
        message: `a merge cannot be cancelled: ${name} has the snapshot's content from its start on`,
        next: 'Wait for its end; one that waits for its origin begins at the next activation.',
      };
    case 'raid':
      return {
        message: `the kernel brings the images of ${name} in sync whatever is asked for`,
        next: 'Slow it down with "lvchange --maxrecoveryrate", or take a new image out with "lvconvert --mirrors".',
      };
    case 'scrub':
      return {
        message: 'lvm knows no end of a check but its own',
        next: 'It changes nothing of what is in use; slow it down with "lvchange --maxrecoveryrate".',
      };
    case 'pvmove':
      if (source !== null) return null;
      return {
        message: 'the device that is emptied is missing, and pvmove --abort wants its name',
        next: 'Bring the device back, or end all moves of all groups with "pvmove --abort".',
      };
  }
}

function abortArguments({ source }: UnderWay): readonly string[] {
  return ['pvmove', '--abort', '--', source ?? ''];
}

// The first images are those that hold all data; what is left out are the devices of the others.
function fewerImages(was: UnderWay, state: LvmState, images: number): readonly string[] {
  const group = groupOf(state, was.vg);
  const all = imagesIn(state, was);
  const kept = all.slice(0, images).map((image) => devicesOf(group, image));
  const dropped = new Set(all.slice(images).flatMap((image) => devicesOf(group, image)));
  if (dropped.size === 0 || kept.some((devices) => devices.every((device) => dropped.has(device))))
    throw failure(
      was,
      'unsupported',
      `the new images of ${was.vg}/${was.lv} are on no devices of their own, by which lvm could be told which to drop`,
      { next: 'Wait until it is in sync, then take an image out with "lvconvert --mirrors".' },
    );
  return [
    ...['lvconvert', '--yes', '--mirrors', String(images - 1)],
    ...['--', `${was.vg}/${was.lv}`, ...dropped],
  ];
}

function imagesIn(state: LvmState, { vg, lv }: UnderWay): readonly string[] {
  const group = groupOf(state, vg);
  return group === undefined ? [] : imagesOf(group, lv);
}

function devicesOf(group: GroupState | undefined, lv: string): readonly string[] {
  const used = group?.pvSegs.filter(({ lvName }) => lvName === lv) ?? [];
  return [...new Set(used.flatMap(({ pvName }) => pvName ?? []))];
}

const ended: CancelOutcome = {
  outcome: 'ended',
  meaning: 'It had come to its end before it could be cancelled.',
  extentsMoved: null,
  extentsBack: null,
};

function moveCancelled(after: LvmState, was: UnderWay): CancelOutcome {
  const back = extentsBack(after, was);
  const moved = was.extents.reduce((sum, { size }) => sum + size, 0) - back;
  if (back === 0) return { ...ended, extentsMoved: moved, extentsBack: 0 };
  const stay =
    moved === 0 ? 'none has moved' : `${moved} extents of parts that were done stay where they are now`;
  return {
    outcome: 'cancelled',
    meaning: `${back} extents are on ${was.source} again; ${stay}.`,
    extentsMoved: moved,
    extentsBack: back,
  };
}

function mirrorCancelled({ vg, lv }: UnderWay, images: number): CancelOutcome {
  return {
    outcome: 'cancelled',
    meaning: `The new images are gone, and their space is free; ${vg}/${lv} has ${images === 1 ? 'its one copy' : `${images} images`} as before.`,
    extentsMoved: null,
    extentsBack: null,
  };
}
