import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { addMirror, WorkflowError } from '../../lib/workflows/index.ts';
import { splitForBackup } from '../../lib/workflows/split/split-for-backup.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { later, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { remembered } from './support/rollback.ts';
import { filled, mounted, sums } from './support/workflow-files.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'vg_webapp';
const data = 'vg_webapp/lv_data';
const backup = 'vg_webapp/lv_data_backup';

// The guide's disks of 20 GiB have 80 MiB here, which are 19 extents, and its volume of 20 GiB has 20.
it('the guide in Catalan: a volume on two disks becomes a mirror, grows a backup by a split, and keeps every file', async () => {
  const disks = await Promise.all(['n2', 'n4', 'n5', 'n3'].map((name) => testDisk(`ca-${name}`, 80)));
  const [n2, n4, n5, n3] = disks as [TestDisk, TestDisk, TestDisk, TestDisk];
  await lvm.vgcreate(vg, { devices: [n2.path, n4.path] });
  later(async () => {
    await run('vgremove', ['--force', '--yes', vg]);
  });
  await lvm.lvcreate.linear(`${vg}/lv_sources`, { size: '4MiB', devices: [n2.path] });
  await lvm.lvcreate.linear(`${vg}/lv_run`, { size: '4MiB', devices: [n2.path] });
  await lvm.lvcreate.linear(data, { size: '80MiB', devices: [n4.path, n2.path] });
  await run('mkfs.ext4', ['-q', `/dev/${data}`]);
  const mount = await mounted(`/dev/${data}`);
  const before = await filled(mount.path);
  const mirror = { volume: data, type: 'mirror' } as const;

  // 1. There is no room: the two disks hold the volume, and only the log could be on one of them.
  const none = await refused(addMirror(tools, mirror));
  expect(none).toContain(`${data} needs room for a copy of 20 extents (80.00 MiB)`);
  expect(none).toContain(`none on ${n4.path}, ${n2.path}, where its data is, and 1 extent for the log`);
  expect(none).toContain('20 extents are missing');
  expect(none).toContain('Add a disk of at least 20 extents (80.00 MiB, and 1 MiB for LVM itself)');
  expect(await sums(mount.path)).toEqual(before);

  // 2. and 3. The guide's next disk is one extent smaller than that.
  await lvm.pvcreate([n5.path]);
  await lvm.vgextend(vg, { devices: [n5.path] });
  const one = await refused(addMirror(tools, mirror));
  expect(one).toContain(`${n5.path} has 19; 1 extent is missing`);
  expect(one).toContain('Add a disk of at least 1 extent');
  await lvm.pvcreate([n3.path]);
  expect(await refused(addMirror(tools, mirror))).toContain(`${n3.path} of no group would do`);
  // 4. and 5.
  await lvm.vgextend(vg, { devices: [n3.path] });
  // Where its data is, no copy may be, whatever room there is.
  const wrong = await refused(addMirror(tools, { ...mirror, devices: [n2.path] }));
  expect(wrong).toContain('there is no other disk');
  expect(wrong).toContain('Name more devices');
  const done = await addMirror(tools, mirror);
  expect(done).toMatchObject({
    outcome: 'done',
    inSync: true,
    volume: { attr: 'mwi-aom---', copyPercent: 100 },
  });
  expect(await sums(mount.path)).toEqual(before);

  // 6. Two disks for each leg, and the log where no leg of the data's first disks is.
  expect(done.legs.map(({ name }) => name)).toEqual(['lv_data_mimage_0', 'lv_data_mimage_1']);
  expect(done.legs[0]?.devices.toSorted()).toEqual([n2.path, n4.path].toSorted());
  expect(done.legs[1]?.devices.toSorted()).toEqual([n3.path, n5.path].toSorted());
  expect([n3.path, n5.path]).toContain(done.logDevices[0]);
  expect(done.warnings.join(' ')).toContain('a disk with a copy');
  expect(await addMirror(tools, mirror)).toMatchObject({ outcome: 'already' });

  // 7. and 8. What was written a moment before is in the copy, though nobody called sync.
  await writeFile(join(mount.path, 'hello.txt'), 'Hello, World!\n');
  const after = await sums(mount.path);
  expect(Object.keys(after)).toHaveLength(Object.keys(before).length + 1);
  await splitForBackup(tools, { volume: data, name: 'lv_data_backup' });
  const kinds = await lvm.segs({ targets: [vg] });
  expect(kinds.filter(({ segtype }) => segtype !== 'linear')).toEqual([]);
  const copy = await mounted(`/dev/${backup}`, ['-o', 'ro,noload']);
  expect(await readFile(join(copy.path, 'hello.txt'), 'utf8')).toBe('Hello, World!\n');
  expect(await sums(copy.path)).toEqual(after);
  // The copy is one of that moment.
  await writeFile(join(mount.path, 'hello.txt'), 'changed\n');
  expect(await sums(copy.path)).toEqual(after);

  // 9.
  await expect(lvm.lvremove(backup)).rejects.toMatchObject({ reason: 'mounted', changed: 'no' });
  await copy.unmount();
  await lvm.lvremove(backup);
  const left = await lvm.lvs({ targets: [vg], all: true });
  expect(left.map(({ name }) => name).toSorted()).toEqual(['lv_data', 'lv_run', 'lv_sources']);
  expect(left.flatMap(({ tags }) => tags)).toEqual([]);
  expect(await sums(mount.path)).toEqual({
    ...after,
    'hello.txt': expect.not.stringMatching(after['hello.txt'] ?? ''),
  });
  await mount.unmount();
  await run('e2fsck', ['-f', '-n', `/dev/${data}`]);
});

// The words of a refusal, after which the group is as it was.
async function refused(call: Promise<unknown>): Promise<string> {
  const before = remembered(lvm, vg);
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowError)) throw new Error(`it was to be refused: ${String(error)}`);
  expect(error).toMatchObject({ reason: 'not-enough-space', step: null, left: [] });
  expect(await remembered(lvm, vg)).toEqual(await before);
  return error.message;
}
