import { totalmem } from 'node:os';
import type { Question } from '../operation.ts';
import { consent, type OptionTable, oneOf, option, required } from '../option.ts';
import { settings, writecacheKeys } from './settings.ts';

/** What every new writecache takes (lvmcache(7)). */
export const writecacheOptions = {
  /**
   * Bytes of a block of the cache, 512 or 4096 (`--cachesettings block_size=`), not more than a block of the file
   * system that is or will be on the volume: lvm guesses 4096 where it finds none, and blocks that are too large destroy
   * what is there.
   */
  blockSize: required(
    option<512 | 4096>('--cachesettings block_size=', '512 or 4096', (value, key) => [
      '--cachesettings',
      `block_size=${blockSize.toArguments(value as never, key)[1]}`,
    ]),
  ),
  /** Settings of dm-writecache, such as `{ high_watermark: 60 }` (`--cachesettings`). */
  cacheSettings: settings('--cachesettings', writecacheKeys),
  /** Leave to use half of the machine's memory or more: the kernel needs 88 bytes for each block of the cache. */
  highMemoryUse: consent('the cache may need half of the memory or more'),
} as const satisfies OptionTable;

const blockSize = oneOf('', [512, 4096]);

/** lvm's question about the size of blocks of a new volume's cache, which it asks unless they fit any file system. */
export function asksForBlockSize({
  blockSize: block,
}: {
  readonly blockSize: 512 | 4096;
}): readonly Question[] {
  return block === 512
    ? []
    : [{ consent: 'blockSize', granted: true, certain: true, text: 'use blocks of 4096 bytes?' }];
}

/** lvm's question about memory (_check_writecache_memory in tools/lvconvert.c), for a cache of so many bytes. */
export function asksForMemory(
  {
    blockSize: block,
    highMemoryUse,
  }: { readonly blockSize: 512 | 4096; readonly highMemoryUse?: boolean | undefined },
  size: bigint,
  memory = totalmem(),
): readonly Question[] {
  const needed = (size * 88n) / BigInt(block);
  if (needed < BigInt(memory) / 2n) return [];
  return [
    {
      consent: 'highMemoryUse',
      granted: highMemoryUse === true,
      certain: false,
      text: `the writecache will need ${needed} bytes of memory, of ${memory}; set highMemoryUse to allow it`,
    },
  ];
}
