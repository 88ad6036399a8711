import type { LvRow } from '../columns/lv.ts';
import { type After, type Operation, operation, type Waits } from '../operation.ts';
import { eachDevice, type OptionsOf, type OptionTable, required, yesNo } from '../option.ts';
import { groupOf } from '../state.ts';
import { volume } from '../subject.ts';
import { isOfType, namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import {
  allocationOptions,
  answered,
  type ConversionResult,
  conversionResult,
  refuseOther,
} from './lvconvert-common.ts';
import { brokenBelow, imageCount, isRaid, refuseTracking, segmentsBelow } from './lvconvert-images.ts';

const repairOptions: typeof allocationOptions = { ...allocationOptions };

/** Options of `lvm.lvconvert.repair`. */
export interface LvconvertRepairOptions extends OptionsOf<typeof repairOptions> {}

/**
 * Replaces the images and the log of a mirror or RAID that are on missing devices; `devices` says where to. The new
 * images are synchronised after that. Of a RAID that the kernel still uses the missing image of, which its health letter
 * `A` says, the new image can be left mostly empty and yet be called in sync (seen with Linux 6.1; drivers/md/dm-raid.c,
 * super_validate): refresh it twice before, with `activationMode` `partial`, as `replaceFailedDevice` does.
 */
export const repair: Operation<string, LvconvertRepairOptions, ConversionResult> & Waits<'repair'> =
  operation({
    command: 'lvconvert',
    fixed: ['--repair', '--background'],
    summary: 'Replaces the failed images of a mirror or RAID.',
    subject: volume,
    options: repairOptions,
    waits: 'repair',
    refuse: (call) =>
      refuseTracking(call) ?? refuseOtherFamily(call, 'use lvconvert.repairPool for a pool or cache'),
    // Without --yes lvm says 0 and has done nothing, or has dropped an image.
    asks: () => [answered('replace failed images, which needs a full synchronisation?')],
    verify: verifyRepair,
    result: conversionResult,
  });

const poolOptions = {
  /** Devices for the repaired metadata. */
  devices: allocationOptions.devices,
  /** Whether there is to be a spare for the pool's metadata (`--poolmetadataspare`). */
  poolMetadataSpare: yesNo('--poolmetadataspare'),
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.repairPool`. */
export interface LvconvertRepairPoolOptions extends OptionsOf<typeof poolOptions> {}

/** Repairs the metadata of an inactive thin pool or cache; the old ones are kept as a volume of their own. */
export const repairPool: Operation<string, LvconvertRepairPoolOptions, PoolRepairResult> = operation({
  command: 'lvconvert',
  fixed: ['--repair'],
  summary: 'Repairs the metadata of a thin pool, cache pool or cached volume.',
  subject: volume,
  options: poolOptions,
  refuse: (call) =>
    refuseOther(call, ['thin-pool', 'cache', 'cache-pool'], 'use lvconvert.repair for a mirror or RAID'),
  verify: (call) =>
    isOfType('thin-pool', 'cache', 'cache-pool')(call) ??
    (backupOf(call) === null ? 'there is no volume with the old metadata' : null),
  result: (call): PoolRepairResult => ({
    volume: namedVolume(call.place, call.after) ?? null,
    backup: backupOf(call),
  }),
});

const ownReplaceOptions = {
  /** Devices whose images are to be replaced, each a physical volume (`--replace`). */
  replace: required(eachDevice('--replace')),
} as const satisfies OptionTable;

const replaceOptions: typeof ownReplaceOptions & typeof allocationOptions = {
  ...ownReplaceOptions,
  ...allocationOptions,
};

/** Options of `lvm.lvconvert.replace`. */
export interface LvconvertReplaceOptions extends OptionsOf<typeof replaceOptions> {}

/** Moves the images of a RAID from devices to others, `devices` says which; the new ones are synchronised after that. */
export const replace: Operation<string, LvconvertReplaceOptions, ConversionResult> & Waits<'raid'> =
  operation({
    command: 'lvconvert',
    fixed: [],
    summary: 'Replaces devices of a RAID by others.',
    subject: volume,
    options: replaceOptions,
    waits: 'raid',
    refuse: (call) => refuseTracking(call),
    verify: verifyReplace,
    result: conversionResult,
  });

/** The result of a repair of metadata. */
export interface PoolRepairResult extends VolumeResult {
  /** The volume that holds the metadata as they were before. */
  readonly backup: LvRow | null;
}

function refuseOtherFamily(call: Parameters<typeof refuseOther>[0], next: string) {
  const row = namedVolume(call.place, call.before);
  return isRaid(row?.segtype) ? null : refuseOther(call, ['mirror'], next);
}

// "successfully replaced" is what lvm says in any case.
function verifyRepair({ place, before, after }: After<object>): string | null {
  const name = nameOf(place);
  const row = namedVolume(place, after);
  if (row === undefined) return `there is no volume ${name}`;
  const broken = brokenBelow(after, name);
  if (broken !== null) return broken;
  const [had, has] = [imageCount(before, name), imageCount(after, name)];
  if (has < had) return `${name} has ${has} images, and had ${had}`;
  const hadLog = namedVolume(place, before)?.mirrorLog ?? null;
  if (hadLog !== null && row.mirrorLog === null && row.converting !== true) return `${name} has lost its log`;
  const health = row.healthStatus;
  return health === 'partial' || health === 'refresh needed' || health === 'repair needed'
    ? `${name} has the health "${health}"`
    : null;
}

function verifyReplace({ place, options, after }: After<OptionsOf<typeof replaceOptions>>): string | null {
  const used = segmentsBelow(after, nameOf(place)).flatMap(({ devices }) => devices.map((part) => part.name));
  const left = options.replace.find((path) => used.includes(path));
  return left === undefined ? null : `${nameOf(place)} is on ${left} still`;
}

function backupOf({ place, before, after }: After<object>): LvRow | null {
  const group = place.groups[0] ?? '';
  const known = new Set(groupOf(before, group)?.lvs.map(({ name }) => name));
  return groupOf(after, group)?.lvs.find(({ name }) => /_meta\d+$/.test(name) && !known.has(name)) ?? null;
}
