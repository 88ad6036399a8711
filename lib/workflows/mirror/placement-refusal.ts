import type { PvRow } from '../../lvm/columns/pv.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { formatSectors, sectorSize } from '../../units.ts';
import { Refusal } from '../errors.ts';
import { type Disk, type Need, place, sizeOf } from './placement.ts';

/** What would have to be added for a placement: so many disks, each with at least so many extents free. */
export interface Shortage {
  readonly disks: number;
  readonly extents: number;
}

/**
 * The fewest disks to add, and the least that each must have, for {@link place} to succeed; null if it does already.
 * For a single leg that may be spread this is just what is missing.
 */
export function shortageOf(disks: readonly Disk[], logDisks: readonly Disk[], need: Need): Shortage | null {
  const { logDevice: _, ...anywhere } = need;
  const isEnough = (count: number, extents: number): boolean => {
    const more = Array.from(
      { length: count },
      (_, index): Disk => ({
        name: `new ${index}`,
        rooms: [{ device: `new ${index}`, runs: [{ start: 0, size: extents }] }],
      }),
    );
    return place([...disks, ...more], [...logDisks, ...more], anywhere) !== null;
  };
  if (isEnough(0, 0)) return null;
  const most = need.extents + need.logExtents;
  let count = 1;
  while (count < need.legs && !isEnough(count, most)) count++;
  let [least, enough] = [1, most];
  while (least < enough) {
    const middle = Math.floor((least + enough) / 2);
    if (isEnough(count, middle)) enough = middle;
    else least = middle + 1;
  }
  return { disks: count, extents: enough };
}

/** What a refusal for want of room has to say. */
export interface WantOfRoom {
  /** What needs the room, such as `a mirror of vg/lv`. */
  readonly what: string;
  readonly state: LvmState;
  readonly group: GroupState;
  readonly need: Need;
  /** Disks that legs may be on, and that the log may be on. */
  readonly disks: readonly Disk[];
  readonly logDisks: readonly Disk[];
  /** Disks of the group that were not named, but could be; none if nothing was named. */
  readonly unnamed: readonly Disk[];
  /** Devices that legs must not be on because one is there already. */
  readonly taken: readonly string[];
}

/** The {@link Refusal} `not-enough-space`: what is free on each disk, how much is missing, what to add. */
export function wantOfRoom(want: WantOfRoom): Refusal {
  const { what, group, need, disks, logDisks, unnamed, taken } = want;
  const extent = group.vg.extentSize;
  const copies = need.legs === 1 ? 'a copy' : `${need.legs} copies`;
  const log = need.logExtents === 0 ? '' : `, and ${extents(need.logExtents)} for the log`;
  const kept = taken.length === 0 ? '' : ` and none on ${taken.join(', ')}, where its data is`;
  const each = `${extents(need.extents)} (${size(need.extents, extent)})`;
  const message = `${what} needs room for ${copies} of ${each}, each on disks of its own${kept}${log}; ${freeWords(disks)}`;
  const shortage = shortageOf(disks, logDisks, need);
  if (shortage === null)
    return new Refusal(
      'not-enough-space',
      `${message}; there is none for the log on ${need.logDevice}`,
      'Name another device for the log, or none, and one is chosen.',
    );
  const missing = shortage.disks * shortage.extents;
  const all = [...disks, ...unnamed];
  const others =
    unnamed.length > 0 && shortageOf(all, [...logDisks, ...unnamed], need) === null
      ? `Name more devices: with ${unnamed.flatMap(({ rooms }) => rooms.map(({ device }) => device)).join(', ')} there is enough.`
      : adviceOf(want, shortage);
  return new Refusal(
    'not-enough-space',
    `${message}; ${extents(missing)} ${missing === 1 ? 'is' : 'are'} missing`,
    others,
  );
}

function adviceOf({ state, group }: WantOfRoom, { disks, extents: count }: Shortage): string {
  const extent = group.vg.extentSize;
  const fitting = state.orphans.filter((pv) => room(pv, extent) >= count).flatMap(({ name }) => name ?? []);
  const add =
    disks === 1
      ? `Add a disk of at least ${extents(count)} (${size(count, extent)}, and 1 MiB for LVM itself)`
      : `Add ${disks} disks of at least ${extents(count)} each (${size(count, extent)}, and 1 MiB for LVM itself)`;
  const names = fitting.slice(0, disks);
  if (names.length < disks) return `${add}: "vgextend ${group.vg.name} /dev/...".`;
  return `${add}; ${names.join(', ')} of no group would do: "vgextend ${group.vg.name} ${names.join(' ')}".`;
}

function room({ devSize, missing, duplicate }: PvRow, extent: bigint): number {
  if (devSize === null || missing === true || duplicate === true) return 0;
  return Number((devSize - reserved) / extent);
}

// What pvcreate leaves before the first extent by default (pvcreate(8), --dataalignment).
const reserved = 1_048_576n;

function freeWords(disks: readonly Disk[]): string {
  const words = disks.flatMap(({ rooms }) => rooms.map((one) => `${one.device} has ${sizeOf(one)}`));
  return words.length === 0 ? 'there is no other disk' : `free are: ${words.join(', ')}`;
}

function extents(count: number): string {
  return count === 1 ? '1 extent' : `${count} extents`;
}

function size(count: number, extent: bigint): string {
  return formatSectors(Number((BigInt(count) * extent) / BigInt(sectorSize)));
}
