import type { LvRow } from '../../lvm/columns/lv.ts';
import { imagesOf, segmentsBelow } from '../../lvm/commands/lvconvert-images.ts';
import { type LvmState, segmentsOf, volumeOf } from '../../lvm/state.ts';
import type { Bases } from './placement-disks.ts';

/** One copy of a mirror. */
export interface MirrorLeg {
  /** The hidden volume that holds it, such as `lv_rimage_0`; of a volume without a mirror its own name. */
  readonly name: string;
  /** Paths of the devices that it is on; one whose device is missing is left out. */
  readonly devices: readonly string[];
}

/** What a mirror is made of. */
export interface Mirror {
  /** Its row of lvm's report. */
  readonly volume: LvRow;
  readonly type: 'raid1' | 'mirror';
  readonly legs: readonly MirrorLeg[];
  /** Devices of the log: of a mirror with a log on disk; none for one in memory, and for a raid1. */
  readonly logDevices: readonly string[];
}

/** The legs of a mirror or raid1, in their order; of any other volume, itself. */
export function legsOf(state: LvmState, row: LvRow): readonly MirrorLeg[] {
  const images = imagesOf(state, row.fullName);
  return (images.length === 0 ? [row] : images).map(({ name, fullName }) => ({
    name,
    devices: devicesBelow(state, fullName),
  }));
}

/** The devices that a volume is on, each once. */
function devicesBelow(state: LvmState, name: string): readonly string[] {
  const all = segmentsBelow(state, name).flatMap(({ devices }) =>
    devices.flatMap((place) => place.name ?? []),
  );
  return [...new Set(all.filter((device) => device.startsWith('/')))];
}

/** The mirror of this name; null if there is none, or it is of another kind. */
export function mirrorIn(state: LvmState, name: string): Mirror | null {
  const volume = volumeOf(state, name);
  if (volume === undefined || (volume.segtype !== 'raid1' && volume.segtype !== 'mirror')) return null;
  const log = logOf(state, volume);
  return {
    volume,
    type: volume.segtype,
    legs: legsOf(state, volume),
    logDevices: log === null ? [] : devicesBelow(state, `${volume.vgName}/${log}`),
  };
}

// While an image is added, the old ones with their log are a hidden mirror below, which is the first image meanwhile.
function logOf(state: LvmState, volume: LvRow): string | null {
  const [first] = segmentsOf(state, volume).flatMap(({ devices }) =>
    devices.flatMap(({ name }) => name ?? []),
  );
  const hidden = first?.includes('_mimagetmp_') ? volumeOf(state, `${volume.vgName}/${first}`) : undefined;
  return volume.mirrorLog ?? hidden?.mirrorLog ?? null;
}

/** Which legs are on one disk, in words; null if all are apart. */
export function legsTogether(legs: readonly MirrorLeg[], bases: Bases): string | null {
  const where = new Map<string, MirrorLeg>();
  for (const leg of legs)
    for (const base of new Set(leg.devices.flatMap((device) => bases.get(device) ?? [device]))) {
      const other = where.get(base);
      if (other !== undefined) return `${other.name} and ${leg.name} are both on ${base}`;
      where.set(base, leg);
    }
  return null;
}
