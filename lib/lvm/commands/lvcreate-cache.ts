import { operation } from '../operation.ts';
import { type OptionTable, required, volumeName } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume } from '../verify.ts';
import {
  asksForDevices,
  asksToErase,
  cacheDeviceOptions,
  cacheVolOptions,
  hasCacheVol,
  refuseCacheVol,
  refusePool,
  refuseUsedDevice,
} from './lvcreate-cache-parts.ts';
import {
  asksToWipe,
  autoactivationOption,
  cannotWipe,
  newVolumeOptions,
  stripingOptions,
} from './lvcreate-common.ts';
import { settings } from './lvcreate-options.ts';
import { cachingOptions } from './lvcreate-pool-options.ts';
import { type Asked, hasPool, isActiveAsAsked, isMade } from './lvcreate-verify.ts';

const originOptions = { ...newVolumeOptions, ...stripingOptions } as const satisfies OptionTable;

/** A new volume, cached by a cache pool. */
export const cacheWithPool = operation({
  command: 'lvcreate',
  fixed: ['--type', 'cache'],
  summary: 'Makes a volume that is cached by a cache pool, whose contents are forgotten.',
  subject: newVolume,
  options: {
    /** The cache pool, of the same group, not in use (`--cachepool`). */
    cachePool: required(volumeName('--cachepool')),
    ...cachingOptions,
    ...originOptions,
  },
  refuse: (call) => cannotWipe(call) ?? refusePool(call),
  asks: asksToWipe,
  verify: isMade<Asked & { readonly cachePool: string }>(
    ['cache'],
    isActiveAsAsked,
    hasPool(({ cachePool }) => `${cachePool}_cpool`),
  ),
  result: createdVolume,
});

/** A new volume, cached by another one. Mode, policy and chunk size LVM takes only later, with lvchange. */
export const cacheWithVolume = operation({
  command: 'lvcreate',
  fixed: ['--type', 'cache'],
  summary: 'Makes a volume that is cached by another one, which becomes a part of it.',
  subject: newVolume,
  options: {
    ...cacheVolOptions,
    /** Settings of the policy, such as `{ migration_threshold: 2048 }` (`--cachesettings`). */
    cacheSettings: settings('--cachesettings'),
    ...originOptions,
    ...autoactivationOption,
  },
  refuse: (call) => cannotWipe(call) ?? refuseCacheVol(call),
  asks: (call) => [asksToErase(call.options), ...asksToWipe(call)],
  verify: isMade<Asked & { readonly cacheVol: string }>(
    ['cache'],
    isActiveAsAsked,
    hasPool(({ cacheVol }) => `${cacheVol}_cvol`),
  ),
  result: createdVolume,
});

/** A new volume, cached by one that is made on other devices. */
export const cacheWithDevice = operation({
  command: 'lvcreate',
  fixed: ['--type', 'cache'],
  summary: 'Makes a volume that is cached by one that is made on other devices of the group.',
  subject: newVolume,
  options: {
    ...cacheDeviceOptions,
    /** Settings of the policy, such as `{ migration_threshold: 2048 }` (`--cachesettings`). */
    cacheSettings: settings('--cachesettings'),
    ...originOptions,
    ...autoactivationOption,
  },
  refuse: (call) => cannotWipe(call) ?? refuseUsedDevice(call),
  asks: (call) => [...asksForDevices(call.options), ...asksToWipe(call)],
  verify: isMade<Asked>(['cache'], isActiveAsAsked, hasCacheVol),
  result: createdVolume,
});
