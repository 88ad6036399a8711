import { open } from 'node:fs/promises';
import { Refusal } from '../errors.ts';
import { quiesce } from '../system/quiesce.ts';
import type { QuietPlan } from './split-quiet.ts';

/**
 * Does something while file systems are quiet. Rejects with a {@link Refusal} `failed` if they did not stay so until it
 * was done; `work` gets a signal that fires then, too.
 */
export async function whileQuiet(
  { how, mounts }: QuietPlan,
  path: string,
  { deadline, signal }: { readonly deadline: number; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const quiet = await quiesce(mounts, how, { deadline, signal });
  const loud = new Refusal(
    'failed',
    `${mounts.map(({ target }) => target).join(', ')} did not stay frozen until the split was done, for which there were ${deadline} ms`,
    'Give it a longer deadline, or use quiesce: "sync".',
  );
  try {
    if (mounts.length === 0 && how !== 'none') await flushDevice(path);
    await work(AbortSignal.any([signal, quiet.broken]));
  } catch (error) {
    await quiet.release();
    throw quiet.broken.aborted && !signal.aborted ? loud : error;
  }
  if (!(await quiet.release()).held) throw loud;
}

// fsync(2) of a block device writes out what all who have written to its node left in memory.
async function flushDevice(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
