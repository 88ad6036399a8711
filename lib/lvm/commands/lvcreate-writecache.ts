import { type Before, type Operation, operation, type Refusal } from '../operation.ts';
import type { OptionsOf } from '../option.ts';
import { type Bytes, toBytes } from '../sizes.ts';
import { devicesOf, volumeOf } from '../state.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import {
  asksForDevices,
  asksToErase,
  cacheDeviceOptions,
  cacheVolOptions,
  hasCacheVol,
  refuseCacheVol,
  refuseUsedDevice,
} from './lvcreate-cache-parts.ts';
import {
  asksToWipe,
  autoactivationOption,
  cannotWipe,
  newVolumeOptions,
  stripingOptions,
} from './lvcreate-common.ts';
import { type Asked, hasPool, isActiveAsAsked, isMade, type Made } from './lvcreate-verify.ts';
import { asksForBlockSize, asksForMemory, writecacheOptions } from './writecache-options.ts';

const newOptions: typeof writecacheOptions &
  typeof newVolumeOptions &
  typeof autoactivationOption &
  typeof stripingOptions = {
  ...writecacheOptions,
  ...newVolumeOptions,
  ...autoactivationOption,
  ...stripingOptions,
};

/** Options of `lvm.lvcreate.writecacheWithVolume`. */
export interface LvcreateWritecacheWithVolumeOptions
  extends OptionsOf<typeof cacheVolOptions & typeof newOptions> {}

/** A new volume whose writes go to another one first. */
export const writecacheWithVolume: Operation<string, LvcreateWritecacheWithVolumeOptions, VolumeResult> =
  operation({
    command: 'lvcreate',
    fixed: ['--type', 'writecache'],
    summary: 'Makes a volume whose writes go to another, faster one first, which becomes a part of it.',
    subject: newVolume,
    options: { ...cacheVolOptions, ...newOptions },
    refuse: (call) => cannotWipe(call) ?? refuseBoth(call) ?? refuseCacheVol(call) ?? refuseActive(call),
    asks: (call) => {
      const found = volumeOf(call.before, `${call.place.groups[0]}/${call.options.cacheVol}`);
      return [
        asksToErase(call.options),
        ...asksForBlockSize(call.options),
        ...asksForMemory(call.options, found?.size ?? 0n),
        ...asksToWipe(call),
      ];
    },
    verify: isMade<Blocks & { readonly cacheVol: string }>(
      ['writecache'],
      isActiveAsAsked,
      hasBlockSize,
      hasPool(({ cacheVol }) => `${cacheVol}_cvol`),
    ),
    result: createdVolume,
  });

/** Options of `lvm.lvcreate.writecacheWithDevice`. */
export interface LvcreateWritecacheWithDeviceOptions
  extends OptionsOf<typeof cacheDeviceOptions & typeof newOptions> {}

/** A new volume whose writes go to other devices first. */
export const writecacheWithDevice: Operation<string, LvcreateWritecacheWithDeviceOptions, VolumeResult> =
  operation({
    command: 'lvcreate',
    fixed: ['--type', 'writecache'],
    summary: 'Makes a volume whose writes go first to one that is made on other devices of the group.',
    subject: newVolume,
    options: { ...cacheDeviceOptions, ...newOptions },
    refuse: (call) => cannotWipe(call) ?? refuseBoth(call) ?? refuseUsedDevice(call),
    asks: (call) => [
      ...asksForDevices(call.options),
      ...asksForBlockSize(call.options),
      ...asksForMemory(call.options, sizeOfCache(call)),
      ...asksToWipe(call),
    ],
    verify: isMade<Blocks>(['writecache'], isActiveAsAsked, hasBlockSize, hasCacheVol),
    result: createdVolume,
  });

// lvm finds this out when the volume for the cache is made, and leaves that there.
function refuseBoth({
  options: { cacheSettings: { fua, nofua } = {} },
}: {
  readonly options: Pick<OptionsOf<typeof writecacheOptions>, 'cacheSettings'>;
}): Refusal | null {
  if (fua === undefined || nofua === undefined) return null;
  return { reason: 'command-invalid', message: 'a writecache has either fua or nofua as setting, not both' };
}

// lvm would make the new volume first, find this out, and remove it again.
function refuseActive({ place, options, before }: Before<{ readonly cacheVol: string }>): Refusal | null {
  const name = `${place.groups[0]}/${options.cacheVol}`;
  if (volumeOf(before, name)?.active !== true) return null;
  return {
    reason: 'active',
    message: `${name} must be inactive to become a writecache: lvchange.deactivate it first`,
  };
}

interface Blocks extends Asked {
  readonly blockSize?: 512 | 4096 | undefined;
}

function hasBlockSize({ name, volume, options }: Made<Blocks>): string | null {
  const wanted = options.blockSize;
  if (wanted === undefined || volume.writecacheBlockSize === wanted) return null;
  return `${name} has a writecache with blocks of ${volume.writecacheBlockSize} bytes, not ${wanted}`;
}

function sizeOfCache({
  options: { cacheSize, cacheDevices },
  before,
}: Pick<
  Before<{ readonly cacheSize?: Bytes | undefined; readonly cacheDevices: readonly string[] }>,
  'options' | 'before'
>): bigint {
  if (cacheSize !== undefined) return toBytes('cacheSize', cacheSize);
  const used = devicesOf(before).filter(({ name }) => cacheDevices.some((path) => path === name));
  return used.reduce((sum, { size }) => sum + size, 0n);
}
