import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { abortError, onAbort } from '../../abort.ts';
import type { Mount } from '../system/mounts.ts';
import { cleanEnvironment } from '../system/program.ts';

/**
 * Of the mounts of one file system one that lets nobody write, or null. A snapshot of a frozen file system
 * (fsfreeze(8)) comes out half-made, and the kernel has no call that tells whether one is frozen: so a process of its own
 * removes a directory that does not exist, for which the kernel waits until writing is allowed (fs/namei.c, do_rmdir:
 * mnt_want_write), and which changes nothing. It counts as frozen if that has not ended after `deadline` milliseconds.
 */
export async function frozenMount(
  mounts: readonly Mount[],
  { deadline = 3000, signal }: { readonly deadline?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<Mount | null> {
  const writable = mounts.find(({ options }) => options.includes('rw'));
  // A file system that is mounted for reading only has nothing that would have to be written first.
  if (writable === undefined) return null;
  return (await endsWithin(
    ['rmdir', '--', join(writable.target, `.devmapper-${randomUUID()}`)],
    deadline,
    signal,
  ))
    ? null
    : writable;
}

function endsWithin(
  [file = '', ...args]: readonly string[],
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'ignore', env: cleanEnvironment(process.env), cwd: '/' });
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      forget();
      finish();
    };
    // A process that waits in the kernel dies when it is let go on; nobody waits for that.
    const leave = (): void => {
      child.kill('SIGKILL');
      child.unref();
    };
    const timer = setTimeout(
      () =>
        settle(() => {
          leave();
          resolve(false);
        }),
      deadline,
    );
    const forget = onAbort(signal, () =>
      settle(() => {
        leave();
        reject(abortError(signal));
      }),
    );
    child.once('exit', () => settle(() => resolve(true)));
    // Without rmdir(1) it cannot be told; lvcreate will.
    child.once('error', () => settle(() => resolve(true)));
  });
}
