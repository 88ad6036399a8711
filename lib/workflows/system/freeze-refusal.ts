import { readdir, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Mount, mounts } from './mounts.ts';
import { pathsInUse } from './processes.ts';

/**
 * Why a file system must not be frozen, or `null`: it is the root, or holds what lvm or this program needs to come as far
 * as to thaw it (LVM's configuration, metadata backups and locks, device nodes, the program and where it writes), or a
 * file that is a loop device's disk. `also`: more paths that are needed, such as a locking_dir. Rejects without /proc.
 */
export async function freezeRefusal(mount: Mount, also: readonly string[] = []): Promise<string | null> {
  const all = await mounts();
  if (all.some(({ target, device }) => target === '/' && device === mount.device))
    return `${mount.target} is the root file system`;
  const needed = [
    ...lvmPaths(process.env).map((path) => need(path, 'which lvm works with')),
    ...also.map((path) => need(path, 'which is needed meanwhile')),
    ...programPaths(),
    ...(await pathsUsed()),
    ...(await loopDisks()),
  ];
  for (const { path, why } of needed)
    if (deviceOf(await existing(path), all) === mount.device) return `${mount.target} holds ${path}, ${why}`;
  return null;
}

/** `major:minor` of the mount that an absolute path without links lies on; `null` if none does. */
export function deviceOf(path: string, all: readonly Mount[]): string | null {
  let best: Mount | undefined;
  for (const mount of all) {
    const below = mount.target === '/' || path === mount.target || path.startsWith(`${mount.target}/`);
    // Of two at one place the later lies upon the other.
    if (below && mount.target.length >= (best?.target.length ?? 0)) best = mount;
  }
  return best?.device ?? null;
}

interface Need {
  readonly path: string;
  readonly why: string;
}

function need(path: string, why: string): Need {
  return { path, why };
}

function lvmPaths({ LVM_SYSTEM_DIR: directory }: NodeJS.ProcessEnv): readonly string[] {
  const directories = directory === undefined || directory === '' ? ['/etc/lvm'] : ['/etc/lvm', directory];
  const written = directories.flatMap((path) => [path, `${path}/archive`, `${path}/backup`]);
  return [...written, '/run/lvm', '/run/lock/lvm', '/run/devmapper/locks', '/dev'];
}

function programPaths(): readonly Need[] {
  const [, script] = process.argv;
  return [
    need(process.execPath, 'the program'),
    ...(script === undefined || !isAbsolute(script) ? [] : [need(script, 'the program')]),
    need(fileURLToPath(import.meta.url), 'a part of the program'),
    need(tmpdir(), 'where temporary files are'),
  ];
}

// O_ACCMODE of open(2), in the octal number of fdinfo.
async function pathsUsed(): Promise<readonly Need[]> {
  const needs = await Promise.all(
    (await pathsInUse('self')).map(async ({ how, path, link }) => {
      if (how !== 'opened') return [need(path, `the program's ${how}`)];
      const info = await readFile(link.replace('/fd/', '/fdinfo/'), 'utf8').catch(() => '');
      const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0', 8);
      return (flags & 3) === 0 ? [] : [need(path, 'which the program writes to')];
    }),
  );
  return needs.flat();
}

// What lvm writes to such a disk would wait for the thaw.
async function loopDisks(): Promise<readonly Need[]> {
  const names = (await readdir('/sys/block').catch(() => [])).filter((name) => name.startsWith('loop'));
  const needs = await Promise.all(
    names.map(async (name) => {
      const file = await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '');
      return file.startsWith('/') ? [need(file.trimEnd(), `the disk of /dev/${name}`)] : [];
    }),
  );
  return needs.flat();
}

// Of what is not there (yet), where it would be made.
async function existing(path: string): Promise<string> {
  for (let part = path; ; part = dirname(part)) {
    const found = await realpath(part).catch(() => undefined);
    if (found !== undefined || part === dirname(part)) return found ?? part;
  }
}
