import {
  type After,
  type Before,
  type Operation,
  operation,
  type Question,
  type Refusal,
} from '../operation.ts';
import {
  bytes,
  integer,
  newVolumeName,
  type OptionsOf,
  type OptionTable,
  required,
  volumeName,
  word,
  yesNo,
} from '../option.ts';
import { volumeOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume, isOfType, namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { cachingOptions } from './cache-options.ts';
import { profileName } from './common-options.ts';
import {
  allocationOptions,
  answered,
  asked,
  destroyContents,
  present,
  siblings,
} from './lvconvert-common.ts';
import { settings, vdoKeys } from './settings.ts';
import { requireApart } from './together.ts';

/** The result of making a VDO pool. */
export interface VdoPoolResult extends VolumeResult {
  /** The VDO volume that was made in it; null if it was only tested. */
  readonly created: VolumeResult['volume'];
}

const ownPoolOptions = {
  /** A volume of the group that is to hold the metadata (`--poolmetadata`); default is one that lvm makes. */
  poolMetadata: volumeName('--poolmetadata'),
  /** Bytes for metadata that lvm makes (`--poolmetadatasize`). */
  poolMetadataSize: bytes('--poolmetadatasize'),
  /** Whether there is to be a spare for the pool's metadata (`--poolmetadataspare`). */
  poolMetadataSpare: yesNo('--poolmetadataspare'),
  /** Bytes of a chunk (`--chunksize`). */
  chunkSize: bytes('--chunksize'),
  /** Name of a metadata profile below /etc/lvm/profile (`--metadataprofile`). */
  metadataProfile: profileName,
  /** Leave to destroy what is on the volumes that become the pool. */
  destroyContents,
} as const satisfies OptionTable;

/** What lvconvert(8) takes for a pool of two volumes, one of them for metadata. */
const poolOptions: typeof ownPoolOptions & typeof allocationOptions = {
  ...ownPoolOptions,
  ...allocationOptions,
};

const ownThinPoolOptions = {
  /** What becomes of discards (`--discards`). */
  discards: word('--discards', ['passdown', 'nopassdown', 'ignore']),
  /** Whether a full pool fails writes at once, instead of letting them wait (`--errorwhenfull`). */
  errorWhenFull: yesNo('--errorwhenfull'),
  /** Whether new chunks are zeroed (`--zero`). */
  zero: yesNo('--zero'),
  /** Stripes of the metadata that lvm makes (`--stripes`). */
  stripes: integer('--stripes', 1, 128),
  /** Bytes on one of these before the next (`--stripesize`). */
  stripeSize: bytes('--stripesize'),
} as const satisfies OptionTable;

const thinPoolOptions: typeof poolOptions & typeof ownThinPoolOptions = {
  ...poolOptions,
  ...ownThinPoolOptions,
};

/** Options of `lvm.lvconvert.thinPool`. */
export interface LvconvertThinPoolOptions extends OptionsOf<typeof thinPoolOptions> {}

/** Makes a volume the data of a thin pool of the same name. What it holds is lost. */
export const thinPool: Operation<string, LvconvertThinPoolOptions, VolumeResult> = operation({
  command: 'lvconvert',
  fixed: ['--type', 'thin-pool'],
  summary: 'Makes a volume a thin pool.',
  subject: volume,
  options: thinPoolOptions,
  arrange(place, given) {
    requireApart(given, ['stripes', 'stripeSize'], ['poolMetadata']);
    return siblings(place, [given.poolMetadata]);
  },
  // lvm fails over it too, but leaves a volume behind.
  refuse: refuseOpen,
  asks: asksDestroy,
  verify: isOfType('thin-pool'),
  result: createdVolume,
});

const cachePoolOptions = {
  /** Whether the metadata is wiped (`--zero`); metadata of other data may destroy what it is attached to. */
  zero: yesNo('--zero'),
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.cachePool`. */
export interface LvconvertCachePoolOptions
  extends OptionsOf<typeof poolOptions & typeof cachingOptions & typeof cachePoolOptions> {}

/** Makes a volume the data of a cache pool of the same name. What it holds is lost. */
export const cachePool: Operation<string, LvconvertCachePoolOptions, VolumeResult> = operation({
  command: 'lvconvert',
  fixed: ['--type', 'cache-pool'],
  summary: 'Makes a volume a cache pool.',
  subject: volume,
  options: { ...poolOptions, ...cachingOptions, ...cachePoolOptions },
  arrange: (place, { poolMetadata }) => siblings(place, [poolMetadata]),
  refuse: refuseOpen,
  asks: asksDestroy,
  verify: isOfType('cache-pool'),
  result: createdVolume,
});

const vdoPoolOptions = {
  /** Name of the VDO volume that is made in it (`--name`). */
  name: required(newVolumeName('--name')),
  /** Size of that volume, in bytes (`--virtualsize`). */
  virtualSize: bytes('--virtualsize'),
  /** Whether data is compressed (`--compression`). */
  compression: yesNo('--compression'),
  /** Whether data is deduplicated (`--deduplication`). */
  deduplication: yesNo('--deduplication'),
  /** Settings of the pool, such as `{ ack_threads: 2 }` (`--vdosettings`, lvmvdo(7)). */
  vdoSettings: settings('--vdosettings', vdoKeys),
  /** Whether the pool is formatted (`--zero`). */
  zero: yesNo('--zero'),
  /** Name of a metadata profile below /etc/lvm/profile (`--metadataprofile`). */
  metadataProfile: profileName,
  /** Leave to destroy what is on the volumes that become the pool. */
  destroyContents,
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.vdoPool`. */
export interface LvconvertVdoPoolOptions extends OptionsOf<typeof vdoPoolOptions> {}

/** Makes a volume the data of a VDO pool of the same name, with a VDO volume in it. What it holds is lost. */
export const vdoPool: Operation<string, LvconvertVdoPoolOptions, VdoPoolResult> = operation({
  command: 'lvconvert',
  fixed: ['--type', 'vdo-pool'],
  summary: 'Makes a volume a VDO pool with a VDO volume in it.',
  subject: volume,
  options: vdoPoolOptions,
  refuse: refuseOpen,
  asks: asksDestroy,
  // Where the kernel has no VDO, lvm 2.03.16 says so and ends with status 0.
  verify: isOfType('vdo-pool'),
  result: (call) => ({
    ...createdVolume(call),
    created: volumeOf(call.after, `${call.place.groups[0] ?? ''}/${call.options.name}`) ?? null,
  }),
});

const swapOptions = {
  /** The volume that is to hold the pool's metadata (`--poolmetadata`); it gets those that the pool has now. */
  poolMetadata: required(poolOptions.poolMetadata),
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.swapMetadata`. */
export interface LvconvertSwapMetadataOptions extends OptionsOf<typeof swapOptions> {}

/** Exchanges the metadata volume of an inactive pool for another, as for a repair by hand. */
export const swapMetadata: Operation<string, LvconvertSwapMetadataOptions, VolumeResult> = operation({
  command: 'lvconvert',
  fixed: ['--swapmetadata'],
  summary: 'Exchanges the metadata volume of a pool for another.',
  subject: volume,
  options: swapOptions,
  arrange: (place, { poolMetadata }) => siblings(place, [poolMetadata]),
  asks: () => [answered('swap the metadata?')],
  verify: verifySwap,
  result: createdVolume,
});

function refuseOpen(call: Before<object>): Refusal | null {
  const row = present(call);
  if (row?.deviceOpen !== true) return null;
  return { reason: 'in-use', message: `${row.fullName} is open; unmount or close it first` };
}

function asksDestroy(call: Before<{ destroyContents?: boolean | undefined }>): readonly Question[] {
  const names = call.place.volumes.map(({ vg, lv }) => `${vg}/${lv}`).join(' and ');
  return [asked('destroyContents', call.options.destroyContents, `what ${names} holds is destroyed`)];
}

function verifySwap({ place, options, before, after }: After<OptionsOf<typeof swapOptions>>): string | null {
  const wanted = volumeOf(before, `${place.groups[0] ?? ''}/${options.poolMetadata}`)?.uuid;
  return namedVolume(place, after)?.metadataLvUuid === wanted
    ? null
    : `${nameOf(place)} has other metadata than ${options.poolMetadata}`;
}
