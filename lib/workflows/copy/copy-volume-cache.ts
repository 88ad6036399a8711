import type { FileHandle } from 'node:fs/promises';
import { loadAddon } from '../../addon.ts';
import { mountsAbove } from '../split/split-above.ts';
import { runProgram } from '../system/program.ts';
import { quiesce } from '../system/quiesce.ts';
import type { CopySource } from './copy-volume-source.ts';

/**
 * Has the open device of a source read from the disk again. While somebody has it open, blocks that were read for an
 * earlier copy stay in memory as they were then, and what a file system writes goes past them. Of a live one, what file
 * systems have in memory is written out first. Rejects with what failed.
 */
export async function forgetCached(
  file: FileHandle,
  { path, device }: Pick<CopySource, 'path' | 'device'>,
  live: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (live) {
    await quiesce(await mountsAbove(device), 'sync', { deadline: 30_000, signal });
    // It also lets go of the blocks that the kernel used last, which would keep those that share a page with them; in a
    // process of its own, as it waits for the disk. Before Linux 5.11 it only reaches the device below.
    const { status, stderr } = await runProgram(['blockdev', '--flushbufs', path], 'util-linux', signal);
    if (status !== 0) throw new Error(`what is in memory of ${path} could not be dropped: ${stderr}`);
  }
  // Only what is on the disk can be dropped.
  await file.sync();
  loadAddon().dropCache(file.fd);
}
