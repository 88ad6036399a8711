import { copyFile, mkdir, open, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { LvmError, type LvmReason } from '../../lib/lvm/index.ts';
import { dmsetup } from './support/dmsetup.ts';
import { type LoopDisk, loopDisk, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';

const lvm = openLvm();
const mebibyte = 1024n * 1024n;
const disks: LoopDisk[] = [];
const path = (index: number): string => disks[index]?.path ?? '';

beforeAll(async () => {
  for (let count = 0; count < 5; count++) disks.push(await loopDisk(32));
});

const reasonOf = async (promise: Promise<unknown>): Promise<LvmReason> => (await failureOf(promise)).reason;
const groupOf = async (name: string) => (await lvm.vgs({ select: `vg_name=${name}` }))[0];
const deviceNames = async () => (await dmsetup('ls')).split('\n').map((line) => line.split('\t')[0] ?? '');
const linear = (volume: string, index: number) =>
  lvm.lvcreate.linear(volume, { size: '4MiB', devices: [path(index)], wipeSignatures: true });

describe('vgcreate', () => {
  it('makes a group of devices, and the result is its row', async () => {
    const { group, changed } = await lvm.vgcreate('one', {
      devices: [path(0), path(1)],
      extentSize: '1MiB',
      maxLogicalVolumes: 9,
      maxPhysicalVolumes: 5,
      alloc: 'cling',
      vgMetadataCopies: 'all',
      tags: ['first', '-odd'],
      autoactivation: false,
      autobackup: true,
      metadataSize: '2MiB',
      dataAlignment: '1MiB',
      pvMetadataCopies: 1,
      zero: true,
    });
    expect(changed).toBe(true);
    expect(group).toEqual(await groupOf('one'));
    expect(group).toMatchObject({
      extentSize: mebibyte,
      pvCount: 2,
      maxLv: 9,
      maxPv: 5,
      allocationPolicy: 'cling',
      autoactivation: false,
      tags: expect.arrayContaining(['first', '-odd']),
    });
  });

  it('refuses a name or a device that is taken, and changes nothing', async () => {
    expect(await failureOf(lvm.vgcreate('one', { devices: [path(2)] }))).toMatchObject({
      reason: 'exists',
      changed: 'no',
    });
    expect(await failureOf(lvm.vgcreate('two', { devices: [path(2), path(0)] }))).toMatchObject({
      reason: 'device-in-group',
      changed: 'no',
    });
  });

  it('asks before it wipes a signature', async () => {
    await run('mkfs.ext4', ['-q', path(2)]);
    const denied = await failureOf(lvm.vgcreate('two', { devices: [path(2)] }));
    expect(denied).toMatchObject({ question: { consent: 'wipeSignatures' }, changed: 'no' });
    await lvm.vgcreate('two', { devices: [path(2)], wipeSignatures: true });
    await lvm.vgremove('two');
  });

  it('asks lvmlockd for a shared group, which is not there', async () => {
    expect(await reasonOf(lvm.vgcreate('two', { devices: [path(2)], lockType: 'dlm' }))).toBe(
      'lockd-required',
    );
  });
});

describe('vgextend', () => {
  it('adds devices', async () => {
    await run('mkfs.ext4', ['-q', path(2)]);
    const denied = await failureOf(lvm.vgextend('one', { devices: [path(2)] }));
    expect(denied).toMatchObject({ question: { consent: 'wipeSignatures' }, changed: 'no' });
    const { group } = await lvm.vgextend('one', {
      devices: [path(2)],
      wipeSignatures: true,
      autobackup: false,
    });
    expect(group?.pvCount).toBe(3);
  });

  it('makes no physical volume of a device for a group that is not there, as lvm would', async () => {
    const error = await failureOf(lvm.vgextend('typo', { devices: [path(3)] }));
    expect(error).toMatchObject({ reason: 'not-found', changed: 'no' });
    const known = await lvm.pvs();
    expect(known.map(({ name }) => name)).not.toContain(path(3));
  });

  it('nor for a group that takes none', async () => {
    const adding = () => lvm.vgextend('one', { devices: [path(3)] });
    await lvm.vgchange.change('one', { resizeable: false });
    expect(await reasonOf(adding())).toBe('not-resizeable');
    await lvm.vgchange.change('one', { resizeable: true });
    await lvm.vgchange.change('one', { maxPhysicalVolumes: 3 });
    expect(await reasonOf(adding())).toBe('limit-reached');
    await lvm.vgchange.change('one', { maxPhysicalVolumes: 0 });
    await lvm.vgexport('one');
    expect(await reasonOf(adding())).toBe('exported');
    await lvm.vgimport('one');
    expect((await lvm.pvs()).map(({ name }) => name)).not.toContain(path(3));
  });

  it('asks before it changes how many copies of the metadata the group is to keep', async () => {
    await lvm.vgchange.change('one', { vgMetadataCopies: 2 });
    const denied = await failureOf(
      lvm.vgextend('one', { devices: [path(3)], metadataIgnore: true, wipeSignatures: true }),
    );
    expect(denied).toMatchObject({ question: { consent: 'allowOtherCopies' }, changed: 'no' });
    const { group } = await lvm.vgextend('one', {
      devices: [path(3)],
      metadataIgnore: true,
      allowOtherCopies: true,
      wipeSignatures: true,
    });
    expect(group).toMatchObject({ pvCount: 4, mdaCount: 4 });
  });
});

describe('vgreduce', () => {
  it('takes unused devices out, all of them or none', async () => {
    await linear('one/lv', 0);
    expect(await failureOf(lvm.vgreduce.devices('one', { devices: [path(3), path(0)] }))).toMatchObject({
      reason: 'in-use',
      changed: 'no',
    });
    expect(await reasonOf(lvm.vgreduce.devices('one', { devices: [path(3), path(4)] }))).toBe('not-found');
    expect((await groupOf('one'))?.pvCount).toBe(4);
    await lvm.vgchange.change('one', { vgMetadataCopies: 'all' });
    const { group } = await lvm.vgreduce.devices('one', { devices: [path(3)], autobackup: true });
    expect(group?.pvCount).toBe(3);
  });

  it('takes all unused devices out but the last', async () => {
    const { group } = await lvm.vgreduce.unused('one', { autobackup: true });
    expect(group?.pvCount).toBe(1);
    await lvm.vgcreate('two', { devices: [path(1), path(2)] });
    expect(await reasonOf(lvm.vgreduce.devices('two', { devices: [path(1), path(2)] }))).toBe('wrong-state');
    expect(await reasonOf(lvm.vgreduce.devices('two', { devices: [path(0)] }))).toBe('not-in-group');
    expect((await lvm.vgreduce.unused('two')).group?.pvCount).toBe(1);
    expect(await lvm.vgreduce.unused('two')).toMatchObject({ changed: false });
    expect(await lvm.vgreduce.removeMissing('two', { autobackup: true })).toMatchObject({
      changed: false,
      destroyed: [],
    });
  });
});

describe('vgchange', () => {
  it('deactivates and activates volumes, but for those to be skipped', async () => {
    expect(await deviceNames()).toContain('one-lv');
    await lvm.vgchange.deactivate('one');
    expect(await deviceNames()).not.toContain('one-lv');
    expect(await lvm.vgchange.deactivate(['one', 'two'])).toMatchObject({ changed: false });
    await run('lvchange', ['--setactivationskip', 'y', 'one/lv']);
    await lvm.vgchange.activate('one', { activationMode: 'complete', monitor: false, poll: false });
    expect(await deviceNames()).not.toContain('one-lv');
    await lvm.vgchange.activate('one', { ignoreActivationSkip: true });
    expect(await deviceNames()).toContain('one-lv');
    await run('lvchange', ['--setactivationskip', 'n', 'one/lv']);
  });

  it('says so if a volume is left inactive although lvm says nothing', async () => {
    await lvm.vgchange.deactivate('one');
    const other = openLvm({ config: 'activation/volume_list=["two"]' });
    expect(await failureOf(other.vgchange.activate('one'))).toMatchObject({ reason: 'not-done' });
    await lvm.vgchange.autoactivate('one');
    expect(await deviceNames()).not.toContain('one-lv');
    await lvm.vgchange.change('one', { autoactivation: true });
    await lvm.vgchange.autoactivate('one');
    expect(await deviceNames()).toContain('one-lv');
  });

  it('reports a volume in use', async () => {
    await run('mkfs.ext4', ['-q', '/dev/mapper/one-lv']);
    await run('mount', ['/dev/mapper/one-lv', '/mnt']);
    expect(['in-use', 'mounted']).toContain(await reasonOf(lvm.vgchange.deactivate('one')));
    expect(await failureOf(lvm.vgremove('one', { allowDestroy: ['one/lv'] }))).toMatchObject({
      reason: 'in-use',
      changed: 'no',
    });
    await run('umount', ['/mnt']);
  });

  it('refreshes, polls and monitors', async () => {
    expect(await lvm.vgchange.refresh('one', { poll: false })).toMatchObject({ changed: false });
    expect(await lvm.vgchange.poll('one', { poll: true })).toMatchObject({ changed: false });
    expect(await lvm.vgchange.monitor('one', { monitor: false })).toMatchObject({ changed: false });
  });

  it('changes attributes, and has nothing to do where they are so already', async () => {
    const { groups } = await lvm.vgchange.change('one', {
      addTags: ['second'],
      deleteTags: ['first', '-odd'],
      alloc: 'normal',
      maxLogicalVolumes: 0,
      maxPhysicalVolumes: 8,
      vgMetadataCopies: 'unmanaged',
      autobackup: true,
    });
    expect(groups).toMatchObject([{ tags: ['second'], allocationPolicy: 'normal', maxLv: 0, maxPv: 8 }]);
    expect(await lvm.vgchange.change('one', { resizeable: true })).toMatchObject({ changed: false });
    expect(await lvm.vgchange.change('one', { autoactivation: true })).toMatchObject({ changed: false });
    expect((await lvm.vgchange.change('one', { extentSize: '512KiB' })).groups[0]?.extentSize).toBe(
      mebibyte / 2n,
    );
    expect((await lvm.vgchange.change('one', { vgMetadataCopies: 0 })).groups[0]?.mdaCopies).toBe(
      'unmanaged',
    );
  });

  it('attaches a profile and takes it away', async () => {
    const profile = 'thin-performance';
    const { LVM_SYSTEM_DIR: directory } = process.env;
    if (directory !== undefined) {
      await mkdir(`${directory}/profile`, { recursive: true });
      await copyFile(`/etc/lvm/profile/${profile}.profile`, `${directory}/profile/${profile}.profile`);
    }
    const { groups } = await lvm.vgchange.change('one', { metadataProfile: profile });
    expect(groups[0]?.profile).toBe(profile);
    expect((await lvm.vgchange.change('one', { detachProfile: true })).groups[0]?.profile).toBe(null);
  });

  it('gives a new uuid to a group that is not active', async () => {
    const uuid = (await groupOf('one'))?.uuid;
    expect(await reasonOf(lvm.vgchange.change('one', { newUuid: true }))).toBe('active');
    await lvm.vgchange.deactivate('one');
    expect((await lvm.vgchange.change('one', { newUuid: true })).groups[0]?.uuid).not.toBe(uuid);
  });

  it('gives a group to another host only if that is allowed', async () => {
    const denied = await failureOf(lvm.vgchange.systemId('two', { systemId: 'elsewhere' }));
    expect(denied).toMatchObject({ question: { consent: 'allowForeign' }, changed: 'no' });
    const { group } = await lvm.vgchange.systemId('two', { systemId: 'elsewhere', allowForeign: true });
    expect(group).toBe(null);
    expect(await groupOf('two')).toBe(undefined);
    // Hints that were written where the group is unknown would hide it there.
    const there = openLvm({
      config: 'global/system_id_source="lvmlocal" local/system_id="elsewhere" devices/hints="none"',
    });
    await there.vgchange.systemId('two', { systemId: '', allowForeign: true });
    expect((await groupOf('two'))?.systemid ?? '').toBe('');
  });

  it('says so if lvm does nothing about locks, for want of lvmlockd', async () => {
    expect(await reasonOf(lvm.vgchange.lockType('one', { lockType: 'sanlock' }))).toBe('not-done');
    expect(await reasonOf(lvm.vgchange.lockStart('one'))).toBe('not-done');
    expect(await reasonOf(lvm.vgchange.lockStop('one'))).toBe('not-done');
  });
});

describe('vgrename', () => {
  it('renames a group with active volumes, by name and by uuid', async () => {
    await lvm.vgchange.activate('one');
    const { group } = await lvm.vgrename('one', { to: 'first', autobackup: true });
    expect(group?.name).toBe('first');
    expect(await deviceNames()).toContain('first-lv');
    const uuid = group?.uuid ?? '';
    expect((await lvm.vgrename(uuid, { to: 'one' })).group?.name).toBe('one');
    expect(await deviceNames()).toContain('one-lv');
  });

  it('refuses a name that is taken, or too long for the devices', async () => {
    expect(await reasonOf(lvm.vgrename('one', { to: 'two' }))).toBe('exists');
    expect(await reasonOf(lvm.vgrename('typo', { to: 'three' }))).toBe('not-found');
    expect(await reasonOf(lvm.vgrename('one', { to: `v${'-'.repeat(70)}` }))).toBe('name-invalid');
  });
});

describe('vgmerge and vgsplit', () => {
  it('merges another group, whose volumes must be inactive', async () => {
    await lvm.vgchange.change('two', { extentSize: '512KiB' });
    await linear('two/lv', 2).catch(() => linear('two/lv', 1));
    expect(await reasonOf(lvm.vgmerge('one', { from: 'two' }))).toBe('active');
    await lvm.vgchange.deactivate('two');
    expect(await reasonOf(lvm.vgmerge('one', { from: 'two' }))).toBe('exists');
    await run('lvrename', ['two', 'lv', 'other']);
    const { group, changed } = await lvm.vgmerge('one', {
      from: 'two',
      poolMetadataSpare: true,
      autobackup: true,
    });
    expect(changed).toBe(true);
    expect(group).toMatchObject({ pvCount: 2, lvCount: 2 });
    expect(await groupOf('two')).toBe(undefined);
    expect(await reasonOf(lvm.vgmerge('one', { from: 'two' }))).toBe('not-found');
    await lvm.vgchange.activate('one');
  });

  it('splits off a volume with its devices, or devices with their volumes', async () => {
    expect(await reasonOf(lvm.vgsplit.volume('one/other', { to: 'part' }))).toBe('active');
    await lvm.vgchange.deactivate('one');
    const { group, to } = await lvm.vgsplit.volume('one/other', {
      to: 'part',
      alloc: 'contiguous',
      maxLogicalVolumes: 3,
      maxPhysicalVolumes: 4,
      vgMetadataCopies: 1,
      poolMetadataSpare: false,
      autobackup: true,
    });
    expect([group?.pvCount, to?.pvCount, to?.lvCount]).toEqual([1, 1, 1]);
    expect(to).toMatchObject({ allocationPolicy: 'contiguous', maxLv: 3, maxPv: 4, mdaCopies: 1 });
    const [pv] = await lvm.pvs({ select: 'vg_name=part' });
    if (typeof pv?.name !== 'string') throw new Error('it has no device');
    const moved = await lvm.vgsplit.devices('part', { to: 'again', devices: [pv.name] });
    expect(moved).toMatchObject({ group: null, to: { name: 'again', lvCount: 1 } });
    await lvm.vgmerge('one', { from: 'again' });
    const back = await lvm.vgsplit.devices('one', { to: 'two', devices: [pv.name] });
    expect(back).toMatchObject({ group: { name: 'one', pvCount: 1 }, to: { name: 'two', pvCount: 1 } });
  });
});

describe('vgexport and vgimport', () => {
  it('make groups unknown and known, and are satisfied if they are', async () => {
    await lvm.vgchange.activate('one');
    expect(await reasonOf(lvm.vgexport('one'))).toBe('active');
    expect((await lvm.vgexport(['two'])).groups).toMatchObject([{ exported: true }]);
    expect(await lvm.vgexport('two')).toMatchObject({ changed: false });
    expect(await reasonOf(lvm.vgchange.activate('two'))).toBe('exported');
    expect((await lvm.vgimport('two')).groups).toMatchObject([{ exported: false }]);
    expect(await lvm.vgimport('two')).toMatchObject({ changed: false });
  });
});

describe('vgimportclone', () => {
  it('makes a group of its own of a copy', async () => {
    const [pv] = await lvm.pvs({ select: 'vg_name=two' });
    if (typeof pv?.name !== 'string') throw new Error('it has no device');
    await run('dd', [`if=${pv.name}`, `of=${path(4)}`, 'bs=1M', 'status=none']);
    const { group, changed } = await lvm.vgimportclone(path(4), {
      baseVgName: 'copy',
      import: true,
      importDevices: true,
    });
    expect(changed).toBe(true);
    expect(group).toMatchObject({ name: 'copy', pvCount: 1, lvCount: 1 });
    expect(group?.uuid).not.toBe((await groupOf('two'))?.uuid);
    await lvm.vgremove('copy', { allowDestroy: ['copy/other'] });
  });
});

describe('vgck, vgscan and vgmknodes', () => {
  it('check and write metadata', async () => {
    const seqno = (await groupOf('one'))?.seqno ?? 0;
    expect(await lvm.vgck.check(['one', 'two'])).toMatchObject({ changed: false });
    expect((await lvm.vgck.updateMetadata('one')).group?.seqno).toBeGreaterThan(seqno);
    expect(await reasonOf(lvm.vgck.check('typo'))).toBe('not-found');
  });

  it('tell what groups there are', async () => {
    await lvm.vgexport('two');
    const { groups } = await lvm.vgscan({ mknodes: true });
    expect(groups).toEqual(
      expect.arrayContaining([
        { name: 'one', exported: false, format: 'lvm2' },
        { name: 'two', exported: true, format: 'lvm2' },
      ]),
    );
    await lvm.vgimport('two');
  });

  it('put device nodes right', async () => {
    await run('rm', ['-f', '/dev/mapper/one-lv', '/dev/one/lv']);
    await lvm.vgmknodes({ names: ['one/lv'], refresh: true });
    await run('test', ['-b', '/dev/one/lv']);
    await run('test', ['-b', '/dev/mapper/one-lv']);
    await lvm.vgmknodes({ names: ['one'] });
    await lvm.vgmknodes();
  });
});

describe('vgcfgbackup and vgcfgrestore', () => {
  it('write files, one for each group', async () => {
    const { files } = await lvm.vgcfgbackup(['one', 'two'], { file: '/tmp/lvm-%s.vg' });
    expect(files).toEqual(['/tmp/lvm-one.vg', '/tmp/lvm-two.vg']);
    expect(await readFile('/tmp/lvm-two.vg', 'utf8')).toMatch(/^two \{/m);
    expect((await lvm.vgcfgbackup('one')).files).toEqual([]);
  });

  it('list them', async () => {
    const { backups } = await lvm.vgcfgrestore.listFile('/tmp/lvm-one.vg');
    expect(backups).toMatchObject([{ file: '/tmp/lvm-one.vg', vgName: 'one' }]);
    const all = (await lvm.vgcfgrestore.list('one')).backups;
    expect(all.every(({ vgName }) => vgName === 'one')).toBe(true);
    expect(all.some(({ file }) => file.endsWith('/backup/one'))).toBe(true);
    expect(all.some(({ description }) => description?.includes('vgcfgbackup') === true)).toBe(true);
  });

  it('restore, while volumes are active only if that is allowed', async () => {
    const file = '/tmp/lvm-one.vg';
    await lvm.vgchange.change('one', { addTags: ['later'] });
    const denied = await failureOf(lvm.vgcfgrestore.restore('one', { file }));
    expect(denied).toMatchObject({ question: { consent: 'allowActive' }, changed: 'no' });
    const { group } = await lvm.vgcfgrestore.restore('one', { file, allowActive: true });
    expect(group?.tags).toEqual(['second']);
    expect(await reasonOf(lvm.vgcfgrestore.restore('two', { file: '/tmp/nosuch' }))).toBe('restore-failed');
    await lvm.vgcfgrestore.restore('two');
  });

  it('restore a group with a thin pool only if that is allowed', async () => {
    await run('lvcreate', ['--type', 'thin-pool', '-L', '4m', '-n', 'pool', 'two']);
    await lvm.vgcfgbackup('two', { file: '/tmp/lvm-thin.vg' });
    await lvm.vgchange.deactivate('two');
    await lvm.vgchange.change('two', { addTags: ['later'] });
    await expect(lvm.vgcfgrestore.restore('two', { file: '/tmp/lvm-thin.vg' })).rejects.toThrow(LvmError);
    await lvm.vgcfgrestore.restore('two', { file: '/tmp/lvm-thin.vg', allowThin: true });
    expect((await groupOf('two'))?.tags).not.toContain('later');
  });
});

describe('vgremove', () => {
  it('removes a group only with just the volumes that it has', async () => {
    const denied = await failureOf(lvm.vgremove('two'));
    expect(denied).toMatchObject({ question: { consent: 'allowDestroy' }, changed: 'no' });
    for (const name of ['two/other', 'two/pool']) expect(denied.message).toContain(name);
    expect(await reasonOf(lvm.vgremove('two', { allowDestroy: ['two/other'] }))).toBe(
      'confirmation-required',
    );
    expect(await reasonOf(lvm.vgremove('two', { allowDestroy: ['two/other', 'two/pool', 'two/x'] }))).toBe(
      'confirmation-required',
    );
    const { destroyed, devices } = await lvm.vgremove('two', { allowDestroy: ['two/pool', 'two/other'] });
    expect([...destroyed].sort()).toEqual(['two/other', 'two/pool']);
    expect(devices).toHaveLength(1);
    expect(await groupOf('two')).toBe(undefined);
    await lvm.vgremove('one', { allowDestroy: ['one/lv'] });
    expect(await deviceNames()).not.toContain('one-lv');
  });

  it('names the snapshot that waits for its merge, though it is hidden', async () => {
    await lvm.vgcreate('waiting', { devices: [(await loopDisk(64)).path] });
    await run('lvcreate', ['--extents', '4', '--name', 'o', '--yes', 'waiting']);
    await run('lvcreate', ['--snapshot', '--extents', '2', '--name', 's', 'waiting/o']);
    const user = await open('/dev/waiting/o', 'r');
    await run('lvconvert', ['--merge', 'waiting/s']);
    await user.close();
    const denied = await failureOf(lvm.vgremove('waiting', { allowDestroy: ['waiting/o'] }));
    expect(denied).toMatchObject({ reason: 'confirmation-required', question: { consent: 'allowDestroy' } });
    expect(denied.message).toContain('waiting/s');
    const { destroyed } = await lvm.vgremove('waiting', { allowDestroy: ['waiting/o', 'waiting/s'] });
    expect([...destroyed].sort()).toEqual(['waiting/o', 'waiting/s']);
    expect(await groupOf('waiting')).toBe(undefined);
  });

  it('says that there is no such group', async () => {
    const error = await failureOf(lvm.vgremove('typo'));
    expect(error.reason).toBe('not-found');
  });
});
