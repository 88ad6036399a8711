import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { LvmError } from '../../lib/lvm/index.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { later, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });

// A guide to mirrors from 2024, step by step: its disks of 20 GiB have 80 MiB here, so a volume that fills one and an
// extent of another is of 80 MiB too.
it('a linear volume becomes a mirror once there is room, is split into two, and the copy is removed', async () => {
  const disks = await Promise.all(
    ['guide-n2', 'guide-n4', 'guide-n5', 'guide-n3'].map((name) => testDisk(name, 80)),
  );
  const [n2, n4, n5, n3] = disks as [TestDisk, TestDisk, TestDisk, TestDisk];
  const data = 'vg_webapp/lv_data';

  // What the guide begins with.
  await lvm.vgcreate('vg_webapp', { devices: [n2.path, n4.path] });
  later(async () => {
    await run('vgremove', ['--force', '--yes', 'vg_webapp']);
  });
  await lvm.lvcreate.linear('vg_webapp/lv_sources', { size: '4MiB', devices: [n2.path] });
  await lvm.lvcreate.linear('vg_webapp/lv_run', { size: '4MiB', devices: [n2.path] });
  const made = await lvm.lvcreate.linear(data, { size: '80MiB', devices: [n4.path, n2.path], activate: 'y' });
  expect(made.volume).toMatchObject({ name: 'lv_data', size: 80n * 1024n * 1024n });
  await run('mkfs.ext4', ['-q', `/dev/${data}`]);
  const mount = await mounted(`/dev/${data}`);

  // 1. lvconvert --type mirror -m 1 /dev/vg_webapp/lv_data
  const toMirror = { mirrors: 1, mirrorLog: 'disk' } as const;
  const failed = await lvm.lvconvert.mirror(data, toMirror).catch((error: unknown) => error);
  if (!(failed instanceof LvmError)) throw new Error('it was to fail');
  expect(failed).toMatchObject({
    ...{ reason: 'not-enough-space', changed: 'no', exitCode: 5 },
    space: { needed: 21, available: 16 },
  });

  // 2. pvcreate, vgextend
  await lvm.pvcreate([n5.path]);
  await lvm.vgextend('vg_webapp', { devices: [n5.path] });

  // 3. There is room now, but not on devices of its own.
  await expect(lvm.lvconvert.mirror(data, toMirror)).rejects.toMatchObject({
    ...{ reason: 'not-enough-space', changed: 'no' },
    message: expect.stringMatching(/suitable.*vgextend/),
  });

  // 4. pvcreate, vgextend
  await lvm.pvcreate([n3.path]);
  await lvm.vgextend('vg_webapp', { devices: [n3.path] });

  // 5. It succeeds, and takes a while.
  await n5.slow(200);
  await n3.slow(200);
  const job = lvm.lvconvert.mirror.job(data, { ...toMirror, progressInterval: 100 });
  const ratios: number[] = [];
  for await (const { ratio, source } of job) {
    expect(source).toBe('kernel');
    ratios.push(ratio);
  }
  expect(ratios.length).toBeGreaterThan(3);
  expect(ratios).toEqual(ratios.toSorted((one, other) => one - other));
  expect(ratios.at(-1)).toBe(1);
  expect((await job.result).volume).toMatchObject({ segtype: 'mirror', copyPercent: 100 });
  await n5.heal();
  await n3.heal();

  // 6. lvs -a -o +devices
  const segs = await lvm.segs({ targets: ['vg_webapp'], all: true });
  const on = (name: string) =>
    segs
      .filter(({ lvName }) => lvName === name)
      .flatMap(({ devices }) => devices.map((extent) => extent.name));
  expect(on('lv_data')).toEqual(['lv_data_mimage_0', 'lv_data_mimage_1']);
  expect(on('lv_data_mimage_0')).toEqual([n4.path, n2.path]);
  expect(on('lv_data_mimage_1').toSorted()).toEqual([n3.path, n5.path]);
  expect(on('lv_data_mlog')).toHaveLength(1);
  const rows = await lvm.lvs({ targets: ['vg_webapp'], all: true });
  const row = (name: string) => rows.find((one) => one.name === name);
  expect(row('lv_data')).toMatchObject({
    ...{ hidden: false, mirrorLog: 'lv_data_mlog', copyPercent: 100, attr: 'mwi-aom---' },
  });
  expect(row('lv_data_mimage_1')).toMatchObject({ hidden: true, size: 80n * 1024n * 1024n });
  expect(row('lv_data_mlog')).toMatchObject({ hidden: true, size: 4n * 1024n * 1024n });
  await expect(dm.status(data)).resolves.toMatchObject({
    segments: [{ status: { type: 'mirror', sync: { ratio: 1 }, log: { kind: 'disk', health: 'alive' } } }],
  });

  // 7. What is not yet written is not in the copy, so it is flushed first.
  await writeFile(join(mount.path, 'hello.txt'), 'Hello, World!\n');
  await run('sync', ['--file-system', mount.path]);

  // 8. lvconvert --splitmirrors 1 --name lv_data_backup
  const backup = 'vg_webapp/lv_data_backup';
  const split = { images: 1, name: 'lv_data_backup' } as const;
  // Of a mirror lvm does not ask whether it may lose an image.
  expect(await lvm.lvconvert.splitMirrors(data, split)).toMatchObject({ changed: true });
  const kinds = await lvm.segs({ targets: ['vg_webapp'] });
  expect(kinds.map(({ lvName, segtype }) => `${lvName} ${segtype}`)).toEqual(
    expect.arrayContaining(['lv_data linear', 'lv_data_backup linear']),
  );
  const copy = await mounted(`/dev/${backup}`, ['-o', 'ro,noload']);
  expect(await readFile(join(copy.path, 'hello.txt'), 'utf8')).toBe('Hello, World!\n');

  // 9. lvremove, which refuses what is mounted.
  await expect(lvm.lvremove(backup)).rejects.toMatchObject({
    name: 'LvmError',
    reason: 'mounted',
    changed: 'no',
  });
  await copy.unmount();
  expect(await lvm.lvremove(backup)).toMatchObject({ changed: true, removed: [backup] });
  const left = await lvm.lvs({ targets: ['vg_webapp'], all: true });
  expect(left.map(({ name }) => name).toSorted()).toEqual(['lv_data', 'lv_run', 'lv_sources']);
  expect(await readFile(join(mount.path, 'hello.txt'), 'utf8')).toBe('Hello, World!\n');
  await mount.unmount();
});

interface Mount {
  readonly path: string;
  readonly unmount: () => Promise<void>;
}

async function mounted(device: string, options: readonly string[] = []): Promise<Mount> {
  const path = await mkdtemp(join(tmpdir(), 'devmapper-mount-'));
  later(() => rm(path, { recursive: true }));
  await run('mount', [...options, device, path]);
  const unmount = later(async () => {
    await run('umount', [path]);
  });
  return { path, unmount };
}
