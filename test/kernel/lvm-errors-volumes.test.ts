import { open } from 'node:fs/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { replaceTable } from './support/dmsetup.ts';
import { dmCreate, later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvs, lvsRows } from './support/lvs.ts';

const lvm = openLvm();
const vg = 'failing';
let slow: TestDisk;
let fast: TestDisk;

beforeAll(async () => {
  slow = await testDisk('failing-slow', 100);
  fast = await testDisk('failing-fast', 100);
  const disks = [slow, fast].map(({ backing, path }) => ({ ...backing, path }));
  await volumeGroup(vg, disks, { extentSize: '1m' });
});

describe('a raid1', () => {
  const name = `${vg}/raid`;
  const devices = () => [fast.path, slow.path];

  it('not-in-sync: an array that is not synchronised yet is to be changed', async () => {
    await slow.slow(600);
    onTestFinished(() => slow.heal());
    await lvm.lvcreate.raid1(name, { size: '16MiB', mirrors: 1, devices: devices(), wipeSignatures: true });
    const error = await failureOf(lvm.lvconvert.regionSize(name, { regionSize: '1MiB' }));
    const object = { type: 'lv', name: 'raid', group: vg };
    expect(error).toMatchObject({ reason: 'not-in-sync', object, changed: 'no', exitCode: 5 });
  });

  it('not-in-sync: an image of it is to be split off, which is not even tried', async () => {
    await slow.slow(600);
    onTestFinished(() => slow.heal());
    await lvm.lvchange.resync(name, { allowDeactivation: true });
    const error = await failureOf(
      lvm.lvconvert.splitMirrors(name, { images: 1, name: 'half', loseResilience: true }),
    );
    expect(error).toMatchObject({ reason: 'not-in-sync', changed: 'no', exitCode: null });
  });

  it('image-count-invalid: as many images are to be split off as there are', async () => {
    await expect.poll(() => lvs(name, ['copy_percent']), { timeout: 60_000 }).toEqual(['100.00']);
    const error = await failureOf(
      lvm.lvconvert.splitMirrors(name, { images: 2, name: 'half', loseResilience: true }),
    );
    expect(error).toMatchObject({ reason: 'image-count-invalid', changed: 'no' });
  });

  it('not-tracked: an image that is a part as ever is to be merged', async () => {
    const error = await failureOf(lvm.lvconvert.mergeMirrors(`${name}_rimage_1`));
    expect(error).toMatchObject({ reason: 'not-tracked', changed: 'no' });
  });

  it('component: an image is to be renamed', async () => {
    const error = await failureOf(lvm.lvrename(`${name}_rimage_1`, { name: 'image' }));
    expect(error).toMatchObject({ reason: 'component', changed: 'no' });
  });

  it('tracking-split: an array is to be enlarged while an image is split off for reading', async () => {
    await lvm.lvconvert.trackSplit(name, { images: 1, loseResilience: true });
    const error = await failureOf(lvm.lvextend.bySize(name, { size: '1MiB' }));
    const object = { type: 'lv', name: 'raid', group: vg };
    expect(error).toMatchObject({ reason: 'tracking-split', object, changed: 'no' });
    await lvm.lvconvert.mergeMirrors(`${name}_rimage_1`);
    await lvm.lvremove(name);
  });
});

describe('a snapshot', () => {
  const origin = `${vg}/origin`;

  beforeAll(async () => {
    await lvm.lvcreate.linear(origin, { size: '8MiB', devices: [fast.path], wipeSignatures: true });
  });

  it('merging: a snapshot is to be taken while another one waits to be merged', async () => {
    await lvm.lvcreate.snapshot(`${vg}/earlier`, { origin: 'origin', size: '4MiB' });
    const file = await open(`/dev/${origin}`);
    await lvm.lvconvert.mergeSnapshot(`${vg}/earlier`);
    const error = await failureOf(lvm.lvcreate.snapshot(`${vg}/later`, { origin: 'origin', size: '4MiB' }));
    await file.close();
    expect(error).toMatchObject({ reason: 'merging', changed: 'no' });
    await lvm.lvchange.refresh(origin);
    const names = async () => (await lvsRows(vg, ['lv_name'])).flat();
    await expect.poll(names, { timeout: 60_000 }).not.toContain('earlier');
  });

  it('read-only: a snapshot is to be merged into an origin that may not be written', async () => {
    await lvm.lvcreate.snapshot(`${vg}/behind`, { origin: 'origin', size: '4MiB' });
    await lvm.lvchange.change(origin, { permission: 'r' });
    const error = await failureOf(lvm.lvconvert.mergeSnapshot(`${vg}/behind`));
    await lvm.lvchange.change(origin, { permission: 'rw' });
    await lvm.lvremove(`${vg}/behind`);
    const object = { type: 'lv', name: 'behind', group: vg };
    expect(error).toMatchObject({ reason: 'read-only', object, changed: 'no' });
  });

  it('snapshot-invalid: a snapshot that overflowed is to be merged', async () => {
    await lvm.lvcreate.snapshot(`${vg}/small`, { origin: 'origin', size: '1MiB' });
    await write(`/dev/${origin}`, 0, 2 << 20);
    const error = await failureOf(lvm.lvconvert.mergeSnapshot(`${vg}/small`));
    await lvm.lvremove(`${vg}/small`);
    expect(error).toMatchObject({ reason: 'snapshot-invalid', changed: 'no' });
  });

  it('frozen: a snapshot is to be taken of a volume whose file system is frozen', async () => {
    await run('mkfs.ext4', ['-q', `/dev/${origin}`]);
    await run('mount', [`/dev/${origin}`, '/mnt']);
    await run('fsfreeze', ['--freeze', '/mnt']);
    const error = await failureOf(lvm.lvcreate.snapshot(`${vg}/frost`, { origin: 'origin', size: '4MiB' }));
    await run('fsfreeze', ['--unfreeze', '/mnt']);
    await run('umount', ['/mnt']);
    // What lvm itself calls a state that needs somebody's hand.
    expect(error).toMatchObject({ reason: 'frozen', changed: 'yes' });
    expect(error.messages.map(({ message }) => message).join()).toContain('Manual intervention required');
    await run('lvremove', ['--yes', `${vg}/frost`]);
    await lvm.lvremove(origin);
  });
});

describe('a thin pool', () => {
  const pool = `${vg}/pool`;

  beforeAll(async () => {
    await lvm.lvcreate.thinPool(pool, { size: '8MiB', poolMetadataSpare: false, devices: [fast.path] });
    await lvm.lvcreate.thin(`${vg}/thin`, { pool: 'pool', virtualSize: '8MiB', wipeSignatures: true });
  });

  it('unsupported: a snapshot of the pool itself', async () => {
    const error = await failureOf(lvm.lvcreate.snapshot(`${vg}/pools`, { origin: 'pool', size: '4MiB' }));
    expect(error).toMatchObject({ reason: 'unsupported', changed: 'no' });
  });

  it('pool-full: a volume more for a pool that is filled beyond its threshold', async () => {
    await write(`/dev/${vg}/thin`, 0, 6 << 20);
    const strict = openLvm({
      config: 'activation { thin_pool_autoextend_threshold=60 thin_pool_autoextend_percent=20 }',
    });
    const error = await failureOf(
      strict.lvcreate.thin(`${vg}/more`, { pool: 'pool', virtualSize: '8MiB', wipeSignatures: true }),
    );
    expect(error).toMatchObject({ reason: 'pool-full', object: { type: 'lv', name: 'pool' }, changed: 'no' });
  });

  it('pool-needs-check: a pool whose metadata is damaged is to be activated', async () => {
    await lvm.vgchange.deactivate(vg);
    const [where = ''] = await lvs(`${pool}_tmeta`, ['seg_pe_ranges']);
    const [, path = '', extent = '0'] = /^(\S+):(\d+)-/.exec(where) ?? [];
    await write(path, (Number(extent) + 1) << 20, 65_536);
    const error = await failureOf(lvm.lvchange.activate(pool));
    const object = { type: 'lv', name: 'pool', group: vg };
    expect(error).toMatchObject({ reason: 'pool-needs-check', object, changed: 'no' });
    await run('lvremove', ['--yes', pool]);
  });
});

describe('a volume that is being moved', () => {
  it('volume-locked: it is to be enlarged meanwhile', async () => {
    await lvm.lvcreate.linear(`${vg}/moved`, { size: '32MiB', devices: [fast.path], wipeSignatures: true });
    await slow.slow(300);
    onTestFinished(() => slow.heal());
    await lvm.pvmove(fast.path, { to: [slow.path] });
    const error = await failureOf(lvm.lvextend.bySize(`${vg}/moved`, { size: '1MiB' }));
    const object = { type: 'lv', name: 'moved', group: vg };
    expect(error).toMatchObject({ reason: 'volume-locked', object, changed: 'no' });
    await slow.heal();
    await lvm.pvmoveAbort(fast.path);
    await lvm.lvremove(`${vg}/moved`);
  });
});

describe('a device below that is not as it was', () => {
  it('kernel-refused: a disk has become smaller than a volume on it needs it', async () => {
    const { device } = await loopDisk(33);
    await dmCreate('failing-shrunk', `0 65536 linear ${device} 2048`);
    const path = '/dev/mapper/failing-shrunk';
    await run('vgcreate', ['shrunk', path]);
    later(async () => {
      await run('vgremove', ['--force', '--yes', 'shrunk']);
    });
    await run('lvcreate', ['--extents', '6', '--name', 'whole', '--activate', 'n', '--zero', 'n', 'shrunk']);
    await replaceTable('failing-shrunk', `0 16384 linear ${device} 2048`);
    const error = await failureOf(lvm.lvchange.activate('shrunk/whole'));
    await replaceTable('failing-shrunk', `0 65536 linear ${device} 2048`);
    expect(error).toMatchObject({ reason: 'kernel-refused', changed: 'no' });
  });

  it('io-error: the start of a new volume cannot be written', async () => {
    const broken = await testDisk('failing-broken', 32);
    await run('vgcreate', ['broken', broken.path]);
    later(async () => {
      await run('vgremove', ['--force', '--yes', 'broken']);
    });
    // The metadata stays: that is in the first MiB.
    const label = `0 2048 linear ${broken.backing.device} 2048`;
    await replaceTable(broken.name, `${label}\n2048 63488 error`);
    const error = await failureOf(lvm.lvcreate.linear('broken/new', { size: '4MiB', wipeSignatures: true }));
    await broken.heal();
    expect(error).toMatchObject({ reason: 'io-error', changed: 'no' });
  });

  it('filesystem: swap space is to be enlarged with its volume', async () => {
    await lvm.lvcreate.linear(`${vg}/swap`, { size: '4MiB', wipeSignatures: true });
    await run('mkswap', [`/dev/${vg}/swap`]);
    const error = await failureOf(
      lvm.lvextend.bySize(`${vg}/swap`, { size: '1MiB', resizeFs: true, allowUnmount: true }),
    );
    expect(error).toMatchObject({ reason: 'filesystem', changed: 'no' });
  });
});
