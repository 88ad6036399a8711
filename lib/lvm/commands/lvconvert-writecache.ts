import { totalmem } from 'node:os';
import { operation, type Question } from '../operation.ts';
import { consent, type Option, type OptionTable, option, required, text, volumeName } from '../option.ts';
import { toBytes } from '../sizes.ts';
import { volumeOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume } from '../verify.ts';
import { cacheDeviceOptions, isCachedBy } from './lvconvert-cache-options.ts';
import { answered, asked, destroyContents, siblings } from './lvconvert-common.ts';

/** How a cache for writes works, see lvmcache(7). */
const writecacheSettings = {
  /**
   * Bytes of a block of the cache, 512 or 4096 (`--cachesettings block_size=`), not more than a block of the file
   * system on the volume. lvm guesses 4096 where it finds none, and blocks that are too large destroy what is there.
   */
  blockSize: required(blockSize()),
  /** Settings (`--cachesettings`), such as `high_watermark=60`. */
  cacheSettings: text(
    '--cachesettings',
    '`key=value`, separated by blanks',
    /^(?:(?:high_watermark|low_watermark|writeback_jobs|autocommit_blocks|autocommit_time|fua|nofua|cleaner|max_age|metadata_only|pause_writeback)=\d{1,18}(?: |$))+$/,
  ),
  /** Leave to use most of the machine's memory: the kernel needs 88 bytes for each block. */
  mostMemory: consent('most of the memory of the machine is used'),
} as const satisfies OptionTable;

const volumeOptions = {
  /** The volume that is to hold what is written, linear and inactive (`--cachevol`). */
  cacheVol: required(volumeName('--cachevol')),
  ...writecacheSettings,
  destroyContents,
} as const;

/** Puts a volume before another one that takes all writes first (dm-writecache). */
export const writecache = operation({
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

/** Puts a cache for writes on a device before a volume; the cache's volume is made and named by lvm. */
export const writecacheDevice = operation({
  command: 'lvconvert',
  fixed: ['--type', 'writecache'],
  summary: 'Puts a cache for writes on a device before a volume.',
  subject: volume,
  options: { ...cacheDeviceOptions, ...writecacheSettings },
  asks: ({ options }) => asksBlocks(options, toBytes('cacheSize', options.cacheSize)),
  verify: isCachedBy('writecache'),
  result: createdVolume,
});

function blockSize(): Option<512 | 4096> {
  return option('--cachesettings block_size=', '512 or 4096', (value, key) => {
    if (value === 512 || value === 4096) return ['--cachesettings', `block_size=${value}`];
    throw Object.assign(new RangeError(`"${key}" must be 512 or 4096, not ${String(value)}`), {
      code: 'ERR_OUT_OF_RANGE',
    });
  });
}

interface Choices {
  readonly blockSize: 512 | 4096;
  readonly mostMemory?: boolean | undefined;
}

// tools/lvconvert.c, _set_writecache_block_size and _check_writecache_memory.
function asksBlocks({ blockSize: block, mostMemory }: Choices, size: bigint): readonly Question[] {
  const memory = (size * 88n) / BigInt(block);
  return [
    answered('use this block size?'),
    ...(memory >= BigInt(totalmem()) / 2n
      ? [asked('mostMemory', mostMemory, `the kernel would need ${memory} bytes of memory for it`)]
      : []),
  ];
}
