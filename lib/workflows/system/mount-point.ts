import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeOwnDirectory } from './own-directory.ts';

/**
 * Makes an empty directory to mount on, of mode 0700: below /run/devmapper, or below the directory for temporary files
 * if that cannot be written. Rejects with the error of mkdir(2) if neither can.
 */
export async function temporaryDirectory(base = '/run/devmapper'): Promise<string> {
  try {
    await makeOwnDirectory(base);
    return await mkdtemp(join(base, 'mount-'));
  } catch {
    return mkdtemp(join(tmpdir(), 'devmapper-mount-'));
  }
}

/**
 * Removes an empty directory; one that is gone is no error. Rejects with `code` `EBUSY` if it is still a mount point and
 * `ENOTEMPTY` if something is in it: by rmdir(2), so nothing of a file system that is still mounted can go with it.
 */
export async function removeDirectory(path: string): Promise<void> {
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
