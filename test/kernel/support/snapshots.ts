import { createHash } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { later, run } from './lab.ts';

/** A directory for one test file, removed when it ends. */
export async function directory(name: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `devmapper-${name}-`));
  later(() => rm(path, { recursive: true }));
  return path;
}

/** Mounts a device on a new directory; unmounted when the test file ends, or by the returned function. */
export async function mounted(
  device: string,
  options: readonly string[] = [],
): Promise<{ readonly path: string; readonly unmount: () => Promise<void> }> {
  const path = await directory('mount');
  await run('mount', [...options, device, path]);
  const unmount = later(async () => {
    await run('umount', [path]);
  });
  return { path, unmount };
}

/** Makes a volume of so many MiB with an ext4 on it. */
export async function withExt4(vg: string, lv: string, mebibytes: number): Promise<string> {
  await run('lvcreate', ['--yes', '--wipesignatures', 'y', '--size', `${mebibytes}m`, '--name', lv, vg]);
  await run('mkfs.ext4', ['-q', '-F', `/dev/${vg}/${lv}`]);
  return `/dev/${vg}/${lv}`;
}

/** Writes a file of so many MiB, each filled with another byte, and flushes each to the disk. */
export async function fill(
  path: string,
  mebibytes: number,
  each: () => Promise<void> = async () => {},
): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let index = 0; index < mebibytes; index++) {
      await file.write(Buffer.alloc(1024 * 1024, 65 + (index % 26)));
      await file.sync();
      await each();
    }
  } finally {
    await file.close();
  }
}

/** The sha256 of each file of a directory tree, by its path. */
export async function checksums(root: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sums = await Promise.all(
    files.sort().map(async (path) => [
      path.slice(root.length + 1),
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ]),
  );
  return Object.fromEntries(sums);
}

async function list(path: string): Promise<readonly string[]> {
  return (await readdir(path).catch(() => [])).map((name) => join(path, name));
}

/** What there is of a group: its volumes with their tags, and the device-mapper devices and mounts of it. */
export async function remains(vg: string): Promise<readonly string[]> {
  const lvs = await run('lvs', [
    '--all',
    '--noheadings',
    '--separator',
    ' ',
    '--options',
    'lv_name,lv_tags',
    vg,
  ]);
  const devices = await run('dmsetup', ['ls']);
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const bases = await list('/run/devmapper/snapshots');
  const below = [...bases, ...(await Promise.all(bases.map(list))).flat()];
  return [
    ...lvs.stdout.split('\n').map((line) => line.trim()),
    ...devices.stdout
      .split('\n')
      .map((line) => line.split('\t')[0] ?? '')
      .filter((name) => name.startsWith(`${vg}-`))
      .map((name) => `device ${name}`),
    ...mounts
      .split('\n')
      .filter((line) => line.includes('/run/devmapper/snapshots/'))
      .map((line) => `mount ${line.split(' ')[4]}`),
    ...below,
  ]
    .filter((line) => line !== '')
    .sort();
}
