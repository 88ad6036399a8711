import { type LvmError, lvmError } from '../errors.ts';
import { groupOf, type LvmState, volumeOf } from '../state.ts';
import type { JobKind, JobResult } from './job.ts';
import type { UnderWay } from './under-way.ts';

/** How something ended that no longer goes on. Throws an {@link LvmError} if that is not its proper end. */
export function endOf(state: LvmState, was: UnderWay): JobResult {
  const name = `${was.vg}/${was.lv}`;
  if (was.kind === 'pvmove') {
    const back = extentsBack(state, was);
    if (back > 0)
      throw failure(was, 'aborted', `the move was ended by another: ${back} extents are on ${was.source}`, {
        next: 'Start it again with pvmove for what is left.',
      });
    return { volume: null, mismatches: null };
  }
  const volume = volumeOf(state, name);
  if (volume === undefined || (volume.uuid !== was.uuid && !was.isThin))
    throw failure(was, 'not-found', `${name} is not there any more`, { next: 'Look at lvs.' });
  if (volume.mergeFailed === true) throw mergeFailed(was);
  const left = was.volumes.find((one) => one !== was.lv && volumeOf(state, `${was.vg}/${one}`) !== undefined);
  if (was.kind === 'merge' && left !== undefined)
    throw failure(was, 'not-done', `${was.vg}/${left} is no longer merged, but is there still`, {
      next: 'Look at lvs -a; it may have been cancelled by another, or have failed.',
    });
  if (was.kind !== 'merge' && volume.active === false) throw inactive(was);
  if (was.kind === 'raid' && volume.copyPercent !== 100)
    throw failure(was, 'not-done', `${name} is at rest, but not in sync`, {
      next: 'Look at lvs -a -o +lv_health_status.',
    });
  if (was.kind === 'mirror' && volume.copyPercent !== 100)
    throw failure(was, 'aborted', `${name} is no mirror any more that gets in sync`, {
      next: 'It was converted by another; look at lvs -a -o +devices.',
    });
  return { volume, mismatches: was.kind === 'scrub' ? volume.raidMismatchCount : null };
}

/** The error of a job of this kind. Its command is the one that begins such a thing. */
export function failure(
  { kind }: { readonly kind: JobKind },
  reason: 'aborted' | 'not-found' | 'not-active' | 'not-done' | 'io-error' | 'unsupported',
  message: string,
  { next }: { readonly next: string },
): LvmError {
  const changed = reason === 'unsupported' ? 'no' : 'yes';
  return lvmError(reason, { command: commandOf({ kind }), message, next, changed });
}

/** The command that begins such a thing. */
export function commandOf({ kind }: { readonly kind: JobKind }): readonly string[] {
  return [commands[kind]];
}

/** The error of something that the kernel cannot end. */
export function kernelFailure(was: UnderWay, problem: string): LvmError {
  const { vg, lv, kind } = was;
  const name = `${vg}/${lv}`;
  if (kind === 'merge') return mergeFailed(was, problem);
  const state: Readonly<Record<Exclude<JobKind, 'merge' | 'repair'>, string>> = {
    pvmove: `The data is safe on ${was.source ?? 'the old device'} only: "pvmove --abort" gives it back.`,
    mirror: `Its data is on the first image: "lvconvert --repair ${name}" takes the failed one out.`,
    raid: `Replace the failed image with "lvconvert --repair ${name}", or if its device is back, "lvchange --refresh ${name}".`,
    scrub: `Replace the failed image with "lvconvert --repair ${name}", or if its device is back, "lvchange --refresh ${name}", and check again.`,
  };
  return failure(was, 'io-error', `${name} does not go on: ${problem}`, { next: state[kind] });
}

/** The error of something whose volume was deactivated before it was done. */
export function inactive(was: UnderWay): LvmError {
  const name = `${was.vg}/${was.lv}`;
  return failure(was, 'not-active', `${name} is no longer active, so the kernel does not go on`, {
    next: `It goes on when the volume is activated again (lvchange -ay); lvm.jobs.find finds it.`,
  });
}

/** How many of the extents that a pvmove was to move are still, or again, those of the same volumes. */
export function extentsBack(state: LvmState, { vg, volumes, extents }: UnderWay): number {
  const used =
    groupOf(state, vg)?.pvSegs.filter(({ lvName }) => lvName !== null && volumes.includes(lvName)) ?? [];
  let back = 0;
  for (const { device, start, size } of extents)
    for (const seg of used)
      if (seg.pvName === device)
        back += Math.max(0, Math.min(start + size, seg.start + seg.size) - Math.max(start, seg.start));
  return back;
}

function mergeFailed(was: UnderWay, problem = 'lvm says that the merge failed'): LvmError {
  const name = `${was.vg}/${was.lv}`;
  return failure(was, 'io-error', `the merge into ${name} does not go on: ${problem}`, {
    next: `The origin holds a part of the snapshot's data and the snapshot the rest: look at the disks (dmesg), and when they work again, deactivate and activate ${name} to go on.`,
  });
}

const commands: Readonly<Record<JobKind, string>> = {
  pvmove: 'pvmove',
  mirror: 'lvconvert',
  raid: 'lvconvert',
  repair: 'lvconvert',
  merge: 'lvconvert',
  scrub: 'lvchange',
};
