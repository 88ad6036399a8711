import type { Afterwards } from '../operation.ts';
import { bytes, eachDevice, type OptionTable, required, word } from '../option.ts';
import { volumeOf } from '../state.ts';
import { namedVolume, nameOf } from '../verify.ts';
import { cacheKeys, settings } from './settings.ts';

/** How a cache works (lvmcache(7)), as it can be changed at any time. */
export const cacheModeOptions = {
  /**
   * When a write is done: once it is on the disks too (`writethrough`, the default), or in the cache (`writeback`), or
   * past the cache (`passthrough`) (`--cachemode`).
   */
  cacheMode: word('--cachemode', ['writethrough', 'writeback', 'passthrough']),
  /** What decides which blocks stay in the cache; default `smq` (`--cachepolicy`). */
  cachePolicy: word('--cachepolicy', ['smq', 'mq', 'cleaner']),
  /** Settings of the policy, such as `{ migration_threshold: 2048 }`; `'default'` takes one back (`--cachesettings`). */
  cacheSettings: settings('--cachesettings', cacheKeys),
} as const satisfies OptionTable;

const formatOption = {
  /** Format of the cache's metadata (`--cachemetadataformat`); default `auto`. */
  cacheMetadataFormat: word('--cachemetadataformat', ['auto', '1', '2']),
} as const satisfies OptionTable;

/** How a cache works (lvmcache(7)), as it is said when it is made. */
export const cachingOptions: typeof cacheModeOptions & typeof formatOption = {
  ...cacheModeOptions,
  ...formatOption,
};

/** Bytes of a chunk of a cache. */
export const chunkSize = {
  /** Bytes of a chunk, 32 KiB to 1 GiB (`--chunksize`). */
  chunkSize: bytes('--chunksize'),
} as const satisfies OptionTable;

/** Where a cache goes that lvm makes a volume for. */
export const cacheDeviceOptions = {
  /** Physical volumes of the group that the cache's volume is made on (`--cachedevice`). */
  cacheDevices: required(eachDevice('--cachedevice')),
  /** Bytes of that volume (`--cachesize`). */
  cacheSize: required(bytes('--cachesize')),
} as const satisfies OptionTable;

/** A check that the volume, or the data of the pool, is behind a cache of this type now. */
export function isCachedBy(type: 'cache' | 'writecache'): (call: Afterwards) => string | null {
  return ({ place, after }) => {
    const row = namedVolume(place, after);
    if (row === undefined) return `there is no volume ${nameOf(place)}`;
    const data = row.dataLv === null ? undefined : volumeOf(after, `${row.vgName}/${row.dataLv}`);
    return (data ?? row).segtype === type ? null : `${nameOf(place)} has no ${type}`;
  };
}
