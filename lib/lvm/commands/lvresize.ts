import { type Before, type Operation, operation } from '../operation.ts';
import { type OptionsOf, type OptionTable, required, size } from '../option.ts';
import { volume } from '../subject.ts';
import { createdVolume, namedVolume, type VolumeResult } from '../verify.ts';
import { asksForReduction, refuseReduction } from './lvreduce.ts';
import { asksForFileSystem, type ResizeAnswers } from './lvresize-asks.ts';
import { hasGrown, isEnlarged, isReduced, isResized, shrinks } from './lvresize-check.ts';
import { extensionOptions, fileSystemOptions, placement, reductionOptions } from './lvresize-options.ts';
import { refuseEnlargement } from './lvresize-size.ts';

const growing: typeof placement & typeof extensionOptions & typeof fileSystemOptions = {
  ...placement,
  ...extensionOptions,
  ...fileSystemOptions,
};

const toSizeOptions = {
  /** The size, rounded up to whole extents and stripes (`--size`, `--extents`). */
  size: required(size()),
} as const satisfies OptionTable;

/** Options of `lvm.lvresize.size`. */
export interface LvresizeSizeOptions
  extends OptionsOf<typeof toSizeOptions & typeof growing & typeof reductionOptions> {}

/** Gives a volume a size, larger or smaller than it has (lvresize(8)). */
const toSize: Operation<string, LvresizeSizeOptions, VolumeResult> = operation({
  command: 'lvresize',
  fixed: [],
  summary: 'Gives a volume a size, larger or smaller.',
  subject: volume,
  options: { ...toSizeOptions, ...growing, ...reductionOptions },
  refuse: (call) =>
    shrinks(call, call.options.size, '') === false
      ? refuseEnlargement(rowOf(call))
      : refuseReduction(call, call.options.size, ''),
  asks: (call) =>
    shrinks(call, call.options.size, '') === false
      ? asksToGrow(call)
      : asksForReduction(call, call.options.size, ''),
  satisfiedBy: ['unchanged'],
  verify: (call) => isResized(call, call.options.size),
  result: createdVolume,
});

const extendBySizeOptions = {
  /** What it grows by, rounded up to whole extents and stripes (`--size`, `--extents`). */
  size: required(size('+')),
} as const satisfies OptionTable;

/** Options of `lvm.lvresize.extendBySize`. */
export interface LvresizeExtendBySizeOptions extends OptionsOf<typeof extendBySizeOptions & typeof growing> {}

/** Enlarges a volume by a size (lvresize(8) with `+`). */
const extendBySize: Operation<string, LvresizeExtendBySizeOptions, VolumeResult> = operation({
  command: 'lvresize',
  fixed: [],
  summary: 'Enlarges a volume by a size.',
  subject: volume,
  options: { ...extendBySizeOptions, ...growing },
  refuse: (call) => refuseEnlargement(rowOf(call)),
  asks: asksToGrow,
  verify: (call) => isEnlarged(call, call.options.size, '+'),
  result: createdVolume,
});

const reduceBySizeOptions = {
  /** What it shrinks by, rounded down to whole extents (`--size`, `--extents`). */
  size: required(size('-')),
} as const satisfies OptionTable;

/** Options of `lvm.lvresize.reduceBySize`. */
export interface LvresizeReduceBySizeOptions
  extends OptionsOf<typeof reduceBySizeOptions & typeof reductionOptions & typeof fileSystemOptions> {}

/** Makes a volume smaller by a size (lvresize(8) with `-`). */
const reduceBySize: Operation<string, LvresizeReduceBySizeOptions, VolumeResult> = operation({
  command: 'lvresize',
  fixed: [],
  summary: 'Makes a volume smaller by a size.',
  subject: volume,
  options: { ...reduceBySizeOptions, ...reductionOptions, ...fileSystemOptions },
  refuse: (call) => refuseReduction(call, call.options.size, '-'),
  asks: (call) => asksForReduction(call, call.options.size, '-'),
  verify: (call) => isReduced(call, call.options.size, '-'),
  result: createdVolume,
});

const extendByDevicesOptions = {
  /** Devices of the group to take all free space of, in this order, or parts of them (`/dev/sdb:0-99`). */
  devices: required(placement.devices),
} as const satisfies OptionTable;

/** Options of `lvm.lvresize.extendByDevices`. */
export interface LvresizeExtendByDevicesOptions
  extends OptionsOf<Omit<typeof growing, 'devices'> & typeof extendByDevicesOptions> {}

/** Enlarges a volume by all that is free on some devices (lvresize(8)). */
const extendByDevices: Operation<string, LvresizeExtendByDevicesOptions, VolumeResult> = operation({
  command: 'lvresize',
  fixed: [],
  summary: 'Enlarges a volume by all that is free on some devices.',
  subject: volume,
  options: { ...growing, ...extendByDevicesOptions },
  refuse: (call) => refuseEnlargement(rowOf(call)),
  asks: asksToGrow,
  verify: hasGrown,
  result: createdVolume,
});

/** lvresize(8): one function for each way to say how large. What concerns a pool's metadata is in lvextend. */
export const lvresize = {
  /** Gives a volume a size, larger or smaller than it has (lvresize(8)). */
  size: toSize,
  /** Enlarges a volume by a size (lvresize(8) with `+`). */
  extendBySize,
  /** Makes a volume smaller by a size (lvresize(8) with `-`). */
  reduceBySize,
  /** Enlarges a volume by all that is free on some devices (lvresize(8)). */
  extendByDevices,
} as const;

function asksToGrow(call: Before<ResizeAnswers>) {
  return asksForFileSystem(rowOf(call), call.options, false);
}

function rowOf({ place, before }: Before<object>) {
  return namedVolume(place, before);
}
