import { requireDevice } from '../names.ts';
import type { Afterwards } from '../operation.ts';
import {
  bytes,
  type Option,
  type OptionTable,
  option,
  required,
  requireList,
  text,
  word,
} from '../option.ts';
import { volumeOf } from '../state.ts';
import { namedVolume, nameOf } from '../verify.ts';
import { settings } from './lvconvert-common.ts';

/** How a cache works, see lvmcache(7). */
export const cacheSettings = {
  /** Whether a write waits for the origin too, for the cache alone, or passes it by (`--cachemode`). */
  cacheMode: word('--cachemode', ['writethrough', 'writeback', 'passthrough']),
  /** Format of the cache's metadata (`--cachemetadataformat`). */
  cacheMetadataFormat: word('--cachemetadataformat', ['auto', '1', '2']),
  /** What decides which blocks are cached (`--cachepolicy`), such as `smq`. */
  cachePolicy: text('--cachepolicy', 'the name of a policy', /^[a-z][a-z0-9_-]{0,30}$/),
  /** Settings of that policy (`--cachesettings`). */
  cacheSettings: settings('--cachesettings'),
} as const satisfies OptionTable;

/** Bytes of a chunk of a cache. */
export const chunkSize = {
  /** Bytes of a chunk, 32 KiB to 1 GiB (`--chunksize`). */
  chunkSize: bytes('--chunksize'),
} as const;

/** Where a cache goes that lvm makes a volume for. */
export const cacheDeviceOptions = {
  /** Physical volumes of the group that the cache's volume is made on (`--cachedevice`). */
  cacheDevices: required(cacheDevices()),
  /** Bytes of that volume (`--cachesize`). */
  cacheSize: required(bytes('--cachesize')),
} as const;

/** A check that the volume, or the data of the pool, is behind a cache of this type now. */
export function isCachedBy(type: 'cache' | 'writecache'): (call: Afterwards) => string | null {
  return ({ place, after }) => {
    const row = namedVolume(place, after);
    if (row === undefined) return `there is no volume ${nameOf(place)}`;
    const data = row.dataLv === null ? undefined : volumeOf(after, `${row.vgName}/${row.dataLv}`);
    return (data ?? row).segtype === type ? null : `${nameOf(place)} has no ${type}`;
  };
}

function cacheDevices(): Option<readonly string[]> {
  return option('--cachedevice', 'devices', (value, key) =>
    requireList(key, value).flatMap((path, index) => [
      '--cachedevice',
      requireDevice(`${key}[${index}]`, path),
    ]),
  );
}
