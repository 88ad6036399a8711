import { totalmem } from 'node:os';
import type { Question } from '../operation.ts';
import { consent, type OptionTable } from '../option.ts';

/** Leave to use much memory. */
export const memoryConsent = {
  /** Consent: the cache may need half of the machine's memory or more, 88 bytes for each of its blocks. */
  highMemoryUse: consent('the cache may need half of the memory or more'),
} as const satisfies OptionTable;

/** lvm's question about the size of blocks, asked unless they are of 512 bytes, which fit any file system. */
export function asksForBlockSize({
  blockSize,
}: {
  readonly blockSize?: 512 | 4096 | undefined;
}): readonly Question[] {
  if (blockSize === 512) return [];
  return [
    {
      consent: 'blockSize',
      granted: blockSize !== undefined,
      certain: true,
      text: 'lvm would use a writecache block size of 4096, which can damage a file system with smaller blocks: set blockSize to 512 or 4096',
    },
  ];
}

/** lvm's question about memory (_check_writecache_memory in tools/lvconvert.c), for a cache of so many bytes. */
export function asksForMemory(
  {
    blockSize,
    highMemoryUse,
  }: { readonly blockSize?: 512 | 4096 | undefined; readonly highMemoryUse?: boolean | undefined },
  size: bigint,
  memory = totalmem(),
): readonly Question[] {
  const needed = (size * 88n) / BigInt(blockSize ?? 4096);
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
