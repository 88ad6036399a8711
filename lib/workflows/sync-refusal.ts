import type { DeviceStatus } from '../device.ts';
import type { LvRow } from '../lvm/columns/lv.ts';
import { brokenBelow, imagesOf, isRaid, trackedImage } from '../lvm/commands/lvconvert-images.ts';
import type { LvmState } from '../lvm/state.ts';
import type { MirrorStatus } from '../targets/mirror.ts';
import type { RaidStatus } from '../targets/raid.ts';

/** Why the copies of a volume are not the same, or not known to be. */
export interface OutOfSync {
  /**
   * `syncing`: it will be in sync by itself. `broken`: a copy is lost, or takes no part. `never`: the copies were never
   * made the same, and nothing makes them so. `differs`: a check found them to differ. `other`: no mirror, inactive, or
   * it cannot be told.
   */
  readonly kind: 'syncing' | 'broken' | 'never' | 'differs' | 'other';
  /** What is wrong, in one sentence without its end. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly next: string;
}

/**
 * Why the copies of a mirror or raid1 do not all hold the same; null if they truly do. The kernel's word alone does not
 * tell: a volume made with `--nosync`, or one with errors in place of a lost image, reads as in sync. `status` is that of
 * the device that carries it (see {@link carrierOf}), null if there is none.
 */
export function outOfSync(state: LvmState, row: LvRow, status: DeviceStatus | null): OutOfSync | null {
  const name = row.fullName;
  const images = imagesOf(state, name);
  if (images.length < 2)
    return {
      kind: 'other',
      message: `${name} is of type ${row.segtype} and has one copy`,
      next: 'addMirror gives it another.',
    };
  return inReport(state, row) ?? inKernel(row, status);
}

function inReport(state: LvmState, row: LvRow): OutOfSync | null {
  const name = row.fullName;
  const tracked = trackedImage(state, name);
  if (tracked !== undefined)
    return {
      kind: 'broken',
      message: `${tracked.fullName} is split off ${name}, which tracks what changes meanwhile`,
      next: `Merge it back: "lvconvert --mergemirrors ${tracked.fullName}".`,
    };
  const broken = brokenBelow(state, name);
  if (broken !== null)
    return {
      kind: 'broken',
      message: `${name} has lost a copy: ${broken}`,
      next: `Repair it with replaceFailedDevice, or "lvconvert --repair ${name}".`,
    };
  if (row.initialImageSync === false)
    return {
      kind: 'never',
      message: `the copies of ${name} were never made the same (it was made with --nosync), though it reads as in sync`,
      next: `Have it synchronised from its first copy: "lvchange --resync ${name}" while it is not in use.`,
    };
  if (row.converting === true || imagesOf(state, name).some(({ attributes }) => isBetween(attributes)))
    return { kind: 'syncing', message: `${name} is being converted`, next: waitForIt };
  return null;
}

function inKernel(row: LvRow, status: DeviceStatus | null): OutOfSync | null {
  const name = row.fullName;
  if (status === null || status.error !== null || status.segments.length === 0)
    return {
      kind: 'other',
      message: row.active === false ? `${name} is not active` : `the kernel says nothing of ${name}`,
      next: `Activate it: "lvchange --activate y ${name}".`,
    };
  // For a moment, by lvm; if for longer, by somebody who has to end it.
  if (status.suspended)
    return {
      kind: 'syncing',
      message: `${name} is suspended, so the kernel does not tell`,
      next: `If nothing is at it, let it go on: "dmsetup resume ${status.name}".`,
    };
  for (const { status: target } of status.segments) {
    const found =
      target.type === 'raid'
        ? inRaid(name, target)
        : target.type === 'mirror'
          ? inMirror(name, target)
          : {
              kind: 'other' as const,
              message: `the kernel has ${name} as ${target.type === 'unknown' ? target.target : target.type}, not as what lvm says`,
              next: `Look at "dmsetup table ${status.name}" and "lvs -a -o +devices".`,
            };
    if (found !== null) return found;
  }
  return null;
}

function inRaid(
  name: string,
  { degraded, legs, inSync, progress, mismatchSectors }: RaidStatus,
): OutOfSync | null {
  if (degraded) {
    const lost = legs.flatMap((leg, index) => (leg === 'failed' || leg === 'absent' ? [index] : []));
    return {
      kind: 'broken',
      message: `image ${lost.join(' and ')} of ${name} has failed`,
      next: `Repair it with replaceFailedDevice, or if its device is back, "lvchange --refresh ${name}".`,
    };
  }
  if (progress !== null) {
    const percent = `${progress.percent} percent`;
    return {
      kind: 'syncing',
      message: `${name} is at a ${progress.action}, ${percent} done`,
      next: waitForIt,
    };
  }
  if (inSync !== true)
    return {
      kind: 'syncing',
      message:
        inSync === null ? `${name} is frozen, so it is not known what is in sync` : `${name} is not in sync`,
      next: waitForIt,
    };
  if (Number(mismatchSectors ?? 0) === 0) return null;
  return {
    kind: 'differs',
    message: `the last check found ${mismatchSectors} sectors of ${name} that differ between its copies`,
    next: `Make them the same with "lvchange --syncaction repair ${name}", and check again with "--syncaction check".`,
  };
}

function inMirror(name: string, { legs, log, sync }: MirrorStatus): OutOfSync | null {
  const lost = legs.findIndex(({ health }) => health !== 'alive');
  const health = legs[lost]?.health;
  const blocked = 'its writers may be blocked until it is repaired';
  const repair = `Repair it with replaceFailedDevice, or "lvconvert --repair ${name}".`;
  if (health !== undefined) {
    const what = health === 'unknown' ? 'has an error' : `has had a ${health.replace('-failed', '')} error`;
    return { kind: 'broken', message: `image ${lost} of ${name} ${what}; ${blocked}`, next: repair };
  }
  if (log.kind === 'com-failure' || log.kind === 'other')
    return { kind: 'other', message: `the log of ${name} does not tell what is in sync`, next: repair };
  if (log.kind === 'disk' && log.health !== 'alive')
    return { kind: 'broken', message: `the log of ${name} has failed; ${blocked}`, next: repair };
  // lvs counts whole extents; the regions are exact.
  if (sync.used === sync.total) return null;
  return { kind: 'syncing', message: `${sync.percent} percent of ${name} are in sync`, next: waitForIt };
}

const waitForIt = 'Wait until it is in sync.';

function isBetween({ volumeType }: LvRow['attributes']): boolean {
  return volumeType === 'under-conversion';
}

/** Whether a segment type has copies that can be in sync: `mirror`, or a RAID other than raid0. */
export function hasCopies(segtype: string): boolean {
  return segtype === 'mirror' || (isRaid(segtype) && !segtype.startsWith('raid0'));
}
