import { type Before, operation } from '../operation.ts';
import { required, size } from '../option.ts';
import { volume } from '../subject.ts';
import { createdVolume, namedVolume } from '../verify.ts';
import { asksForReduction, refuseReduction } from './lvreduce.ts';
import { asksForFileSystem, type ResizeAnswers } from './lvresize-asks.ts';
import { hasGrown, isEnlarged, isReduced, isResized, shrinks } from './lvresize-check.ts';
import { extensionOptions, fileSystemOptions, placement, reductionOptions } from './lvresize-options.ts';
import { refuseEnlargement } from './lvresize-size.ts';

const growing = { ...placement, ...extensionOptions, ...fileSystemOptions } as const;

/** Gives a volume a size, larger or smaller than it has (lvresize(8)). */
const toSize = operation({
  command: 'lvresize',
  fixed: [],
  summary: 'Gives a volume a size, larger or smaller.',
  subject: volume,
  options: {
    /** The size, rounded up to whole extents and stripes (`--size`, `--extents`). */
    size: required(size()),
    ...growing,
    ...reductionOptions,
  },
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

/** Enlarges a volume by a size (lvresize(8) with `+`). */
const extendBySize = operation({
  command: 'lvresize',
  fixed: [],
  summary: 'Enlarges a volume by a size.',
  subject: volume,
  options: {
    /** What it grows by, rounded up to whole extents and stripes (`--size`, `--extents`). */
    size: required(size('+')),
    ...growing,
  },
  refuse: (call) => refuseEnlargement(rowOf(call)),
  asks: asksToGrow,
  verify: (call) => isEnlarged(call, call.options.size, '+'),
  result: createdVolume,
});

/** Makes a volume smaller by a size (lvresize(8) with `-`). */
const reduceBySize = operation({
  command: 'lvresize',
  fixed: [],
  summary: 'Makes a volume smaller by a size.',
  subject: volume,
  options: {
    /** What it shrinks by, rounded down to whole extents (`--size`, `--extents`). */
    size: required(size('-')),
    ...reductionOptions,
    ...fileSystemOptions,
  },
  refuse: (call) => refuseReduction(call, call.options.size, '-'),
  asks: (call) => asksForReduction(call, call.options.size, '-'),
  verify: (call) => isReduced(call, call.options.size, '-'),
  result: createdVolume,
});

/** Enlarges a volume by all that is free on some devices (lvresize(8)). */
const byDevices = operation({
  command: 'lvresize',
  fixed: [],
  summary: 'Enlarges a volume by all that is free on some devices.',
  subject: volume,
  options: { ...growing, devices: required(placement.devices) },
  refuse: (call) => refuseEnlargement(rowOf(call)),
  asks: asksToGrow,
  verify: hasGrown,
  result: createdVolume,
});

/** lvresize(8): one function for each way to say how large. What concerns a pool's metadata is in lvextend. */
export const lvresize = { size: toSize, extendBySize, reduceBySize, byDevices } as const;

function asksToGrow(call: Before<ResizeAnswers>) {
  return asksForFileSystem(rowOf(call), call.options, false);
}

function rowOf({ place, before }: Before<object>) {
  return namedVolume(place, before);
}
