import { type Operation, operation } from '../operation.ts';
import { type OptionsOf, type OptionTable, required, volumeName } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import { cacheModeOptions, cachingOptions } from './cache-options.ts';
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
import { type Asked, hasPool, isActiveAsAsked, isMade } from './lvcreate-verify.ts';

const originOptions: typeof newVolumeOptions & typeof stripingOptions = {
  ...newVolumeOptions,
  ...stripingOptions,
};

const cacheWithPoolOptions = {
  /** The cache pool, of the same group, not in use (`--cachepool`). */
  cachePool: required(volumeName('--cachepool')),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.cacheWithPool`. */
export interface LvcreateCacheWithPoolOptions
  extends OptionsOf<typeof cacheWithPoolOptions & typeof cachingOptions & typeof originOptions> {}

/** A new volume, cached by a cache pool. */
export const cacheWithPool: Operation<string, LvcreateCacheWithPoolOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'cache'],
  summary: 'Makes a volume that is cached by a cache pool, whose contents are forgotten.',
  subject: newVolume,
  options: { ...cacheWithPoolOptions, ...cachingOptions, ...originOptions },
  refuse: (call) => cannotWipe(call) ?? refusePool(call),
  asks: asksToWipe,
  verify: isMade<Asked & { readonly cachePool: string }>(
    ['cache'],
    isActiveAsAsked,
    hasPool(({ cachePool }) => `${cachePool}_cpool`),
  ),
  result: createdVolume,
});

const cachedOptions: Pick<typeof cacheModeOptions, 'cacheSettings'> &
  typeof originOptions &
  typeof autoactivationOption = {
  cacheSettings: cacheModeOptions.cacheSettings,
  ...originOptions,
  ...autoactivationOption,
};

/** Options of `lvm.lvcreate.cacheWithVolume`. */
export interface LvcreateCacheWithVolumeOptions
  extends OptionsOf<typeof cacheVolOptions & typeof cachedOptions> {}

/** A new volume, cached by another one. Mode, policy and chunk size LVM takes only later, with lvchange. */
export const cacheWithVolume: Operation<string, LvcreateCacheWithVolumeOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'cache'],
  summary: 'Makes a volume that is cached by another one, which becomes a part of it.',
  subject: newVolume,
  options: { ...cacheVolOptions, ...cachedOptions },
  refuse: (call) => cannotWipe(call) ?? refuseCacheVol(call),
  asks: (call) => [asksToErase(call.options), ...asksToWipe(call)],
  verify: isMade<Asked & { readonly cacheVol: string }>(
    ['cache'],
    isActiveAsAsked,
    hasPool(({ cacheVol }) => `${cacheVol}_cvol`),
  ),
  result: createdVolume,
});

/** Options of `lvm.lvcreate.cacheWithDevice`. */
export interface LvcreateCacheWithDeviceOptions
  extends OptionsOf<typeof cacheDeviceOptions & typeof cachedOptions> {}

/** A new volume, cached by one that is made on other devices. */
export const cacheWithDevice: Operation<string, LvcreateCacheWithDeviceOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'cache'],
  summary: 'Makes a volume that is cached by one that is made on other devices of the group.',
  subject: newVolume,
  options: { ...cacheDeviceOptions, ...cachedOptions },
  refuse: (call) => cannotWipe(call) ?? refuseUsedDevice(call),
  asks: (call) => [...asksForDevices(call.options), ...asksToWipe(call)],
  verify: isMade<Asked>(['cache'], isActiveAsAsked, hasCacheVol),
  result: createdVolume,
});
