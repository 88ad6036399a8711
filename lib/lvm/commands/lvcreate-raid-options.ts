import { invalidType, requireOnly } from '../../arguments.ts';
import type { After, Before, Refusal } from '../operation.ts';
import {
  flag,
  integer,
  type Option,
  type OptionsOf,
  type OptionTable,
  oneOf,
  option,
  rate,
  required,
  requireWord,
} from '../option.ts';
import { toBytes } from '../sizes.ts';
import { nameOf, typesOf } from '../verify.ts';
import { cannotWipe, newVolumeOptions, stripingOptions } from './lvcreate-common.ts';
import { powerOfTwo } from './lvcreate-options.ts';

/** Checksums under each image, so that silent corruption is found and repaired from another: how they are kept. */
export interface RaidIntegrity {
  /** How they stay true to the data in a crash: `journal`, LVM's default, or `bitmap`, faster and less safe. */
  readonly mode?: 'journal' | 'bitmap' | undefined;
  /** Bytes that a checksum covers: 512, 1024, 2048 or 4096; default 512, or what the disks have as block size. */
  readonly blockSize?: 512 | 1024 | 2048 | 4096 | undefined;
}

const ownRedundantOptions = {
  /** Bytes that are synchronised at once, a power of two (`--regionsize`); default 2 MiB. */
  regionSize: powerOfTwo('--regionsize', 4096n, 2_147_483_648n),
  /** Least speed of synchronisation on each device, bytes a second (`--minrecoveryrate`); lvm wants a greatest with it. */
  minRecoveryRate: rate('--minrecoveryrate'),
  /** Greatest speed of synchronisation on each device, bytes a second (`--maxrecoveryrate`). */
  maxRecoveryRate: rate('--maxrecoveryrate'),
  /** Checksums under each image (`--raidintegrity`): `true`, or how they are kept; default none. */
  raidIntegrity: raidIntegrity(),
} as const satisfies OptionTable;

/** What every redundant RAID takes (lvmraid(7)). */
export const redundantOptions: typeof newVolumeOptions & typeof ownRedundantOptions = {
  ...newVolumeOptions,
  ...ownRedundantOptions,
};

/** Left out where LVM refuses it (RAID 6) or it means nothing (RAID 0). */
export const noSyncOption = {
  /**
   * Leaves out the first synchronisation (`--nosync`). Danger: the images differ wherever nothing was written, yet it
   * reads as 100 % in sync; such a volume must never be split, and a check finds mismatches all over it.
   */
  noSync: flag('--nosync'),
} as const satisfies OptionTable;

/** Refuses what cannot be wiped, and a least rate without a greatest, which lvm takes for 0 (2.03.11 to 2.03.39). */
export function refuseRaid({
  options,
}: Pick<Before<OptionsOf<typeof redundantOptions>>, 'options'>): Refusal | null {
  const { minRecoveryRate: least, maxRecoveryRate: most } = options;
  if (least === undefined || (most !== undefined && toBytes('rate', least) <= toBytes('rate', most)))
    return cannotWipe({ options });
  return {
    reason: 'command-invalid',
    message: 'minRecoveryRate needs a maxRecoveryRate that is not less',
  };
}

/** Stripes of a RAID: how many devices hold data, those with parity not counted. */
export function dataStripes<const L extends number, const M extends number>(least: L, most: M) {
  return {
    /** Over how many devices the data is spread, those for parity or copies not counted (`--stripes`). */
    stripes: required(integer('--stripes', least, most)),
    /** Bytes on one device before the next, a power of two (`--stripesize`); at most an extent, default 64 KiB. */
    stripeSize: stripingOptions.stripeSize,
  } as const satisfies OptionTable;
}

/** A check that there are checksums under the first image, if they were asked for. */
export function hasIntegrity({
  place,
  after,
  options,
}: After<{ readonly raidIntegrity?: unknown }>): string | null {
  if (options.raidIntegrity === undefined) return null;
  const image = `${nameOf(place)}_rimage_0`;
  return typesOf(after, image).includes('integrity') ? null : `${image} has no integrity`;
}

function raidIntegrity(): Option<true | RaidIntegrity> {
  const takes = 'true or { mode, blockSize }';
  return option('--raidintegrity', takes, (value, key) => {
    if (value === true) return ['--raidintegrity', 'y'];
    if (typeof value !== 'object') throw invalidType(key, takes, value);
    requireOnly(value, ['mode', 'blockSize'], key);
    const { mode, blockSize } = value as RaidIntegrity;
    return [
      ...['--raidintegrity', 'y'],
      ...(mode === undefined
        ? []
        : ['--raidintegritymode', requireWord(`${key}.mode`, mode, ['journal', 'bitmap'])]),
      ...(blockSize === undefined ? [] : integrityBlockSize.toArguments(blockSize, `${key}.blockSize`)),
    ];
  });
}

const integrityBlockSize = oneOf('--raidintegrityblocksize', [512, 1024, 2048, 4096]);
