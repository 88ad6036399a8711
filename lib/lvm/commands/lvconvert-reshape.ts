import {
  type After,
  type Before,
  type Operation,
  operation,
  type Question,
  type Waits,
} from '../operation.ts';
import { bytes, flag, integer, type OptionsOf, type OptionTable, required } from '../option.ts';
import { toSectorBytes } from '../sizes.ts';
import { volume } from '../subject.ts';
import { namedVolume, nameOf } from '../verify.ts';
import {
  allocationOptions,
  answered,
  asked,
  type ConversionResult,
  conversionResult,
  firstSegment,
  present,
} from './lvconvert-common.ts';
import { refuseTracking } from './lvconvert-images.ts';

const ownStripesOptions = {
  /** Stripes that hold data, without parity (`--stripes`). */
  stripes: required(integer('--stripes', 1, 64)),
  /** Bytes on one device before the next (`--stripesize`); default is what it has. */
  stripeSize: bytes('--stripesize'),
  /** Bytes that are synchronised at once (`--regionsize`). */
  regionSize: bytes('--regionsize'),
  /** Leave to make the volume smaller, which fewer stripes do; what is beyond the new end is lost (`--force`). */
  allowShrink: flag('--force'),
} as const satisfies OptionTable;

const stripesOptions: typeof ownStripesOptions & typeof allocationOptions = {
  ...ownStripesOptions,
  ...allocationOptions,
};

/** Options of `lvm.lvconvert.stripes`. */
export interface LvconvertStripesOptions extends OptionsOf<typeof stripesOptions> {}

/** Changes the number of stripes of a raid4, 5, 6 or 10: more enlarge the volume, fewer shrink it. */
export const stripes: Operation<string, LvconvertStripesOptions, StripesResult> & Waits<'raid'> = operation({
  command: 'lvconvert',
  fixed: [],
  summary: 'Changes the number of stripes of a RAID, and with it the size.',
  subject: volume,
  options: stripesOptions,
  waits: 'raid',
  refuse: refuseTracking,
  asks: asksStripes,
  verify: verifyStripes,
  result: reshapeResult,
});

const stripeSizeOptions = {
  /** Bytes on one device before the next (`--stripesize`). */
  stripeSize: required(bytes('--stripesize')),
  /** How extents are chosen (`--alloc`); default is the volume's policy. */
  alloc: allocationOptions.alloc,
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.stripeSize`. */
export interface LvconvertStripeSizeOptions extends OptionsOf<typeof stripeSizeOptions> {}

/** Changes the stripe size of a raid4, 5, 6 or 10. */
export const stripeSize: Operation<string, LvconvertStripeSizeOptions, ConversionResult> & Waits<'raid'> =
  operation({
    command: 'lvconvert',
    fixed: [],
    summary: 'Changes the stripe size of a RAID.',
    subject: volume,
    options: stripeSizeOptions,
    waits: 'raid',
    refuse: refuseTracking,
    asks: () => [answered('convert?')],
    verify: (call) => verifySize(call, 'stripeSize', call.options.stripeSize),
    result: conversionResult,
  });

const regionSizeOptions = {
  /** Bytes that are synchronised at once (`--regionsize`): a power of two. */
  regionSize: required(bytes('--regionsize')),
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.regionSize`. */
export interface LvconvertRegionSizeOptions extends OptionsOf<typeof regionSizeOptions> {}

/** Changes the region size of a RAID. */
export const regionSize: Operation<string, LvconvertRegionSizeOptions, ConversionResult> = operation({
  command: 'lvconvert',
  fixed: [],
  summary: 'Changes how much of a RAID is synchronised at once.',
  subject: volume,
  options: regionSizeOptions,
  refuse: refuseTracking,
  asks: () => [answered('change the region size?')],
  // lvm says that it is so already with status 5.
  satisfiedBy: ['unchanged'],
  verify: (call) => verifySize(call, 'regionSize', call.options.regionSize),
  result: conversionResult,
});

/** The result of a change of the number of stripes. */
export interface StripesResult extends ConversionResult {
  /**
   * Whether all is as asked; false while images that are free now are still there. Call it again when the reshape has
   * finished, and they are given back.
   */
  readonly complete: boolean;
}

function asksStripes(call: Before<OptionsOf<typeof stripesOptions>>): readonly Question[] {
  const row = present(call);
  const data = firstSegment(call.before, row)?.dataStripes ?? null;
  const { stripes: wanted, allowShrink } = call.options;
  // The images that a finished reshape has freed can be given back without any loss.
  const freed = row?.attributes.health === 'remove-after-reshape';
  if (row === undefined || data === null || wanted >= data || freed)
    return [answered('add or remove images?')];
  const left = (row.size / BigInt(data)) * BigInt(wanted);
  const what = `with ${wanted} stripes in place of ${data}, ${row.fullName} shrinks from ${row.size} to about ${left} bytes, and what is beyond is lost`;
  return [asked('allowShrink', allowShrink, what)];
}

function verifyStripes(call: After<OptionsOf<typeof stripesOptions>>): string | null {
  const { place, options, after } = call;
  const row = namedVolume(place, after);
  const found = firstSegment(after, row)?.dataStripes;
  if (found === options.stripes || row?.attributes.health === 'remove-after-reshape') return null;
  return `${nameOf(place)} has ${found ?? 'no'} stripes`;
}

function reshapeResult(call: After<OptionsOf<typeof stripesOptions>>): StripesResult {
  const base = conversionResult(call);
  const found = firstSegment(call.after, base.volume ?? undefined)?.dataStripes;
  const freed = base.volume?.attributes.health === 'remove-after-reshape';
  return { ...base, complete: found === call.options.stripes && !freed };
}

function verifySize(
  { place, after }: After<object>,
  name: 'stripeSize' | 'regionSize',
  wanted: unknown,
): string | null {
  const found = firstSegment(after, namedVolume(place, after))?.[name] ?? null;
  return found === toSectorBytes(name, wanted) ? null : `the ${name} of ${nameOf(place)} is ${found}`;
}
