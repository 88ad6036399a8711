import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { copyVolume, splitForBackup } from '../../lib/workflows/index.ts';
import { kernel, until } from './support/conversions.ts';
import { later, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { lvs } from './support/lvs.ts';
import { cleared, fresh, isWhole, mountedAt, splitGroup, sumOf } from './support/split.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'vg_data';
const volume = `${vg}/lv_mirror`;

async function sums(directory: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(directory)).filter((name) => name !== 'lost+found').sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await sumOf(join(directory, name))])),
  );
}

// The second half of a guide to mirroring and backup: its mount named a volume that is not there, was for writing, and
// nobody looked whether the images were the same afterwards. Its 10 GiB are 32 MiB here.
it('a mirror is split for a backup with its changes tracked, mounted, backed up, and merged back', async () => {
  await splitGroup(vg, 2, 64);
  later(() => cleared(vg));
  const backup = await mkdtemp(join(tmpdir(), 'guide-backup-'));
  later(() => rm(backup, { recursive: true }));

  // lvcreate -L 10G -n lv_mirror -m1 vg_data
  await run('lvcreate', ['-y', '-Wy', '--type', 'raid1', '-m1', '-L32m', '-n', 'lv_mirror', vg]);
  await until(volume, /raid1 2 AA (\d+)\/\1 idle/);
  await run('mkfs.ext4', ['-q', `/dev/${volume}`]);
  const data = await mountedAt(`/dev/${volume}`);
  for (const name of ['a', 'b', 'c']) await fresh(data, name, 2048);
  const before = await sums(data);

  // lvconvert --splitmirror 1 --trackchanges, mount, copy, umount, lvconvert --merge
  const done = await splitForBackup(tools, { volume, tracked: true, mount: true }, async (leg) => {
    expect(await kernel(volume)).toMatch(/raid1 2 A-/);
    const copy = leg.mounted ?? '';
    expect(await sums(copy)).toEqual(before);
    const files = join(backup, 'files');
    await mkdir(files);
    for (const name of Object.keys(before)) await copyFile(join(copy, name), join(files, name));
    const image = await copyVolume(tools, { source: leg.volume, to: join(backup, 'image'), verify: true });
    // Work goes on.
    await fresh(data, 'a', 1024);
    await fresh(data, 'd', 4096);
    // What is backed up stays as it was.
    expect(await sums(copy)).toEqual(before);
    return { files, image };
  });
  expect(done).toMatchObject({ outcome: 'done', quiesced: 'freeze', writtenSectors: 0, mismatches: null });
  expect(await sums(done.value.files)).toEqual(before);

  // lvs -a -o +devices: it is a mirror again, with the new data, and both images hold the same.
  expect(await isWhole(volume)).toBe(true);
  expect(await lvs(volume, ['lv_attr', 'copy_percent', 'lv_tags'])).toEqual(['rwi-aor---', '100.00', '']);
  const after = await sums(data);
  expect(Object.keys(after)).toEqual(['a', 'b', 'c', 'd']);
  expect(after).toMatchObject({ b: before.b, c: before.c });
  expect(after.a).not.toBe(before.a);
  await run('lvchange', ['--syncaction', 'check', volume]);
  await until(volume, /raid1 2 AA (\d+)\/\1 idle 0 /);

  // The image of the backup is a file system of its own, with what was there at the split.
  const restored = await mountedAt(done.value.image.to, ['-o', 'ro,noload,loop']);
  expect(await sums(restored)).toEqual(before);
  await run('umount', [restored]);
});
