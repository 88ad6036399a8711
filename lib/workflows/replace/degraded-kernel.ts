import type { DeviceStatus } from '../../device.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState } from '../../lvm/state.ts';
import { joinVolumes } from '../../lvm/volumes.ts';
import type { Status } from '../../targets/index.ts';
import type { DamagedMirror } from './degraded.ts';
import { errorSegment, imagesIn, type MirrorImage, pvsOf } from './degraded-parts.ts';

/** A leg or log that the kernel no longer uses. */
export interface DeadLeg {
  /** The mirror or RAID volume. */
  readonly row: LvRow;
  /** Its image; null if it is the log of a dm-mirror. */
  readonly image: MirrorImage | null;
  /** The volumes that have failed: those of the image, or the log. */
  readonly parts: readonly LvRow[];
}

/** The legs and logs that the kernel counts as failed, whatever lvm's report says of them. Pure. */
export function deadLegs(group: GroupState, statuses: readonly DeviceStatus[]): readonly DeadLeg[] {
  return joinVolumes(group.lvs, statuses).flatMap(({ lv: row, status }) =>
    (status?.segments ?? []).flatMap(({ status: target }): readonly DeadLeg[] => {
      const images = imagesIn(group, row);
      if (target.type === 'raid')
        return images.flatMap((image) =>
          target.legs[image.index] === 'failed' ? [{ row, image, parts: image.parts }] : [],
        );
      if (target.type !== 'mirror') return [];
      const legs = target.legs.flatMap(({ health, device }) => (health === 'alive' ? [] : [device]));
      const dead = images.flatMap((image): readonly DeadLeg[] =>
        image.parts.some((part) => legs.includes(numberOf(part))) ? [{ row, image, parts: image.parts }] : [],
      );
      const { log } = target;
      const logs =
        log.kind === 'disk' && log.health !== 'alive'
          ? group.lvs.filter((part) => numberOf(part) === log.device)
          : [];
      return [...dead, ...(logs.length === 0 ? [] : [{ row, image: null, parts: logs }])];
    }),
  );
}

/**
 * Of the images that a RAID volume has lost those that the kernel uses still: it learns of a loss by an error alone, so of
 * none on a disk that only its label is gone from, or that nothing was written to since. Only of images without a device:
 * one that lvm replaces although its disk is there stays what it is until it is replaced. Pure.
 */
export function unnoticed(
  group: GroupState,
  { row, lost }: Pick<DamagedMirror, 'row' | 'lost'>,
  statuses: readonly DeviceStatus[],
  letGo: ReadonlySet<string> = new Set(),
): readonly MirrorImage[] {
  const raids = targetsOf(row, statuses).filter((target) => target.type === 'raid');
  return lost.filter(
    ({ index, parts }) =>
      parts.some((part) => errorSegment(group, part) || isOnNothing(group, part, letGo)) &&
      raids.some(({ legs }) => legs[index] === 'in-sync' || legs[index] === 'not-in-sync'),
  );
}

/** What the kernel says of the targets of all devices of a volume; nothing if it is not active. Pure. */
export function targetsOf(row: LvRow, statuses: readonly DeviceStatus[]): readonly Status[] {
  return joinVolumes([row], statuses).flatMap(({ devices }) =>
    devices.flatMap(({ segments }) => segments.map(({ status }) => status)),
  );
}

/** Whether an LV has extents on a PV that lvm finds no disk of, or of one of those in `letGo`. Pure. */
export function isOnNothing(group: GroupState, part: LvRow, letGo: ReadonlySet<string> = new Set()): boolean {
  const own = pvsOf(group, part);
  return group.pvs.some(
    ({ uuid, name }) => own.includes(uuid ?? '') && (name === null || letGo.has(uuid ?? '')),
  );
}

function numberOf({ kernelMajor, kernelMinor }: LvRow): string {
  return `${kernelMajor}:${kernelMinor}`;
}
