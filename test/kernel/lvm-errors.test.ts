import { open } from 'node:fs/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { dmCreate, dmRemove, type LoopDisk, later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';

const lvm = openLvm();
const vg = 'errors';
let first: LoopDisk;
let second: LoopDisk;
let blank: LoopDisk;

beforeAll(async () => {
  first = await loopDisk(64);
  second = await loopDisk(32);
  blank = await loopDisk(32);
  await volumeGroup(vg, [first, second]);
  await lvm.lvcreate.linear(`${vg}/volume`, { size: '8MiB' });
});

describe('what is not there, or is there already', () => {
  it('not-found: a volume that is not there', async () => {
    const error = await failureOf(lvm.lvchange.activate(`${vg}/nosuch`));
    const object = { type: 'lv', name: 'nosuch', group: vg };
    expect(error).toMatchObject({ reason: 'not-found', object, changed: 'no', exitCode: 5 });
  });

  it('not-in-group: a device of another group, or of none', async () => {
    const error = await failureOf(
      lvm.lvcreate.linear(`${vg}/elsewhere`, { size: '4MiB', devices: [blank.path] }),
    );
    const object = { type: 'pv', name: blank.path, group: vg };
    expect(error).toMatchObject({ reason: 'not-in-group', object, changed: 'no' });
  });

  it('exists: a volume of that name', async () => {
    const error = await failureOf(lvm.lvcreate.linear(`${vg}/volume`, { size: '4MiB' }));
    const object = { type: 'lv', name: 'volume', group: vg };
    expect(error).toMatchObject({ reason: 'exists', object, changed: 'no' });
  });
});

describe('space', () => {
  it('not-enough-space: a volume larger than the group', async () => {
    const error = await failureOf(lvm.lvcreate.linear(`${vg}/huge`, { size: '1GiB' }));
    expect(error).toMatchObject({ reason: 'not-enough-space', changed: 'no' });
    // 15 and 7 extents, but for the two of the volume.
    expect(error.space).toEqual({ needed: 256, available: 20, missing: 236 });
  });

  it('not-enough-space: extents that are free on the wrong devices', async () => {
    const error = await failureOf(
      lvm.lvcreate.raid1(`${vg}/apart`, { size: '36MiB', mirrors: 1, wipeSignatures: true }),
    );
    expect(error).toMatchObject({ reason: 'not-enough-space', changed: 'no' });
    expect(error.space).toMatchObject({ missing: expect.any(Number) });
  });

  it('not-enough-devices: more stripes than devices', async () => {
    const error = await failureOf(lvm.lvcreate.striped(`${vg}/wide`, { size: '12MiB', stripes: 3 }));
    expect(error).toMatchObject({ reason: 'not-enough-devices', changed: 'no' });
  });

  it('size-invalid: extents that a volume of the group is no multiple of', async () => {
    const error = await failureOf(lvm.vgchange.change(vg, { extentSize: '16MiB' }));
    expect(error).toMatchObject({ reason: 'size-invalid', changed: 'no' });
  });

  it('size-direction: an extension to less than there is', async () => {
    const error = await failureOf(lvm.lvextend.size(`${vg}/volume`, { size: '4MiB' }));
    expect(error).toMatchObject({ reason: 'size-direction', changed: 'no' });
  });

  it('not-enough-space: an extension by devices that have nothing free', async () => {
    const size = { percent: 100, of: 'PVS' } as const;
    await lvm.lvcreate.linear(`${vg}/rest`, { size, devices: [second.path], wipeSignatures: true });
    const error = await failureOf(lvm.lvextend.byDevices(`${vg}/rest`, { devices: [second.path] }));
    expect(error).toMatchObject({ reason: 'not-enough-space', changed: 'no' });
  });

  it('unchanged: an extension by all that is free, where nothing is', async () => {
    const size = { percent: 100, of: 'FREE' } as const;
    await lvm.lvcreate.linear(`${vg}/all`, { size, wipeSignatures: true });
    const error = await failureOf(lvm.lvresize.extendBySize(`${vg}/all`, { size }));
    await lvm.lvremove([`${vg}/all`, `${vg}/rest`]);
    expect(error).toMatchObject({ reason: 'unchanged', changed: 'no' });
  });
});

describe('names and arguments that lvm itself refuses', () => {
  it('name-invalid: a new name that is the old one', async () => {
    const error = await failureOf(lvm.lvrename(`${vg}/volume`, { name: 'volume' }));
    expect(error).toMatchObject({ reason: 'name-invalid', changed: 'no', exitCode: 3 });
  });

  it('name-reserved: a pool by the name of a part of one', async () => {
    const error = await failureOf(
      lvm.lvcreate.thin(`${vg}/thin`, {
        ...{ pool: 'pool_tdata', virtualSize: '4MiB', wipeSignatures: true },
        // With a size, lvm makes the pool as well.
        extraArguments: ['--size=4194304b'],
      }),
    );
    expect(error).toMatchObject({ reason: 'name-reserved', changed: 'no' });
  });

  it('command-invalid: an option that lvm does not know', async () => {
    const error = await failureOf(
      lvm.lvcreate.linear(`${vg}/odd`, { size: '4MiB', extraArguments: ['--bogus=1'] }),
    );
    expect(error).toMatchObject({ reason: 'command-invalid', changed: 'no', exitCode: 3 });
    expect(error.stderr).toContain('--bogus');
  });

  it('wrong-type: a size in terms of an origin, of a volume that has none', async () => {
    const size = { percent: 50, of: 'ORIGIN' } as const;
    const error = await failureOf(lvm.lvextend.size(`${vg}/volume`, { size }));
    expect(error).toMatchObject({ reason: 'wrong-type', changed: 'no' });
  });

  it('wrong-type: a scrub of a linear volume', async () => {
    const error = await failureOf(lvm.lvchange.syncAction(`${vg}/volume`, { action: 'check' }));
    const object = { type: 'lv', name: 'volume', group: vg };
    expect(error).toMatchObject({ reason: 'wrong-type', object, changed: 'no' });
  });

  it('wrong-state: groups that are to be merged with extents of different sizes', async () => {
    await run('vgcreate', ['--physicalextentsize', '1m', 'other', blank.path]);
    const error = await failureOf(lvm.vgmerge(vg, { from: 'other' }));
    await run('vgremove', ['other']);
    await run('pvremove', [blank.path]);
    expect(error).toMatchObject({ reason: 'wrong-state', changed: 'no' });
  });
});

describe('what is in use', () => {
  const patient = openLvm({ config: 'activation/retry_deactivation=0' });

  it('in-use: a volume that a process has open', async () => {
    const file = await open(`/dev/${vg}/volume`);
    onTestFinished(() => file.close());
    const error = await failureOf(patient.lvchange.deactivate(`${vg}/volume`));
    const object = { type: 'lv', name: 'volume', group: vg };
    expect(error).toMatchObject({ reason: 'in-use', object, changed: 'no' });
  });

  it('mounted: a volume whose file system is mounted', async () => {
    await run('mkfs.ext4', ['-q', `/dev/${vg}/volume`]);
    await run('mount', [`/dev/${vg}/volume`, '/mnt']);
    onTestFinished(async () => {
      await run('umount', ['/mnt']);
    });
    const error = await failureOf(patient.lvchange.deactivate(`${vg}/volume`));
    const object = { type: 'lv', name: 'volume', group: vg };
    expect(error).toMatchObject({ reason: 'mounted', object, changed: 'no' });
  });

  it('active: an export of a group with an active volume', async () => {
    const error = await failureOf(lvm.vgexport(vg));
    const object = { type: 'vg', name: vg, group: null };
    expect(error).toMatchObject({ reason: 'active', object, changed: 'no' });
  });

  it('active: a new uuid for a device of a group with an active volume', async () => {
    const error = await failureOf(lvm.pvchange(first.path, { newUuid: true }));
    const object = { type: 'pv', name: first.path, group: null };
    expect(error).toMatchObject({ reason: 'active', object, changed: 'no' });
  });

  it('not-active: a refresh of an inactive volume', async () => {
    await lvm.lvcreate.linear(`${vg}/asleep`, { size: '4MiB', activate: 'n', zero: false });
    const error = await failureOf(lvm.lvchange.refresh(`${vg}/asleep`));
    await lvm.lvremove(`${vg}/asleep`);
    expect(error).toMatchObject({ reason: 'not-active', changed: 'no' });
  });

  it('busy: a device that is mounted', async () => {
    await run('mkfs.ext4', ['-q', blank.path]);
    await run('mount', [blank.path, '/mnt']);
    onTestFinished(async () => {
      await run('umount', ['/mnt']);
      await run('wipefs', ['--all', blank.path]);
    });
    const error = await failureOf(lvm.pvcreate(blank.path, { wipeSignatures: true }));
    const object = { type: 'device', name: blank.path, group: null };
    expect(error).toMatchObject({ reason: 'busy', object, changed: 'no' });
  });

  it('device-node: a name that another device-mapper device has', async () => {
    await dmCreate(`${vg}-taken`, '0 8 zero');
    const error = await failureOf(lvm.lvcreate.linear(`${vg}/taken`, { size: '4MiB', wipeSignatures: true }));
    await dmRemove(`${vg}-taken`);
    expect(error).toMatchObject({ reason: 'device-node', changed: 'no' });
    expect(error.object?.name).toContain('taken');
  });
});

describe('devices', () => {
  const pvcreate = (path: string) => failureOf(lvm.pvcreate(path, { wipeSignatures: true }));

  it('device-excluded: a device that a filter rejects', async () => {
    const filtered = openLvm({ config: `devices/filter=["r|^${blank.path}$|","a|.*|"]` });
    const error = await failureOf(filtered.pvcreate(blank.path, { wipeSignatures: true }));
    const object = { type: 'device', name: blank.path, group: null };
    expect(error).toMatchObject({ reason: 'device-excluded', object, changed: 'no' });
  });

  it('device-too-small: a device of 1 MiB', async () => {
    const small = await loopDisk(1);
    const object = { type: 'device', name: small.path, group: null };
    expect(await pvcreate(small.path)).toMatchObject({ reason: 'device-too-small', object, changed: 'no' });
  });

  it('device-in-group: a device of a group', async () => {
    const error = await failureOf(lvm.vgcreate('other', { devices: [first.path], wipeSignatures: true }));
    const object = { type: 'pv', name: first.path, group: vg };
    expect(error).toMatchObject({ reason: 'device-in-group', object, changed: 'no' });
  });

  it('has-signature: a device that was a physical volume of LVM1', async () => {
    const file = await open(blank.path, 'r+');
    onTestFinished(() => file.close());
    await file.write(Buffer.from('HM\x01\x00', 'latin1'), 0, 4, 0);
    await file.sync();
    const error = await pvcreate(blank.path);
    await file.write(Buffer.alloc(512), 0, 512, 0);
    const object = { type: 'device', name: blank.path, group: null };
    expect(error).toMatchObject({ reason: 'has-signature', object, changed: 'no' });
  });

  it('confirmation-required: a signature on a device, which the error names with the option for it', async () => {
    await run('mkswap', [blank.path]);
    const error = await failureOf(lvm.pvcreate(blank.path));
    await run('wipefs', ['--all', blank.path]);
    expect(error).toMatchObject({
      reason: 'confirmation-required',
      changed: 'no',
      question: { consent: 'wipeSignatures', text: expect.stringContaining('swap') },
      signature: { type: 'swap', device: blank.path },
    });
  });

  it('duplicate-device: a copy of a physical volume', async () => {
    const copy = await loopDisk(32);
    await run('dd', [`if=${second.path}`, `of=${copy.path}`, 'bs=1M', 'count=1', 'conv=fsync']);
    const error = await failureOf(lvm.lvcreate.linear(`${vg}/twice`, { size: '4MiB', wipeSignatures: true }));
    await run('wipefs', ['--all', copy.path]);
    const object = { type: 'vg', name: vg, group: null };
    expect(error).toMatchObject({ reason: 'duplicate-device', object, changed: 'no' });
  });

  it('missing-device: a group of which lvm may see only one device', async () => {
    const blind = openLvm({ devices: [first.path] });
    const error = await failureOf(
      blind.lvcreate.linear(`${vg}/partial`, { size: '4MiB', wipeSignatures: true }),
    );
    const object = { type: 'vg', name: vg, group: null };
    expect(error).toMatchObject({ reason: 'missing-device', object, changed: 'no' });
  });
});

describe('the state of a group', () => {
  it('limit-reached: as many volumes as it may have', async () => {
    await lvm.vgchange.change(vg, { maxLogicalVolumes: 1 });
    const error = await failureOf(lvm.lvcreate.linear(`${vg}/more`, { size: '4MiB' }));
    await lvm.vgchange.change(vg, { maxLogicalVolumes: 0 });
    const object = { type: 'vg', name: vg, group: null };
    expect(error).toMatchObject({ reason: 'limit-reached', object, changed: 'no' });
  });

  it('not-resizeable: a device less for a group that is to keep all it has', async () => {
    await lvm.vgchange.change(vg, { resizeable: false });
    const error = await failureOf(lvm.vgreduce.devices(vg, { devices: [second.path] }));
    await lvm.vgchange.change(vg, { resizeable: true });
    const object = { type: 'vg', name: vg, group: null };
    expect(error).toMatchObject({ reason: 'not-resizeable', object, changed: 'no' });
  });

  it('exported: a volume for an exported group', async () => {
    await lvm.vgchange.deactivate(vg);
    await lvm.vgexport(vg);
    const error = await failureOf(lvm.lvcreate.linear(`${vg}/more`, { size: '4MiB' }));
    await lvm.vgimport(vg);
    const object = { type: 'vg', name: vg, group: null };
    expect(error).toMatchObject({ reason: 'exported', object, changed: 'no' });
  });

  it('foreign: a group of another host', async () => {
    await run('vgcreate', ['--systemid', 'elsewhere', 'foreign', blank.path]);
    later(async () => {
      await run('wipefs', ['--all', blank.path]);
    });
    const error = await failureOf(lvm.lvcreate.linear('foreign/volume', { size: '4MiB' }));
    await run('wipefs', ['--all', blank.path]);
    const object = { type: 'vg', name: 'foreign', group: null };
    expect(error).toMatchObject({ reason: 'foreign', object, changed: 'no' });
  });

  it('metadata-full: tags that do not fit into a small metadata area', async () => {
    await run('vgcreate', ['--metadatasize', '32k', '--dataalignment', '4k', 'brimful', blank.path]);
    const tags = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(1000, 'x'));
    const error = await failureOf(lvm.vgchange.change('brimful', { addTags: tags }));
    await run('vgremove', ['brimful']);
    await run('pvremove', [blank.path]);
    const object = { type: 'vg', name: 'brimful', group: null };
    expect(error).toMatchObject({ reason: 'metadata-full', object, changed: 'no' });
  });

  it('not-in-group: a device of no group as a clone, over which lvm2 2.03.16 may crash', async () => {
    await run('pvcreate', [blank.path]);
    const error = await failureOf(lvm.vgimportclone(blank.path, { baseVgName: 'clone' }));
    await run('pvremove', [blank.path]);
    expect(error).toMatchObject({ reason: 'not-in-group', changed: 'no', exitCode: null });
  });
});
