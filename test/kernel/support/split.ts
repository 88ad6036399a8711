import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unmountAll } from '../../../lib/workflows/system/mounting.ts';
import { mountsOf } from '../../../lib/workflows/system/mounts.ts';
import { kernel, until } from './conversions.ts';
import { type TestDisk, testDisk } from './disks.ts';
import { later, run, volumeGroup } from './lab.ts';

/** A group of so many disks, of which volumes are split. */
export async function splitGroup(vg: string, count: number, mebibytes = 48): Promise<readonly TestDisk[]> {
  const disks: TestDisk[] = [];
  for (let index = 0; index < count; index++) disks.push(await testDisk(`${vg}-disk${index}`, mebibytes));
  await volumeGroup(
    vg,
    disks.map(({ path, backing }) => ({ ...backing, path })),
    { extentSize: '1m' },
  );
  return disks;
}

/** A mirror of 16 MiB that is in sync, with an empty ext4. */
export async function mirrored(
  vg: string,
  name: string,
  { type = 'raid1', copies = 2 }: { readonly type?: 'raid1' | 'mirror'; readonly copies?: number } = {},
): Promise<string> {
  await run('lvcreate', [
    ...['--yes', '--wipesignatures', 'y', '--type', type, '--mirrors', String(copies - 1)],
    ...['--size', '16m', '--name', name, vg],
  ]);
  const volume = `${vg}/${name}`;
  await until(volume, type === 'raid1' ? /A{2,} (\d+)\/\1 idle/ : /(\d+)\/\1 1 A{2,} /);
  await run('mkfs.ext4', ['-q', `/dev/${volume}`]);
  return volume;
}

/** Mounts a volume on a directory of its own until the file ends, or {@link cleared}. */
export async function mountedAt(device: string, options: readonly string[] = []): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'split-test-'));
  later(() => rmdir(path).catch(() => {}));
  await run('mount', [...options, device, path]);
  return path;
}

/** Unmounts and removes all volumes of a group. */
export async function cleared(vg: string): Promise<void> {
  const { stdout } = await run('lvs', ['--noheadings', '--options', 'lv_dm_path', vg]);
  for (const path of stdout.split('\n').map((line) => line.trim()))
    if (path !== '') await unmountAll(path).catch(() => {});
  await run('lvremove', ['--force', '--yes', vg]);
}

/** Writes a file that no one brings to the disk, and gives its checksum. */
export async function fresh(directory: string, name: string, kibibytes = 512): Promise<string> {
  const bytes = Buffer.alloc(kibibytes * 1024, `${name} ${Math.random()} `);
  await writeFile(join(directory, name), bytes);
  return sha256(bytes);
}

/** The SHA-256 of a file or device as it can be read. */
export async function sumOf(path: string): Promise<string> {
  return sha256(await readFile(path));
}

/** Whether any mount of a device is there. */
export async function isMounted(path: string): Promise<boolean> {
  return (await mountsOf(path)).length > 0;
}

/** All tags of a volume. */
export async function tagsOf(volume: string): Promise<readonly string[]> {
  const { stdout } = await run('lvs', ['--noheadings', '--options', 'lv_tags', volume]);
  return stdout.trim() === '' ? [] : stdout.trim().split(',');
}

/** Whether the kernel has a raid1 with all images in sync, and at rest. */
export async function isWhole(volume: string): Promise<boolean> {
  return /raid1 (\d+) A+ (\d+)\/\2 idle 0 /.test(await kernel(volume));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
