import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { withSnapshot } from '../../lib/workflows/index.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { later, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { checksums, directory, fill, mounted, remains, withExt4 } from './support/snapshots.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };

// A guide to backups by snapshot, of 2007 and after, with its names; its 10 GiB have 64 MiB here.
const vg = 'server1';
let root = '';
let backups = '';
let untouched: readonly string[] = [];

beforeAll(async () => {
  const [sda, sdb] = (await Promise.all([testDisk('es-sda', 224), testDisk('es-sdb', 128)])) as [
    TestDisk,
    TestDisk,
  ];
  await lvm.vgcreate(vg, { devices: [sda.path] });
  later(async () => {
    await run('vgremove', ['--force', '--yes', vg]);
  });
  root = (await mounted(await withExt4(vg, 'root', 64))).path;
  await mkdir(join(root, 'etc'));
  await writeFile(join(root, 'etc', 'fstab'), '/dev/mapper/server1-backups /backups ext3 defaults 0 1\n');
  await fill(join(root, 'data'), 8);

  // 1. pvcreate, vgextend, lvcreate --name backups, mkfs, mount
  await lvm.pvcreate([sdb.path]);
  await lvm.vgextend(vg, { devices: [sdb.path] });
  await lvm.lvcreate.linear(`${vg}/backups`, { size: '112MiB', devices: [sdb.path], wipeSignatures: true });
  await run('mkfs.ext4', ['-q', `/dev/${vg}/backups`]);
  backups = (await mounted(`/dev/${vg}/backups`)).path;
  untouched = await remains(vg);
});

describe('a backup by snapshot', () => {
  it('copies the files and the device as they were, while they go on changing, and removes the snapshot', async () => {
    const before = await checksums(root);
    const mountPoint = await directory('rootsnapshot');
    const done = await withSnapshot(
      tools,
      { volumes: `${vg}/root`, name: 'rootsnapshot', size: '10MiB', mount: mountPoint },
      async ([snapshot]) => {
        await writeFile(join(root, 'etc', 'fstab'), 'changed meanwhile\n');
        await fill(join(root, 'later'), 2);
        // tar -pczf /backups/root.tar.gz /mnt/server1/rootsnapshot
        await run('tar', ['-pczf', join(backups, 'root.tar.gz'), '-C', mountPoint, '.']);
        // dd if=/dev/server1/rootsnapshot of=/backups/root.dd
        const device = snapshot?.device ?? '';
        await run('dd', [`if=${device}`, `of=${join(backups, 'root.dd')}`, 'bs=1M', 'conv=sparse']);
        return digest(device);
      },
    );
    // What lvm makes of -L10: whole extents.
    expect(done.snapshots).toMatchObject([
      {
        name: 'server1/rootsnapshot',
        requested: 10n * 1024n * 1024n,
        size: 12n * 1024n * 1024n,
        trimmed: false,
      },
    ]);
    expect(done.warnings).toEqual([
      'server1/rootsnapshot is lost if more than 12.00 MiB of server1/root are written to meanwhile.',
    ]);
    expect(await remains(vg)).toEqual(untouched);

    const restored = await directory('restored');
    await run('tar', ['-xzf', join(backups, 'root.tar.gz'), '-C', restored]);
    expect(await checksums(restored)).toEqual(before);
    expect((await stat(join(backups, 'root.dd'))).size).toBe(64 * 1024 * 1024);
    expect(await digest(join(backups, 'root.dd'))).toBe(done.value);
    const copy = await mounted(join(backups, 'root.dd'), ['-o', 'ro,loop']);
    expect(await checksums(copy.path)).toEqual(before);
    await copy.unmount();
    expect(await readFile(join(root, 'etc', 'fstab'), 'utf8')).toBe('changed meanwhile\n');
  });
});

describe('a store that is smaller than what is written meanwhile', () => {
  it('aborts the callback at once, and is no success although the files could still be read', async () => {
    let told: unknown;
    const failed = await withSnapshot(
      tools,
      { volumes: `${vg}/root`, name: 'rootsnapshot', size: '8MiB' },
      async ([snapshot], signal) => {
        const lost = new Promise((resolve) => signal.addEventListener('abort', resolve));
        await readFile(join(snapshot?.directory ?? '', 'data'));
        await fill(join(root, 'written'), 14);
        await lost;
        told = signal.reason;
        // From the page cache, as if nothing had happened.
        await copyFile(join(snapshot?.directory ?? '', 'data'), join(backups, 'data'));
        return 'a backup';
      },
    ).catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'WorkflowError', reason: 'overflowed', step: 'use', left: [] });
    expect(String(failed)).toContain('server1/rootsnapshot has overflowed');
    expect(told).toMatchObject({ reason: 'overflowed' });
    expect(await remains(vg)).toEqual(untouched);
    await run('rm', [join(root, 'written')]);
  });

  it('is extended in time by a guard, and the backup is whole', async () => {
    const before = await checksums(root);
    const details: string[] = [];
    const done = await withSnapshot(
      tools,
      {
        ...{ volumes: `${vg}/root`, name: 'rootsnapshot', size: '8MiB', guard: true },
        onProgress: (one) => {
          if (one.kind === 'step-progressed') details.push(one.detail ?? '');
        },
      },
      async ([snapshot]) => {
        await fill(join(root, 'written'), 16, () => sleep(500));
        return checksums(snapshot?.directory ?? '');
      },
    );
    expect(done.value).toEqual(before);
    const [taken] = done.snapshots;
    expect(taken?.peakUsed).toBeGreaterThan(8n * 1024n * 1024n);
    expect(taken?.size).toBeGreaterThan(taken?.peakUsed ?? 0n);
    expect(details).toContainEqual(expect.stringContaining('was extended from 8.00 MiB to'));
    expect(await remains(vg)).toEqual(untouched);
  });
});

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
