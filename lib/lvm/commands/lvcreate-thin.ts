import { operation } from '../operation.ts';
import { bytes, flag, type OptionTable, required, volumeName } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume } from '../verify.ts';
import {
  activationOptions,
  asksToWipe,
  cannotWipe,
  describingOptions,
  deviceOptions,
  wipingOptions,
} from './lvcreate-common.ts';
import { originName } from './lvcreate-options.ts';
import {
  type Asked,
  hasOrigin,
  hasPool,
  hasVirtualSize,
  isActiveAsAsked,
  isMade,
  skippedVolume,
} from './lvcreate-verify.ts';

const thinOptions = {
  ...activationOptions,
  ...deviceOptions,
  ...describingOptions,
} as const satisfies OptionTable;

const snapshotOptions = {
  /** Activates it although activation passes over it, this once (`--ignoreactivationskip`). */
  ignoreActivationSkip: flag('--ignoreactivationskip'),
  ...thinOptions,
} as const satisfies OptionTable;

/** A volume that takes space from a thin pool as it is written to. */
export const thin = operation({
  command: 'lvcreate',
  fixed: ['--type', 'thin'],
  summary:
    'Makes a thin volume, which takes space of its pool as it is written to; together they may seem larger than the pool.',
  subject: newVolume,
  options: {
    /** The thin pool, of the same group (`--thinpool`). */
    pool: required(volumeName('--thinpool')),
    /** Size that it seems to have, in bytes, rounded up to whole extents (`--virtualsize`). */
    virtualSize: required(bytes('--virtualsize')),
    wipeSignatures: wipingOptions.wipeSignatures,
    ...thinOptions,
  },
  refuse: cannotWipe,
  asks: asksToWipe,
  verify: isMade<Asked & { readonly pool: string; readonly virtualSize: unknown }>(
    ['thin'],
    isActiveAsAsked,
    hasPool(({ pool }) => pool),
    hasVirtualSize(({ virtualSize }) => virtualSize),
  ),
  result: createdVolume,
});

/** A snapshot of a thin volume, in the same pool. */
export const thinSnapshot = operation({
  command: 'lvcreate',
  fixed: ['--type', 'thin'],
  summary:
    'Makes a snapshot of a thin volume in its pool, which needs no size. Activation passes over it unless activationSkip is false; the result tells.',
  subject: newVolume,
  options: {
    /** The thin volume to take it of. */
    origin: required(originName()),
    ...snapshotOptions,
  },
  arrange: (place, { origin }) => ({ ...place, operands: place.groups.map((vg) => `${vg}/${origin}`) }),
  verify: isMade<Asked & { readonly origin: string }>(
    ['thin'],
    isActiveAsAsked,
    hasOrigin(({ origin }) => origin),
  ),
  result: skippedVolume,
});

/** A thin volume that begins as the contents of a volume outside its pool. */
export const thinExternalSnapshot = operation({
  command: 'lvcreate',
  fixed: ['--type', 'thin'],
  summary: 'Makes a thin snapshot of a volume that is not in the pool, and must be read-only and inactive.',
  subject: newVolume,
  options: {
    /** The volume to begin with: read-only and inactive, or an origin of this kind already. */
    origin: required(originName()),
    /** The thin pool for what will be written, of the same group (`--thinpool`). */
    pool: required(volumeName('--thinpool')),
    ...snapshotOptions,
  },
  arrange: (place, { origin }) => ({ ...place, operands: place.groups.map((vg) => `${vg}/${origin}`) }),
  verify: isMade<Asked & { readonly origin: string; readonly pool: string }>(
    ['thin'],
    isActiveAsAsked,
    hasOrigin(({ origin }) => origin),
    hasPool(({ pool }) => pool),
  ),
  result: skippedVolume,
});
