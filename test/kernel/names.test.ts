import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper, interestingDevice, mangle, parseLvmDevice, unmangle } from '../../lib/index.ts';
import { dmsetup } from './support/dmsetup.ts';
import { later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { lvsRows } from './support/lvs.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('the devices of a volume group whose names have hyphens', () => {
  const vg = 'n-a--mes';

  beforeAll(async () => {
    const disks = [await loopDisk(128), await loopDisk(128), await loopDisk(128)];
    await volumeGroup(vg, disks, { extentSize: '1m' });
    const lvcreate = (...args: readonly string[]) => run('lvcreate', ['--yes', ...args]);
    await lvcreate('--type', 'raid1', '--mirrors', '1', '--size', '4m', '--name', 'o-o', vg);
    await lvcreate('--snapshot', '--size', '4m', '--name', 's--s', `${vg}/o-o`);
    await lvcreate(
      '--type',
      'mirror',
      '--mirrors',
      '1',
      '--mirrorlog',
      'disk',
      '--size',
      '4m',
      '--name',
      'm-m',
      vg,
    );
    await lvcreate('--type', 'thin-pool', '--size', '8m', '--name', 'p-p', vg);
    await lvcreate('--virtualsize', '16m', '--name', 't-t', '--thinpool', `${vg}/p-p`);
    await lvcreate('--size', '8m', '--name', 'c-c', vg);
    await lvcreate('--type', 'cache-pool', '--size', '8m', '--name', 'cp-cp', vg);
    await run('lvconvert', ['--yes', '--type', 'cache', '--cachepool', `${vg}/cp-cp`, `${vg}/c-c`]);
  });

  const parsed = async () =>
    (await dm.devices()).flatMap((device) => {
      const name = parseLvmDevice(device);
      return name?.vg === vg ? [{ device, name }] : [];
    });

  it('carry the ids of vgs and lvs in their uuids', async () => {
    const rows = await lvsRows(vg, ['lv_name', 'vg_uuid', 'lv_uuid']);
    const devices = await parsed();
    expect(devices.length).toBeGreaterThan(20);
    for (const { name } of devices) {
      const row = rows.find(([, , lvId]) => lvId === name.lvId);
      // lvs puts the names of hidden volumes in brackets.
      expect(row?.[0]?.replace(/[[\]]/g, '')).toBe(name.lv);
      expect(row?.[1]).toBe(name.vgId);
    }
  });

  it('are internal if lvs hides them, or shows them in brackets only', async () => {
    const shown = (await lvsRows(vg, ['lv_name'], [])).map(([lv]) => lv);
    const all = (await lvsRows(vg, ['lv_name'])).map(([lv]) => lv);
    const devices = await parsed();
    const visible = devices.filter(({ name }) => !name.internal).map(({ name }) => name.lv);
    // A volume has one device at most that is not internal; all that lvs shows have one.
    expect(visible.sort()).toEqual([...shown].sort());
    for (const { name } of devices.filter(({ name: { internal } }) => internal)) {
      const hidden = all.includes(`[${name.lv}]`);
      const layer = name.layer !== null || name.suffix !== null;
      expect({ name, isHidden: hidden || layer }).toEqual({ name, isHidden: true });
    }
  });

  it('are asked by vg/lv', async () => {
    for (const [lv = ''] of await lvsRows(vg, ['lv_name'], []))
      expect(parseLvmDevice(await dm.info(`${vg}/${lv}`))).toMatchObject({ vg, lv, layer: null });
  });

  it.each([
    ['p-p', '-tpool', 'thin-pool'],
    ['o-o', '-real', 'raid'],
    ['c-c', '', 'cache'],
    ['s--s', '', 'snapshot'],
    ['t-t', '', 'thin'],
    ['m-m', '', 'mirror'],
  ])('of %s the one to look at is the one whose uuid ends in "%s", a %s', async (lv, suffix, target) => {
    const devices = await parsed();
    const volume = devices.find(({ name }) => name.lv === lv && !name.internal);
    const all = devices.filter(({ name }) => name.lvId === volume?.name.lvId).map(({ device }) => device);
    const withTargets = all.map((device) => ({
      ...device,
      targets: device.source === 'ioctl' ? device.targets : [],
    }));
    const best = interestingDevice(withTargets);
    expect(best?.targets).toEqual([target]);
    expect(best?.uuid).toMatch(new RegExp(`^LVM-[0-9A-Za-z#!]{64}${suffix}$`));
  });
});

describe('names that dmsetup mangles', () => {
  it.each(['a b', `'quoted' "twice"`, 'naïve-日本', 'new\nline', 'back\\slash', 'a%b&c'])(
    '%j is listed as stored, and asked by that',
    async (plain) => {
      await run('dmsetup', ['create', plain, '--table', '0 8 zero']);
      const stored = mangle(plain);
      later(async () => {
        await dmsetup('remove', '--retry', stored);
      });
      const listed = (await dm.devices()).map(({ name }) => name);
      expect(listed).toContain(stored);
      expect(unmangle(stored)).toBe(plain);
      expect(await dm.info({ name: stored })).toMatchObject({ name: stored, uuid: null, eventNumber: 0 });
      expect((await dm.status({ name: mangle(plain) })).segments).toMatchObject([
        { status: { type: 'zero' } },
      ]);
      await expect(dm.info({ name: plain })).rejects.toMatchObject({ reason: 'no-device' });
    },
  );

  it('a name that somebody stored without mangling neither fails the list nor hides what follows it', async () => {
    const foreign = 'f b{o}$';
    await dmsetup('create', foreign, '--uuid', 'FOREIGN-1', '--table', '0 8 zero');
    later(async () => {
      await dmsetup('remove', '--retry', foreign);
    });
    await expect(run('dmsetup', ['--manglename', 'auto', 'ls'])).rejects.toThrow();
    const listed = await dm.status();
    expect(listed).toContainEqual(
      expect.objectContaining({ name: foreign, uuid: 'FOREIGN-1', eventNumber: 0 }),
    );
    expect(listed.length).toBe((await dmsetup('ls')).trim().split('\n').length);
    expect(await dm.info({ name: foreign })).toMatchObject({ name: foreign });
    expect(await dm.info({ uuid: 'FOREIGN-1' })).toMatchObject({ name: foreign });
  });
});
