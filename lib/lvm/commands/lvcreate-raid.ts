import { type After, type Operation, operation, type Waits } from '../operation.ts';
import { integer, type Needing, type OptionsOf, type OptionTable, required } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import { asksToWipe, cannotWipe, newVolumeOptions } from './lvcreate-common.ts';
import {
  dataStripes,
  hasIntegrity,
  noSyncOption,
  redundantOptions,
  refuseRaid,
} from './lvcreate-raid-options.ts';
import { type Asked, hasImages, isActiveAsAsked, isMade } from './lvcreate-verify.ts';

/** What makes the number of images. */
export interface Layout extends Asked {
  readonly stripes?: number | undefined;
  readonly mirrors?: number | undefined;
  readonly layout?: string | undefined;
  readonly raidIntegrity?: unknown;
}

/** A check that a RAID of these types was made with so many images, active, and with integrity if asked for. */
export function isRaid(
  types: readonly string[] | ((options: Layout) => readonly string[]),
  images: (options: Layout) => number,
): (call: After<Layout>) => string | null {
  const check = isMade<Layout>(types, isActiveAsAsked, hasImages(images));
  return (call) => check(call) ?? hasIntegrity(call);
}

/** Options of `lvm.lvcreate.raid0`. */
export interface LvcreateRaid0Options
  extends OptionsOf<typeof newVolumeOptions & ReturnType<typeof dataStripes>> {}

/** Stripes without redundancy, by the kernel's RAID target; can be converted to redundant types later. */
export const raid0: Operation<string, LvcreateRaid0Options, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'raid0'],
  summary: 'Makes a RAID 0: spread over several devices, lost with any of them.',
  subject: newVolume,
  options: { ...newVolumeOptions, ...dataStripes(2, 64) },
  refuse: cannotWipe,
  asks: asksToWipe,
  verify: isRaid(['raid0'], ({ stripes = 0 }) => stripes),
  result: createdVolume,
});

/** Options of `lvm.lvcreate.raid0Meta`. */
export interface LvcreateRaid0MetaOptions
  extends OptionsOf<typeof newVolumeOptions & ReturnType<typeof dataStripes>> {}

/** The same with metadata areas, so that a conversion to a redundant type needs no space for them. */
export const raid0Meta: Operation<string, LvcreateRaid0MetaOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'raid0_meta'],
  summary: 'Makes a RAID 0 with the metadata areas that redundant types have.',
  subject: newVolume,
  options: { ...newVolumeOptions, ...dataStripes(2, 64) },
  refuse: cannotWipe,
  asks: asksToWipe,
  verify: isRaid(['raid0_meta'], ({ stripes = 0 }) => stripes),
  result: createdVolume,
});

const raid1Options = {
  /** Copies beyond the first, 1 to 63: 1 makes two images (`--mirrors`). */
  mirrors: required(integer('--mirrors', 1, 63)),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.raid1`. */
export interface LvcreateRaid1Options
  extends OptionsOf<typeof redundantOptions & typeof noSyncOption & typeof raid1Options> {}

/** Copies on several disks; what `-m1` makes today. */
export const raid1: Operation<
  string,
  Needing<LvcreateRaid1Options, 'minRecoveryRate', 'maxRecoveryRate'>,
  VolumeResult
> &
  Waits<'raid'> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'raid1'],
  summary: 'Makes a RAID 1: copies on several devices; it returns while they are still being synchronised.',
  subject: newVolume,
  waits: 'raid',
  options: { ...redundantOptions, ...noSyncOption, ...raid1Options },
  refuse: refuseRaid,
  asks: asksToWipe,
  verify: isRaid(['raid1'], ({ mirrors = 0 }) => mirrors + 1),
  result: createdVolume,
});

/** Options of `lvm.lvcreate.raid10`. */
export interface LvcreateRaid10Options
  extends OptionsOf<typeof redundantOptions & typeof noSyncOption & ReturnType<typeof dataStripes>> {}

/** Stripes of pairs. */
export const raid10: Operation<
  string,
  Needing<LvcreateRaid10Options, 'minRecoveryRate', 'maxRecoveryRate'>,
  VolumeResult
> &
  Waits<'raid'> = operation({
  command: 'lvcreate',
  // lvm takes no other number of copies (_read_mirror_and_raid_params in tools/lvcreate.c).
  fixed: ['--type', 'raid10', '--mirrors', '1'],
  summary:
    'Makes a RAID 10: spread over several devices, each with a copy; its images are twice its stripes.',
  subject: newVolume,
  waits: 'raid',
  options: { ...redundantOptions, ...noSyncOption, ...dataStripes(2, 32) },
  refuse: refuseRaid,
  asks: asksToWipe,
  verify: isRaid(['raid10', 'raid10_near'], ({ stripes = 0 }) => stripes * 2),
  result: createdVolume,
});
