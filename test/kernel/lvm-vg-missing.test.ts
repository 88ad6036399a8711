import { beforeEach, describe, expect, it } from 'vitest';
import type { LvmReason } from '../../lib/lvm/index.ts';
import { dmsetup } from './support/dmsetup.ts';
import { type LoopDisk, loopDisk, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';

const lvm = openLvm();
const vg = 'broken';
let disks: readonly LoopDisk[] = [];
const path = (index: number): string => disks[index]?.path ?? '';
const create = (...args: readonly string[]) => run('lvcreate', ['--yes', '-L', '4m', ...args]);

const reasonOf = async (promise: Promise<unknown>): Promise<LvmReason> => (await failureOf(promise)).reason;

// The label and metadata go, as if it were another disk.
async function lose(index: number): Promise<void> {
  await lvm.vgchange.deactivate(vg);
  await run('dd', ['if=/dev/zero', `of=${path(index)}`, 'bs=1M', 'count=1', 'status=none']);
  expect((await lvm.vgs({ select: `vg_name=${vg}` }))[0]?.missingPvCount).toBe(1);
}

const volumes = async () =>
  (await lvm.lvs({ select: `vg_name=${vg}` })).map(({ fullName }) => fullName).sort();

beforeEach(async () => {
  if (disks.length === 0) disks = [await loopDisk(48), await loopDisk(48), await loopDisk(48)];
  const found = await lvm.vgs({ select: `vg_name=${vg}` });
  if (found.length > 0) await run('vgremove', ['--force', '--force', '--yes', vg]);
  await lvm.vgcreate(vg, {
    devices: disks.map((disk) => disk.path),
    extentSize: '1MiB',
    wipeSignatures: true,
  });
});

describe('vgreduce.removeMissing', () => {
  it('takes an unused device that is gone out of the group', async () => {
    await create('-n', 'kept', vg, path(0));
    await lose(1);
    expect(await lvm.vgreduce.removeMissing(vg)).toMatchObject({
      group: { pvCount: 2, missingPvCount: 0 },
      destroyed: [],
      droppedLegs: [],
      errorLegs: [],
      changed: true,
    });
    expect(await volumes()).toEqual([`${vg}/kept`]);
  });

  it('destroys just the volumes that are named, which have to be all', async () => {
    await create('-n', 'kept', vg, path(0));
    await create('-n', 'lost', vg, path(1));
    await create('--type', 'raid1', '-m1', '-n', 'raid', vg, path(0), path(1));
    await create('--type', 'mirror', '-m1', '--mirrorlog', 'core', '-n', 'mirror', vg, path(1), path(2));
    await lose(1);
    const denied = await failureOf(lvm.vgreduce.removeMissing(vg));
    expect(denied).toMatchObject({ question: { consent: 'allowDestroy' }, changed: 'no' });
    expect(denied.message).toContain(`[${vg}/lost]`);
    for (const names of [[`${vg}/kept`], [`${vg}/lost`, `${vg}/kept`]])
      expect(await reasonOf(lvm.vgreduce.removeMissing(vg, { allowDestroy: names }))).toBe(
        'confirmation-required',
      );
    expect(await volumes()).toHaveLength(4);

    const done = await lvm.vgreduce.removeMissing(vg, { allowDestroy: [`${vg}/lost`] });
    expect(done).toMatchObject({ destroyed: [`${vg}/lost`], group: { missingPvCount: 0, pvCount: 2 } });
    expect([...done.errorLegs].sort()).toEqual([`${vg}/raid_rimage_1`, `${vg}/raid_rmeta_1`]);
    expect(done.droppedLegs).toContain(`${vg}/mirror_mimage_0`);
    expect(await volumes()).toEqual([`${vg}/kept`, `${vg}/mirror`, `${vg}/raid`]);
    // Nothing but the segment shows that the raid1 is degraded.
    await lvm.vgchange.activate(vg);
    expect(await dmsetup('table', `${vg}-raid_rimage_1`)).toMatch(/ error\b/);
    expect(await dmsetup('table', `${vg}-mirror`)).toMatch(/ linear /);
  });

  it('with mirrorsOnly keeps all volumes, and says so if the group is not rid of the device', async () => {
    await create('-n', 'lost', vg, path(1));
    await create('--type', 'raid1', '-m1', '-n', 'raid', vg, path(0), path(1));
    await lose(1);
    const error = await failureOf(lvm.vgreduce.removeMissing(vg, { mirrorsOnly: true, autobackup: true }));
    expect(error).toMatchObject({ reason: 'not-done', changed: 'yes' });
    expect(error.message).toContain(`${vg}/lost`);
    expect(await volumes()).toEqual([`${vg}/lost`, `${vg}/raid`]);
  });

  it('with mirrorsOnly rids a group of the device in which nothing else was on it', async () => {
    await create('--type', 'raid1', '-m1', '-n', 'raid', vg, path(0), path(1));
    await lose(1);
    expect(
      await reasonOf(lvm.vgreduce.removeMissing(vg, { mirrorsOnly: true, allowDestroy: [`${vg}/raid`] })),
    ).toBe('confirmation-required');
    const { group, errorLegs } = await lvm.vgreduce.removeMissing(vg, { mirrorsOnly: true });
    expect(group?.missingPvCount).toBe(0);
    expect(errorLegs).toHaveLength(2);
  });

  it('counts the origin of a snapshot that was on the device among what would be destroyed, as lvm does', async () => {
    await create('-n', 'origin', vg, path(0));
    await create('-s', '-n', 'snap', `${vg}/origin`, path(1));
    await lose(1);
    const denied = await failureOf(lvm.vgreduce.removeMissing(vg));
    expect(denied.message).toContain(`[${vg}/origin, ${vg}/snap]`);
    const names = [`${vg}/snap`, `${vg}/origin`];
    const { destroyed } = await lvm.vgreduce.removeMissing(vg, { allowDestroy: names });
    expect([...destroyed].sort()).toEqual([...names].sort());
  });

  it('does not start what lvm would never end: a RAID volume whose snapshot was on the device', async () => {
    await create('--type', 'raid1', '-m1', '-n', 'raid', vg, path(0), path(2));
    await create('-s', '-n', 'snap', `${vg}/raid`, path(1));
    await lose(1);
    expect(await reasonOf(lvm.vgreduce.removeMissing(vg, { mirrorsOnly: true }))).toBe('unsupported');
    await run('lvremove', ['--yes', `${vg}/snap`]);
    expect((await lvm.vgreduce.removeMissing(vg, { mirrorsOnly: true })).group?.missingPvCount).toBe(0);
    expect(await volumes()).toEqual([`${vg}/raid`]);
  });
});

describe('a group of which a device is missing', () => {
  it('is told of by vgck, and cannot be renamed or exported', async () => {
    await lose(1);
    for (const doing of [lvm.vgck.check(vg), lvm.vgrename(vg, { to: 'other' }), lvm.vgexport(vg)])
      expect(await reasonOf(doing)).toBe('missing-device');
  });

  it('is removed only if that is allowed', async () => {
    await lose(1);
    expect(await failureOf(lvm.vgremove(vg))).toMatchObject({ question: { consent: 'allowMissing' } });
    expect((await lvm.vgremove(vg, { allowMissing: true })).devices).toHaveLength(2);
  });

  it('is imported only if that is allowed', async () => {
    await lvm.vgexport(vg);
    await run('dd', ['if=/dev/zero', `of=${path(1)}`, 'bs=1M', 'count=1', 'status=none']);
    expect(await reasonOf(lvm.vgimport(vg))).toBe('missing-device');
    expect(await lvm.vgimport(vg, { allowMissing: true })).toMatchObject({ groups: [{ exported: false }] });
  });

  it('takes a device back that has come again, and is satisfied if it has it', async () => {
    await create('-n', 'lv', vg, path(1));
    await lvm.vgchange.deactivate(vg);
    const image = '/tmp/devmapper-returning';
    await run('dd', [`if=${path(1)}`, `of=${image}`, 'bs=1M', 'count=1', 'status=none']);
    await lose(1);
    // A change without it makes its return one to be confirmed.
    await lvm.vgchange.change(vg, { addTags: ['meanwhile'] });
    await run('dd', [`if=${image}`, `of=${path(1)}`, 'bs=1M', 'conv=notrunc', 'status=none']);
    const { group } = await lvm.vgextend(vg, { devices: [path(1)], restoreMissing: true });
    expect(group?.missingPvCount).toBe(0);
    expect(await lvm.vgextend(vg, { devices: [path(1)], restoreMissing: true })).toMatchObject({
      changed: false,
    });
  });
});
