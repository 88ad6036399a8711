import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { numberText } from './device-number.ts';

/** One path that a process has in use. */
export interface PathInUse {
  readonly how: 'opened' | 'working directory' | 'root directory';
  /** As the kernel names it, seen from that process's root: with ` (deleted)` behind it if it is. */
  readonly path: string;
  /** The link below /proc that leads to it. */
  readonly link: string;
}

/** The processes that /proc shows, by number; none if there is no /proc. */
export async function processes(proc = '/proc'): Promise<readonly number[]> {
  const names = await readdir(proc).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * What a process has opened and stands in: nothing for one that is gone or that we may not look into. Only links are
 * read, so a file on a disk that hangs keeps nobody waiting.
 */
export async function pathsInUse(pid: number | 'self', proc = '/proc'): Promise<readonly PathInUse[]> {
  const own = join(proc, String(pid));
  const files = await readdir(join(own, 'fd')).catch(() => []);
  const wanted = [
    ...files.map((number) => ({ how: 'opened', link: join(own, 'fd', number) }) as const),
    { how: 'working directory', link: join(own, 'cwd') } as const,
    { how: 'root directory', link: join(own, 'root') } as const,
  ];
  const found = await Promise.all(
    wanted.map(async ({ how, link }) => ({ how, link, path: await readlink(link).catch(() => '') })),
  );
  return found.filter(({ path }) => path.startsWith('/'));
}

/** Whether a process has the block device `major:minor` open, by whichever of its names below /dev. */
export async function hasOpened(pid: number, device: string, proc = '/proc'): Promise<boolean> {
  for (const { how, path, link } of await pathsInUse(pid, proc)) {
    // stat(2) of anything else could wait for a disk or a server.
    if (how !== 'opened' || !path.startsWith('/dev/')) continue;
    const status = await stat(link, { bigint: true }).catch(() => undefined);
    if (status?.isBlockDevice() === true && numberText(status.rdev) === device) return true;
  }
  return false;
}

/** A process as messages name it: `12 (dd)`; without the name if it is gone. */
export async function processText(pid: number, proc = '/proc'): Promise<string> {
  const name = await readFile(join(proc, String(pid), 'comm'), 'utf8').catch(() => '');
  const shown = name.trimEnd().replace(/[^\x20-\x7e]/g, '?');
  return shown === '' ? String(pid) : `${pid} (${shown})`;
}
