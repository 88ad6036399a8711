import { type Before, type Operation, operation, type Question } from '../operation.ts';
import { bytes, consent, type OptionsOf, type OptionTable, required, volumeName, yesNo } from '../option.ts';
import { volumeOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import {
  cacheDeviceOptions,
  cacheModeOptions,
  cachingOptions,
  chunkSize,
  isCachedBy,
} from './cache-options.ts';
import { answered, asked, destroyContents, siblings } from './lvconvert-common.ts';

const ownCacheOptions = {
  /** The cache pool (`--cachepool`), or a volume that becomes one. */
  cachePool: required(volumeName('--cachepool')),
  /**
   * Whether the metadata of the cache pool is wiped (`--zero`), which has to be said: what is in it may be of other
   * data, and used with these would destroy them.
   */
  zero: yesNo('--zero'),
  /** Leave to make a volume that is no cache pool one, and to overwrite what it holds. */
  destroyContents,
} as const satisfies OptionTable;

const cacheOptions: typeof ownCacheOptions & typeof cachingOptions & typeof chunkSize = {
  ...ownCacheOptions,
  ...cachingOptions,
  ...chunkSize,
};

/** Options of `lvm.lvconvert.cacheWithPool`. */
export interface LvconvertCacheWithPoolOptions extends OptionsOf<typeof cacheOptions> {}

/** Puts a cache pool before a volume. */
export const cacheWithPool: Operation<string, LvconvertCacheWithPoolOptions, VolumeResult> = operation({
  command: 'lvconvert',
  fixed: ['--type', 'cache'],
  summary: 'Puts a cache pool before a volume.',
  subject: volume,
  options: cacheOptions,
  arrange: (place, { cachePool }) => siblings(place, [cachePool]),
  asks: asksPool,
  verify: isCachedBy('cache'),
  result: createdVolume,
});

const ownCacheVolOptions = {
  /** The volume that is to hold the cache's data and metadata (`--cachevol`). */
  cacheVol: required(volumeName('--cachevol')),
  /** Bytes of it for metadata (`--poolmetadatasize`). */
  poolMetadataSize: bytes('--poolmetadatasize'),
  /** Leave to destroy what is on `cacheVol`. */
  destroyContents,
  /** Leave to keep data in it for longer (`cacheMode: 'writeback'`), although lvm cannot repair a cache of this kind. */
  allowUnrepairable: consent('a damaged cache takes data that is in it alone with it'),
} as const satisfies OptionTable;

const cacheVolOptions: typeof ownCacheVolOptions & typeof cachingOptions & typeof chunkSize = {
  ...ownCacheVolOptions,
  ...cachingOptions,
  ...chunkSize,
};

/** Options of `lvm.lvconvert.cacheWithVolume`. */
export interface LvconvertCacheWithVolumeOptions extends OptionsOf<typeof cacheVolOptions> {}

/** Puts a volume as cache before another one. */
export const cacheWithVolume: Operation<string, LvconvertCacheWithVolumeOptions, VolumeResult> = operation({
  command: 'lvconvert',
  fixed: ['--type', 'cache'],
  summary: 'Puts a volume as cache before another one.',
  subject: volume,
  options: cacheVolOptions,
  // What lvm asks depends on the mode, and that on lvm.conf unless it is said.
  arrange: (place, { cacheVol, cacheMode }) => ({
    ...siblings(place, [cacheVol]),
    flags: [...place.flags, ...(cacheMode === undefined ? ['--cachemode', 'writethrough'] : [])],
  }),
  asks: asksVolume,
  verify: isCachedBy('cache'),
  result: createdVolume,
});

const withDeviceOptions: typeof cacheDeviceOptions &
  typeof chunkSize &
  Pick<typeof cacheModeOptions, 'cacheSettings'> = {
  ...cacheDeviceOptions,
  ...chunkSize,
  cacheSettings: cacheModeOptions.cacheSettings,
};

/** Options of `lvm.lvconvert.cacheWithDevice`. */
export interface LvconvertCacheWithDeviceOptions extends OptionsOf<typeof withDeviceOptions> {}

/** Puts a cache on a device before a volume; the cache's volume is made and named by lvm. */
export const cacheWithDevice: Operation<string, LvconvertCacheWithDeviceOptions, VolumeResult> = operation({
  command: 'lvconvert',
  fixed: ['--type', 'cache'],
  summary: 'Puts a cache on a device before a volume.',
  subject: volume,
  options: withDeviceOptions,
  verify: isCachedBy('cache'),
  result: createdVolume,
});

function asksPool({ place, options, before }: Before<OptionsOf<typeof cacheOptions>>): readonly Question[] {
  const pool = `${place.groups[0] ?? ''}/${options.cachePool}`;
  const row = volumeOf(before, pool);
  if (row === undefined) return [];
  if (row.segtype !== 'cache-pool')
    return [
      asked(
        'destroyContents',
        options.destroyContents,
        `${pool} becomes a cache pool, and what it holds is destroyed`,
      ),
    ];
  // With `--zero` on the command line it is not asked.
  return options.zero === undefined
    ? [asked('zero', false, `${pool} may have metadata of other data, which have to be wiped`)]
    : [answered('wipe existing metadata?')];
}

function asksVolume({ place, options }: Before<OptionsOf<typeof cacheVolOptions>>): readonly Question[] {
  const name = `${place.groups[0] ?? ''}/${options.cacheVol}`;
  const repair = `a damaged ${name} cannot be repaired, and with writeback it holds data that is nowhere else`;
  return [
    asked('destroyContents', options.destroyContents, `what ${name} holds is destroyed`),
    ...(options.cacheMode === 'writeback'
      ? [asked('allowUnrepairable', options.allowUnrepairable, repair)]
      : []),
  ];
}
