import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { rollback } from '../../lib/workflows/index.ts';
import { testDisk } from './support/disks.ts';
import { later, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { digest } from './support/rollback.ts';

// A guide to snapshots (2022) of a practice's servers: /pccehr and /dat of 10 and 30 GiB have 24 and 40 MiB here.
const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'vg00';
const volumes = [
  { name: 'pccehr', size: '24m', store: '20MiB' },
  { name: 'dat', size: '40m', store: '32MiB' },
] as const;
const snapshots = volumes.map(({ name }) => `${vg}/${name}_snap`);
let root = '';

beforeAll(async () => {
  const disk = await testDisk('org-disk', 200);
  await volumeGroup(vg, [{ ...disk.backing, path: disk.path }]);
  root = (await run('mktemp', ['--directory'])).stdout.trim();
  later(() => rm(root, { recursive: true }));
  later(async () => {
    for (const name of ['pccehr', 'dat', 'pccehr_snap', 'dat_snap'])
      await run('umount', [join(root, name)]).catch(() => undefined);
  });
  for (const { name, size } of volumes) {
    await run('lvcreate', ['--yes', '--size', size, '--name', name, vg]);
    await run('mkfs.ext4', ['-q', `/dev/${vg}/${name}`]);
    await mkdir(join(root, name));
    await mkdir(join(root, `${name}_snap`));
    await mount(name);
    await run('dd', ['if=/dev/urandom', `of=${join(root, name, 'data')}`, 'bs=1M', 'count=6']);
    await writeFile(join(root, name, 'precious'), 'patients');
  }
});

const mount = (name: string) => run('mount', [`/dev/mapper/${vg}-${name}`, join(root, name)]);
const unmount = (name: string) => run('umount', [join(root, name)]);
const sums = () =>
  Promise.all(
    volumes.map(
      async ({ name }) =>
        (
          await run(
            'sha256sum',
            ['precious', 'data'].map((file) => join(root, name, file)),
          )
        ).stdout,
    ),
  );

async function takeSnapshots(): Promise<void> {
  for (const { name, store } of volumes)
    await lvm.lvcreate.snapshot(`${vg}/${name}_snap`, { origin: name, size: store });
}

async function destroy(): Promise<void> {
  for (const { name } of volumes) {
    await rm(join(root, name, 'precious'));
    await run('dd', [
      'if=/dev/urandom',
      `of=${join(root, name, 'data')}`,
      'bs=1M',
      'count=6',
      'conv=notrunc',
    ]);
    await writeFile(join(root, name, 'FULL_RESTORE.sentinel'), '');
    await run('sync', []);
  }
}

async function expectRestored(before: readonly string[]): Promise<void> {
  expect(await sums()).toEqual(before);
  for (const { name } of volumes)
    await expect(readFile(join(root, name, 'FULL_RESTORE.sentinel'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  expect((await lvm.lvs({ targets: [vg], all: true })).map(({ name }) => name).sort()).toEqual([
    'dat',
    'pccehr',
  ]);
  expect((await lvm.vgs({ targets: [vg] }))[0]?.tags).toEqual([]);
}

describe('the guide, one test after the other', () => {
  it('refuses to merge into what is mounted, and says where', async () => {
    const before = await sums();
    await takeSnapshots();
    await destroy();
    await expect(rollback(tools, { snapshots })).rejects.toMatchObject({
      reason: 'in-use',
      message: expect.stringContaining(`vg00/pccehr is mounted on ${join(root, 'pccehr')}`),
    });
    // What the guide does with scripts around it: stop the services, unmount, and mount again at once.
    const calls: string[] = [];
    const done = await rollback(tools, {
      snapshots,
      async unmount(all) {
        calls.push('unmount');
        for (const { origin } of all) await unmount(origin.replace(`${vg}/`, ''));
      },
      async remount(all) {
        calls.push(...all.map(({ after }) => after));
        for (const { origin } of all) await mount(origin.replace(`${vg}/`, ''));
      },
    });
    expect([calls, done.origins.map(({ state }) => state)]).toEqual([
      ['unmount', 'rolled-back', 'rolled-back'],
      ['merged', 'merged'],
    ]);
    await expectRestored(before);
  });

  it('puts the merge off while they are mounted, and it begins with deactivation and activation', async () => {
    const before = await sums();
    await takeSnapshots();
    await destroy();
    const deferred = await rollback(tools, { snapshots, whenOpen: 'defer' });
    expect(deferred.origins.map(({ state }) => state)).toEqual(['deferred', 'deferred']);
    expect(deferred.warnings.join('\n')).toMatch(
      /each write to vg00\/dat fills vg00\/dat_snap, which has [\d.]+ MiB left/,
    );
    for (const { name } of volumes) {
      await unmount(name);
      await run('lvchange', ['--activate', 'n', `${vg}/${name}`]);
      await run('lvchange', ['--activate', 'y', `${vg}/${name}`]);
      // It can be used at once.
      await mount(name);
    }
    expect(await sums()).toEqual(before);
    const done = await rollback(tools, { snapshots });
    expect(done.origins.map(({ state }) => state)).toEqual(['merged', 'merged']);
    await expectRestored(before);
  });

  it('restores a backup into new snapshots, and merges those', async () => {
    const before = await sums();
    const backup = join(root, 'backup');
    await takeSnapshots();
    for (const { name } of volumes) {
      await run('mount', [
        '--options',
        'noatime',
        `/dev/mapper/${vg}-${name}_snap`,
        join(root, `${name}_snap`),
      ]);
      await mkdir(join(backup, name), { recursive: true });
      await run('cp', ['--archive', `${join(root, `${name}_snap`)}/.`, join(backup, name)]);
      await unmount(`${name}_snap`);
      await run('lvremove', ['--yes', `${vg}/${name}_snap`]);
    }
    await destroy();
    await takeSnapshots();
    for (const { name } of volumes) {
      const target = join(root, `${name}_snap`);
      await run('mount', ['--options', 'noatime', `/dev/mapper/${vg}-${name}_snap`, target]);
      await rm(join(target, 'FULL_RESTORE.sentinel'));
      await run('cp', ['--archive', `${join(backup, name)}/.`, target]);
    }
    // A snapshot that is mounted cannot go back either.
    for (const { name } of volumes) await unmount(name);
    await expect(rollback(tools, { snapshots })).rejects.toMatchObject({
      reason: 'in-use',
      message: expect.stringContaining('vg00/pccehr_snap is mounted on'),
    });
    for (const { name } of volumes) await unmount(`${name}_snap`);
    const images = await Promise.all(snapshots.map((name) => digest(`/dev/${name}`)));
    const done = await rollback(tools, { snapshots });
    expect(done.origins.map(({ state }) => state)).toEqual(['merged', 'merged']);
    // Block for block what the snapshots were.
    expect(await Promise.all(volumes.map(({ name }) => digest(`/dev/${vg}/${name}`)))).toEqual(images);
    for (const { name } of volumes) await mount(name);
    await expectRestored(before);
  });
});
