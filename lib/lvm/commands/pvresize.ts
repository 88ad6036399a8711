import type { PvRow } from '../columns/pv.ts';
import { type After, type Before, type Operation, operation, type Question } from '../operation.ts';
import { bytes, consent, type OptionsOf, type OptionTable } from '../option.ts';
import { toSectorBytes } from '../sizes.ts';
import { devices } from '../subject.ts';
import { type DevicesFound, deviceRow, devicesFound } from './pv-rows.ts';

const options = {
  /** Bytes that it is to have instead of those of its device (`--setphysicalvolumesize`). */
  size: bytes('--setphysicalvolumesize'),
  /** Leave to use less than the device has. */
  allowShrink: consent('the physical volume becomes smaller than its device'),
  /** Leave to pretend that the device is larger than it is; what is written there is lost. */
  allowBeyondDevice: consent('the physical volume becomes larger than its device'),
} as const satisfies OptionTable;

/** Options of `lvm.pvresize`. */
export interface PvresizeOptions extends OptionsOf<typeof options> {}

/** Fits physical volumes to the size of their devices, or to a given one (pvresize(8)). */
export const pvresize: Operation<string | readonly string[], PvresizeOptions, DevicesFound> = operation({
  command: 'pvresize',
  fixed: [],
  summary: 'Fits physical volumes to the size of their devices, or to a given one.',
  subject: devices,
  options,
  looks: 'everything',
  asks,
  verify,
  result: devicesFound,
});

type Options = OptionsOf<typeof options>;

// lib/metadata/pv_manip.c, pv_resize_single.
function asks({ place, options: given, before }: Before<Options>): readonly Question[] {
  if (given.size === undefined) return [];
  const wanted = toSectorBytes('size', given.size);
  const rows = place.devices.flatMap((path) => deviceRow(before, path) ?? []);
  const smaller = rows.find(({ devSize }) => devSize !== null && wanted < devSize);
  const larger = rows.find(({ devSize }) => devSize !== null && wanted > devSize);
  const ask = (row: PvRow, name: 'allowShrink' | 'allowBeyondDevice', how: string): Question => ({
    consent: name,
    granted: given[name] === true,
    certain: true,
    text: `${row.name} has ${row.devSize} bytes, and ${wanted} are ${how}; set ${name} to true if that is wanted`,
  });
  return [
    ...(smaller === undefined ? [] : [ask(smaller, 'allowShrink', 'less')]),
    ...(larger === undefined ? [] : [ask(larger, 'allowBeyondDevice', 'more')]),
  ];
}

function verify({ place, options: given, after }: After<Options>): string | null {
  for (const path of place.devices) {
    const row = deviceRow(after, path);
    const wanted = given.size === undefined ? row?.devSize : toSectorBytes('size', given.size);
    if (row === undefined || typeof wanted !== 'bigint') continue;
    const extent = after.groups.find(({ vg }) => vg.name === row.vgName)?.vg.extentSize ?? 0n;
    const begin = row.peStart ?? 0n;
    // What is not a whole extent is left over, as are metadata areas at the end of the device.
    const most = extent === 0n ? wanted : ((wanted - begin) / extent) * extent;
    const least = most - extent - (row.mdaSize ?? 0n) - 2n ** 20n;
    if (row.size > most || row.size < least) return `${path} has ${row.size} bytes`;
  }
  return null;
}
