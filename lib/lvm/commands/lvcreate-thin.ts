import { type Operation, operation } from '../operation.ts';
import { bytes, flag, type OptionsOf, type OptionTable, required, sibling, volumeName } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import {
  activationOptions,
  asksToWipe,
  cannotWipe,
  describingOptions,
  deviceOptions,
  wipingOptions,
} from './lvcreate-common.ts';
import {
  type Asked,
  hasOrigin,
  hasPool,
  hasVirtualSize,
  isActiveAsAsked,
  isMade,
  type SkippedVolumeResult,
  skippedVolume,
} from './lvcreate-verify.ts';

const commonOptions: typeof activationOptions & typeof deviceOptions & typeof describingOptions = {
  ...activationOptions,
  ...deviceOptions,
  ...describingOptions,
};

const ownSnapshotOptions = {
  /** Activates it although activation passes over it, this once (`--ignoreactivationskip`). */
  ignoreActivationSkip: flag('--ignoreactivationskip'),
} as const satisfies OptionTable;

const snapshotOptions: typeof ownSnapshotOptions & typeof commonOptions = {
  ...ownSnapshotOptions,
  ...commonOptions,
};

const thinOptions = {
  /** The thin pool, of the same group (`--thinpool`). */
  pool: required(volumeName('--thinpool')),
  /** Size that it seems to have, in bytes, rounded up to whole extents (`--virtualsize`). */
  virtualSize: required(bytes('--virtualsize')),
  /**
   * What to do with signatures of old contents that it reads (`--wipesignatures`): wipe them, or leave them there. If
   * left out, the command fails when it meets one, and tells which.
   */
  wipeSignatures: wipingOptions.wipeSignatures,
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.thin`. */
export interface LvcreateThinOptions extends OptionsOf<typeof thinOptions & typeof commonOptions> {}

/** A volume that takes space from a thin pool as it is written to. */
export const thin: Operation<string, LvcreateThinOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'thin'],
  summary:
    'Makes a thin volume, which takes space of its pool as it is written to; together they may seem larger than the pool.',
  subject: newVolume,
  options: { ...thinOptions, ...commonOptions },
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

const thinSnapshotOptions = {
  /** The thin volume to take it of. */
  origin: required(sibling()),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.thinSnapshot`. */
export interface LvcreateThinSnapshotOptions
  extends OptionsOf<typeof thinSnapshotOptions & typeof snapshotOptions> {}

/** A snapshot of a thin volume, in the same pool. */
export const thinSnapshot: Operation<string, LvcreateThinSnapshotOptions, SkippedVolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'thin'],
  summary:
    'Makes a snapshot of a thin volume in its pool, which needs no size. Activation passes over it unless activationSkip is false; the result tells.',
  subject: newVolume,
  options: { ...thinSnapshotOptions, ...snapshotOptions },
  arrange: (place, { origin }) => ({ ...place, operands: place.groups.map((vg) => `${vg}/${origin}`) }),
  verify: isMade<Asked & { readonly origin: string }>(
    ['thin'],
    isActiveAsAsked,
    hasOrigin(({ origin }) => origin),
  ),
  result: skippedVolume,
});

const thinExternalSnapshotOptions = {
  /** The volume to begin with: read-only and inactive, or an origin of this kind already. */
  origin: required(sibling()),
  /** The thin pool for what will be written, of the same group (`--thinpool`). */
  pool: required(volumeName('--thinpool')),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.thinExternalSnapshot`. */
export interface LvcreateThinExternalSnapshotOptions
  extends OptionsOf<typeof thinExternalSnapshotOptions & typeof snapshotOptions> {}

/** A thin volume that begins as the contents of a volume outside its pool. */
export const thinExternalSnapshot: Operation<
  string,
  LvcreateThinExternalSnapshotOptions,
  SkippedVolumeResult
> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'thin'],
  summary: 'Makes a thin snapshot of a volume that is not in the pool, and must be read-only and inactive.',
  subject: newVolume,
  options: { ...thinExternalSnapshotOptions, ...snapshotOptions },
  arrange: (place, { origin }) => ({ ...place, operands: place.groups.map((vg) => `${vg}/${origin}`) }),
  verify: isMade<Asked & { readonly origin: string; readonly pool: string }>(
    ['thin'],
    isActiveAsAsked,
    hasOrigin(({ origin }) => origin),
    hasPool(({ pool }) => pool),
  ),
  result: skippedVolume,
});
