import { type Operation, operation, type Question } from '../operation.ts';
import { type OptionsOf, type OptionTable, required, volumeName } from '../option.ts';
import { toBytes } from '../sizes.ts';
import { volumeOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import { cacheDeviceOptions, isCachedBy } from './cache-options.ts';
import { answered, asked, destroyContents, siblings } from './lvconvert-common.ts';
import { asksForMemory, writecacheOptions } from './writecache-options.ts';

const ownVolumeOptions = {
  /** The volume that is to hold what is written, linear and inactive (`--cachevol`). */
  cacheVol: required(volumeName('--cachevol')),
  /** Leave to destroy what is on `cacheVol`. */
  destroyContents,
} as const satisfies OptionTable;

const volumeOptions: typeof ownVolumeOptions & typeof writecacheOptions = {
  ...ownVolumeOptions,
  ...writecacheOptions,
};

/** Options of `lvm.lvconvert.writecacheWithVolume`. */
export interface LvconvertWritecacheWithVolumeOptions extends OptionsOf<typeof volumeOptions> {}

/** Puts a volume before another one that takes all writes first (dm-writecache). */
export const writecacheWithVolume: Operation<string, LvconvertWritecacheWithVolumeOptions, VolumeResult> =
  operation({
    command: 'lvconvert',
    fixed: ['--type', 'writecache'],
    summary: 'Puts a volume before another one as a cache for writes.',
    subject: volume,
    options: volumeOptions,
    arrange: (place, { cacheVol }) => siblings(place, [cacheVol]),
    refuse({ place, options, before }) {
      const fast = volumeOf(before, `${place.groups[0] ?? ''}/${options.cacheVol}`);
      if (fast?.active !== true) return null;
      return { reason: 'active', message: `${fast.fullName} is active; deactivate it first (lvchange -an)` };
    },
    asks({ place, options, before }) {
      const name = `${place.groups[0] ?? ''}/${options.cacheVol}`;
      const erase = asked('destroyContents', options.destroyContents, `what ${name} holds is destroyed`);
      return [erase, ...asksBlocks(options, volumeOf(before, name)?.size ?? 0n)];
    },
    verify: isCachedBy('writecache'),
    result: createdVolume,
  });

/** Options of `lvm.lvconvert.writecacheWithDevice`. */
export interface LvconvertWritecacheWithDeviceOptions
  extends OptionsOf<typeof cacheDeviceOptions & typeof writecacheOptions> {}

/** Puts a cache for writes on a device before a volume; the cache's volume is made and named by lvm. */
export const writecacheWithDevice: Operation<string, LvconvertWritecacheWithDeviceOptions, VolumeResult> =
  operation({
    command: 'lvconvert',
    fixed: ['--type', 'writecache'],
    summary: 'Puts a cache for writes on a device before a volume.',
    subject: volume,
    options: { ...cacheDeviceOptions, ...writecacheOptions },
    asks: ({ options }) => asksBlocks(options, toBytes('cacheSize', options.cacheSize)),
    verify: isCachedBy('writecache'),
    result: createdVolume,
  });

// tools/lvconvert.c, _set_writecache_block_size and _check_writecache_memory.
function asksBlocks(options: OptionsOf<typeof writecacheOptions>, size: bigint): readonly Question[] {
  return [answered('use this block size?'), ...asksForMemory(options, size)];
}
