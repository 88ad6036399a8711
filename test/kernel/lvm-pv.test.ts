import { readFile, truncate, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { LvmError, type LvmReason } from '../../lib/lvm/index.ts';
import { type LoopDisk, later, loopDisk, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';

const lvm = openLvm();
const mebibyte = 1024n * 1024n;
const disks: LoopDisk[] = [];
const path = (index: number): string => disks[index]?.path ?? '';

beforeAll(async () => {
  for (let count = 0; count < 4; count++) disks.push(await loopDisk(32));
});

async function row(index: number) {
  const rows = await lvm.pvs({ all: true });
  const found = rows.find(({ name }) => name === path(index));
  if (found === undefined) throw new Error(`pvs does not know ${path(index)}`);
  return found;
}

async function label(index: number): Promise<string> {
  const { stdout } = await run('dd', [`if=${path(index)}`, 'bs=512', 'skip=1', 'count=1', 'status=none']);
  return stdout.slice(0, 8);
}

async function signed(index: number): Promise<void> {
  await run('mkfs.ext4', ['-q', path(index)]);
}

const reasonOf = async (promise: Promise<unknown>): Promise<LvmReason> => (await failureOf(promise)).reason;

describe('pvcreate', () => {
  it('makes a physical volume, and the result is its row', async () => {
    const { devices, changed, command } = await lvm.pvcreate(path(0), {
      dataAlignment: '2MiB',
      dataAlignmentOffset: '64KiB',
      metadataSize: '3MiB',
      pvMetadataCopies: 2,
      labelSector: 1,
      metadataIgnore: false,
      zero: true,
      bootloaderAreaSize: '1MiB',
    });
    expect(changed).toBe(true);
    expect(command.slice(-2)).toEqual(['--', path(0)]);
    expect(devices).toEqual([await row(0)]);
    expect(devices[0]).toMatchObject({ mdaCount: 2, mdaUsedCount: 2, vgName: null, fmt: 'lvm2' });
    expect((devices[0]?.peStart ?? 0n) % (2n * mebibyte)).toBe(64n * 1024n);
    expect(devices[0]?.baSize).toBeGreaterThanOrEqual(mebibyte);
    expect(await label(0)).toBe('LABELONE');
  });

  it('makes it anew with a new uuid, also by another of its names', async () => {
    const { uuid } = await row(0);
    const directory = '/dev/disk/by-devmapper/test';
    const name = `${directory}/disk`;
    await run('mkdir', ['-p', directory]);
    await run('ln', ['-s', path(0), name]);
    const { devices } = await lvm.pvcreate([name]);
    await run('rm', ['-r', directory]);
    // lvm has its own idea of which name is best.
    expect([name, path(0)]).toContain(devices[0]?.name);
    expect(devices[0]).toMatchObject({ major: 7, minor: Number(disks[0]?.device.slice(2)) });
    expect(devices[0]?.uuid).not.toBe(uuid);
  });

  it('does not wipe a signature unless that is allowed, and tells which it is', async () => {
    await signed(1);
    const error = await failureOf(lvm.pvcreate(path(1)));
    expect(error).toMatchObject({
      question: { consent: 'wipeSignatures' },
      changed: 'no',
      signature: { type: 'ext4' },
    });
    expect((await run('blkid', ['-p', '-o', 'value', '-s', 'TYPE', path(1)])).stdout.trim()).toBe('ext4');
    expect(await lvm.pvcreate(path(1), { wipeSignatures: true })).toMatchObject({
      devices: [{ name: path(1) }],
    });
    expect(await label(1)).toBe('LABELONE');
  });

  it('makes it of another size only if that is allowed', async () => {
    const size = 24n * mebibyte;
    const error = await failureOf(lvm.pvcreate(path(1), { size }));
    expect(error).toMatchObject({ reason: 'confirmation-required', question: { consent: 'allowOtherSize' } });
    const { devices } = await lvm.pvcreate(path(1), { size, allowOtherSize: true, wipeSignatures: true });
    expect(devices).toMatchObject([{ size, devSize: 32n * mebibyte }]);
  });

  it('takes a device away from its group only if the group is named', async () => {
    await lvm.vgcreate('pvold', { devices: [path(2), path(3)] });
    const taking = (group: string | null) =>
      lvm.pvcreate(path(2), { allowForeignGroup: group, wipeSignatures: true });
    const without = await failureOf(lvm.pvcreate(path(2)));
    expect(without).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'allowForeignGroup' },
    });
    expect(without.message).toContain('pvold');
    expect(await reasonOf(taking('other'))).toBe('confirmation-required');
    expect(await reasonOf(taking(null))).toBe('confirmation-required');
    expect(await row(2)).toMatchObject({ vgName: 'pvold' });
    const { devices } = await taking('pvold');
    expect(devices).toMatchObject([{ vgName: null }]);
    expect((await lvm.vgs({ select: 'vg_name=pvold' }))[0]?.missingPvCount).toBe(1);
    await lvm.vgremove('pvold', { allowMissing: true });
    expect(await reasonOf(lvm.pvcreate(path(2), { allowForeignGroup: 'pvold' }))).toBe(
      'confirmation-required',
    );
  });

  it('gives back a lost uuid from a backup, so that the group is whole again', async () => {
    await lvm.vgcreate('pvlost', { devices: [path(2), path(3)] });
    const file = '/tmp/pvlost.vg';
    await lvm.vgcfgbackup('pvlost', { file });
    const { uuid } = await row(2);
    if (uuid === null) throw new Error('it has no uuid');
    await run('dd', ['if=/dev/zero', `of=${path(2)}`, 'bs=1M', 'count=1', 'status=none']);
    expect((await lvm.vgs({ select: 'vg_name=pvlost' }))[0]?.missingPvCount).toBe(1);
    const { devices } = await lvm.pvcreate(path(2), { uuid, restoreFile: file });
    expect(devices).toMatchObject([{ uuid }]);
    const { group } = await lvm.vgcfgrestore.restore('pvlost', { file });
    expect(group).toMatchObject({ missingPvCount: 0, pvCount: 2 });
    expect((await readFile(file, 'utf8')).includes(uuid)).toBe(true);
    await lvm.vgremove('pvlost');
  });

  it('takes a uuid without a backup if told to', async () => {
    const uuid = 'abcdef-abcd-abcd-abcd-abcd-abcd-abcdef';
    const { devices } = await lvm.pvcreate(path(2), { uuid, restoreFile: false });
    expect(devices).toMatchObject([{ uuid }]);
  });

  it('tells of a device that is not there, or in use', async () => {
    expect(await failureOf(lvm.pvcreate('/dev/nosuch'))).toMatchObject({
      reason: 'not-found',
      changed: 'no',
    });
    const busy = await loopDisk(16);
    await run('dmsetup', ['create', 'pvbusy', '--table', `0 1000 linear ${busy.device} 0`]);
    later(() => run('dmsetup', ['remove', 'pvbusy']).then(() => undefined));
    expect(await reasonOf(lvm.pvcreate(busy.path))).toBe('busy');
  });

  it('only tests with test', async () => {
    const { uuid } = await row(0);
    expect(await lvm.pvcreate(path(0), { test: true })).toMatchObject({ changed: false });
    expect((await row(0)).uuid).toBe(uuid);
  });
});

describe('pvresize', () => {
  it('fits a physical volume to its device', async () => {
    await lvm.pvcreate(path(1), { size: '16MiB', allowOtherSize: true, wipeSignatures: true });
    const { devices, changed } = await lvm.pvresize(path(1));
    expect(changed).toBe(true);
    expect(devices).toMatchObject([{ size: 32n * mebibyte }]);
    expect(await lvm.pvresize([path(1)])).toMatchObject({ changed: false });
  });

  it('makes it smaller or larger than the device only if that is allowed', async () => {
    const small = 16n * mebibyte;
    const large = 64n * mebibyte;
    expect(await failureOf(lvm.pvresize(path(1), { size: small }))).toMatchObject({
      question: { consent: 'allowShrink' },
    });
    expect(await failureOf(lvm.pvresize(path(1), { size: large, allowShrink: true }))).toMatchObject({
      question: { consent: 'allowBeyondDevice' },
    });
    expect((await row(1)).size).toBe(32n * mebibyte);
    expect((await lvm.pvresize(path(1), { size: small, allowShrink: true })).devices).toMatchObject([
      { size: small },
    ]);
    expect((await lvm.pvresize(path(1), { size: large, allowBeyondDevice: true })).devices).toMatchObject([
      { size: large },
    ]);
    await lvm.pvresize(path(1));
  });

  it('takes on the size of a device that has grown, in a group too', async () => {
    const file = '/tmp/pvgrow';
    await writeFile(file, '');
    await truncate(file, 16 * 1024 * 1024);
    const device = (await run('losetup', ['--find', '--show', file])).stdout.trim();
    later(() => run('losetup', ['--detach', device]).then(() => undefined));
    await lvm.vgcreate('pvgrow', { devices: [device], extentSize: '1MiB' });
    await truncate(file, 40 * 1024 * 1024);
    await run('losetup', ['--set-capacity', device]);
    const { devices } = await lvm.pvresize(device);
    expect(devices).toMatchObject([{ size: 39n * mebibyte, vgName: 'pvgrow' }]);
    await lvm.vgremove('pvgrow');
  });
});

describe('pvchange', () => {
  it('changes what a physical volume is used for, and its tags', async () => {
    await lvm.vgcreate('pvch', { devices: [path(0), path(1)] });
    const { devices } = await lvm.pvchange(path(1), {
      allocatable: false,
      addTags: ['@slow', '-odd'],
      autobackup: false,
    });
    expect(devices).toMatchObject([{ allocatable: false, tags: expect.arrayContaining(['slow', '-odd']) }]);
    expect((await lvm.pvchange(path(1), { deleteTags: ['slow'] })).devices).toMatchObject([
      { tags: ['-odd'] },
    ]);
    expect(await lvm.pvchange(path(1), { allocatable: false })).toMatchObject({ changed: false });
    expect(await lvm.pvchange(path(1), { allocatable: true })).toMatchObject({ changed: true });
  });

  it('gives a new uuid, but not while volumes of the group are active', async () => {
    await lvm.lvcreate.linear('pvch/lv', { size: '4MiB', devices: [path(0)] });
    const { uuid } = await row(1);
    expect(await reasonOf(lvm.pvchange(path(1), { newUuid: true }))).toBe('active');
    await lvm.vgchange.deactivate('pvch');
    const { devices } = await lvm.pvchange(path(1), { newUuid: true });
    expect(devices[0]?.uuid).not.toBe(uuid);
  });

  it('leaves metadata areas unused, and asks where the group is to keep a number of copies', async () => {
    expect((await lvm.pvchange(path(1), { metadataIgnore: true })).devices).toMatchObject([
      { mdaUsedCount: 0 },
    ]);
    expect(await lvm.pvchange(path(1), { metadataIgnore: true })).toMatchObject({ changed: false });
    await lvm.vgchange.change('pvch', { vgMetadataCopies: 1 });
    const denied = await failureOf(lvm.pvchange(path(1), { metadataIgnore: false }));
    expect(denied).toMatchObject({ question: { consent: 'allowOtherCopies' }, changed: 'no' });
    expect((await row(1)).mdaUsedCount).toBe(0);
    const { devices } = await lvm.pvchange(path(1), { metadataIgnore: false, allowOtherCopies: true });
    expect(devices[0]?.mdaUsedCount).toBeGreaterThan(0);
  });

  it('tells of a device that is none', async () => {
    expect(await reasonOf(lvm.pvchange('/dev/nosuch', { allocatable: false }))).toBe('not-found');
  });
});

describe('pvck', () => {
  it('tells where the label and the metadata are', async () => {
    const { checks, changed } = await lvm.pvck.check([path(0), path(1)]);
    expect(changed).toBe(false);
    expect(checks).toMatchObject([
      { device: path(0), sector: 1, type: 'LVM2 001', metadataAreas: [{ offset: 4096 }] },
      { device: path(1) },
    ]);
    expect((await lvm.pvck.check(path(0), { labelSector: 1 })).checks).toHaveLength(1);
  });

  it('fails on a device without a label', async () => {
    const blank = await loopDisk(8);
    await expect(lvm.pvck.check(blank.path)).rejects.toThrow(LvmError);
  });

  it('shows headers and metadata as text', async () => {
    expect((await lvm.pvck.dump(path(0), { dump: 'headers', labelSector: 1 })).text).toContain(
      'pv_header.pv_uuid',
    );
    expect((await lvm.pvck.dump(path(0), { dump: 'metadata' })).text).toMatch(/^pvch \{/m);
    expect((await lvm.pvck.dump(path(0), { dump: 'metadata_all' })).text).not.toBe('');
    expect((await lvm.pvck.dump(path(0), { dump: 'metadata_search' })).text).not.toBe('');
  });
});

describe('pvremove', () => {
  it('wipes the label', async () => {
    const { devices, changed } = await lvm.pvremove([path(2), path(3)]);
    expect([devices, changed]).toEqual([[], true]);
    expect(await label(2)).not.toBe('LABELONE');
    expect(await reasonOf(lvm.pvremove(path(2)))).toBe('not-found');
  });

  it('takes a device away from its group only if the group is named', async () => {
    const denied = await failureOf(lvm.pvremove(path(1)));
    expect(denied).toMatchObject({ question: { consent: 'allowForeignGroup' }, changed: 'no' });
    expect(await reasonOf(lvm.pvremove(path(1), { allowForeignGroup: 'other' }))).toBe(
      'confirmation-required',
    );
    await lvm.pvremove(path(1), { allowForeignGroup: 'pvch' });
    expect(await label(1)).not.toBe('LABELONE');
    await lvm.vgreduce.removeMissing('pvch');
    await lvm.vgremove('pvch', { allowDestroy: ['pvch/lv'] });
  });
});
