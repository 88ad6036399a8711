import { lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory that is ours alone (mode 0700) where it is missing. Rejects with the error of mkdir(2), or with
 * `code` `EACCES` if what is there is no directory, belongs to somebody else, or can be written by others: its name is
 * then not to be trusted.
 */
export async function makeOwnDirectory(path: string): Promise<void> {
  // Without a umask, others could write to what is made above it.
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const status = await lstat(path);
  const trouble = !status.isDirectory()
    ? 'is no directory'
    : status.uid !== process.geteuid?.()
      ? `belongs to user ${status.uid}`
      : (status.mode & 0o022) !== 0
        ? 'can be written by others'
        : null;
  if (trouble !== null) throw Object.assign(new Error(`${path} ${trouble}`), { code: 'EACCES', path });
}
