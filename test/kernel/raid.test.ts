import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { sameAsDmsetup, sameAsLvs, statusOf } from './support/compare.ts';
import { write } from './support/disks.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const vg = 'raids';
beforeAll(async () => {
  const disks = [];
  for (let disk = 0; disk < 5; disk++) disks.push(await loopDisk(160));
  await volumeGroup(vg, disks, { extentSize: '1m' });
});

const status = (lv: string) => statusOf(dm, `${vg}/${lv}`, 'raid');

describe.each([
  { type: 'raid0', shape: ['--stripes', '2'], kernelType: 'raid0', legs: 2 },
  { type: 'raid1', shape: ['--mirrors', '2'], kernelType: 'raid1', legs: 3 },
  { type: 'raid4', shape: ['--stripes', '2'], kernelType: 'raid4', legs: 3 },
  { type: 'raid5', shape: ['--stripes', '2'], kernelType: 'raid5_ls', legs: 3 },
  { type: 'raid6', shape: ['--stripes', '3'], kernelType: 'raid6_zr', legs: 5 },
  { type: 'raid10', shape: ['--stripes', '2', '--mirrors', '1'], kernelType: 'raid10', legs: 4 },
])('an LVM volume of type $type', ({ type, shape, kernelType, legs }) => {
  it('gives the answers of dmsetup and the percentage and sync action of lvs, all legs in sync', async () => {
    await run('lvcreate', ['--yes', '--type', type, ...shape, '--size', '6m', '--name', type, vg]);
    const done = await until(
      () => status(type),
      ({ inSync, progress }) => inSync === true && progress === null,
    );
    expect(done).toMatchObject({ raidType: kernelType, degraded: false, letters: 'A'.repeat(legs) });
    const { table } = await sameAsDmsetup(dm, `${vg}-${type}`);
    expect(table).toMatchObject([{ type: 'raid', devices: { length: legs } }]);
    await sameAsDmsetup(dm, `${vg}-${type}_rimage_0`);
    await sameAsLvs(`${vg}/${type}`, ['copy_percent', 'raid_sync_action'], async () => {
      const { sync, syncAction } = await status(type);
      return [sync?.percent ?? '', syncAction ?? ''];
    });
    if (type === 'raid0') expect((await status(type)).sync).toBeNull();
    await run('lvremove', ['--yes', `${vg}/${type}`]);
  });
});

describe.each([
  { type: 'raid1', shape: ['--mirrors', '1'] },
  { type: 'raid5', shape: ['--stripes', '2'] },
])('a $type that synchronises', ({ type, shape }) => {
  const lv = `slow-${type}`;

  it('shows the percentage and the action of lvs', async () => {
    await run('lvcreate', [
      ...['--yes', '--type', type, ...shape, '--size', '96m', '--maxrecoveryrate', '128k'],
      ...['--name', lv, vg],
    ]);
    await until(
      () => status(lv),
      ({ synced }) => Number(synced) > 0,
    );
    const [percent, action] = await sameAsLvs(
      `${vg}/${lv}`,
      ['copy_percent', 'raid_sync_action'],
      async () => {
        const { sync, syncAction } = await status(lv);
        return [sync?.percent ?? '', syncAction ?? ''];
      },
    );
    expect(Number(percent)).toBeGreaterThan(0);
    expect(Number(percent)).toBeLessThan(100);
    expect(action).toBe('resync');
  });

  it('is not in sync, whatever its letters, and not degraded', async () => {
    const now = await status(lv);
    expect(now).toMatchObject({ inSync: false, degraded: false, progress: { action: 'resync' } });
    expect(now.progress?.ratio).toBeCloseTo(Number(now.synced) / Number(now.total), 12);
    await run('lvremove', ['--yes', `${vg}/${lv}`]);
  });
});

describe.each([
  { type: 'raid1', shape: ['--mirrors', '1'] },
  { type: 'raid5', shape: ['--stripes', '2'] },
  { type: 'raid10', shape: ['--stripes', '2', '--mirrors', '1'] },
])('a new $type', ({ type, shape }) => {
  const lv = `new-${type}`;

  it('is called in sync when its first synchronisation is done, and at no moment before', async () => {
    let isMade = false;
    const made = run('lvcreate', [
      ...['--yes', '--type', type, ...shape, '--size', '48m', '--maxrecoveryrate', '16m'],
      ...['--name', lv, vg],
    ]);
    made.then(
      () => {
        isMade = true;
      },
      () => undefined,
    );
    const seen: Awaited<ReturnType<typeof status>>[] = [];
    await until(
      async () => {
        const { segments } = await dm.status(`${vg}/${lv}`).catch(() => ({ segments: [] }));
        const now = segments[0]?.status;
        if (now?.type === 'raid') seen.push(now);
        return now;
      },
      (now) => isMade && now?.type === 'raid' && now.inSync === true && now.progress === null,
    );
    await made;
    const first = seen.findIndex(({ inSync }) => inSync);
    expect(first).toBeGreaterThan(0);
    expect(seen[first]).toMatchObject({ synced: seen[first]?.total, syncAction: 'idle' });
    expect(seen.slice(first).map(({ inSync }) => inSync)).not.toContain(false);
    expect(seen.slice(0, first).some(({ progress }) => progress?.action === 'resync')).toBe(true);
    await run('lvremove', ['--yes', `${vg}/${lv}`]);
  });
});

describe('a raid1 whose legs differ', () => {
  it('shows the mismatch and the health of lvs after a check, and neither after a repair', async () => {
    await run('lvcreate', [
      '--yes',
      '--type',
      'raid1',
      '--mirrors',
      '1',
      '--size',
      '8m',
      '--name',
      'scrub',
      vg,
    ]);
    await until(
      () => status('scrub'),
      ({ inSync, progress }) => inSync === true && progress === null,
    );
    await write(`/dev/mapper/${vg}-scrub_rimage_1`, 0, 65_536);
    await run('lvchange', ['--syncaction', 'check', `${vg}/scrub`]);
    const found = await until(
      () => status('scrub'),
      (now) => now.progress === null && now.mismatchSectors !== 0,
    );
    expect(found).toMatchObject({ mismatchSectors: 128, inSync: true, degraded: false, syncAction: 'idle' });
    await sameAsLvs(`${vg}/scrub`, ['raid_mismatch_count', 'lv_health_status', 'copy_percent'], async () => {
      const { mismatchSectors, sync } = await status('scrub');
      return [String(mismatchSectors), 'mismatches exist', sync?.percent ?? ''];
    });
    await run('lvchange', ['--syncaction', 'repair', `${vg}/scrub`]);
    await until(
      () => status('scrub'),
      (now) => now.progress === null && now.mismatchSectors === 0,
    );
    await sameAsLvs(`${vg}/scrub`, ['raid_mismatch_count', 'lv_health_status'], async () => {
      const { mismatchSectors } = await status('scrub');
      return [String(mismatchSectors), ''];
    });
  });
});

describe('a raid1 that is frozen', () => {
  it('does not pretend to know whether it is in sync: the kernel says the same of one that never was', async () => {
    await run('lvcreate', [
      '--yes',
      '--type',
      'raid1',
      '--mirrors',
      '1',
      '--size',
      '4m',
      '--name',
      'frozen',
      vg,
    ]);
    await until(
      () => status('frozen'),
      ({ inSync, progress }) => inSync === true && progress === null,
    );
    await run('dmsetup', ['suspend', `${vg}-frozen`]);
    try {
      const { status: lines } = await sameAsDmsetup(dm, `${vg}-frozen`);
      expect(lines).toMatchObject([{ syncAction: 'frozen', inSync: null, degraded: false, progress: null }]);
    } finally {
      await run('dmsetup', ['resume', `${vg}-frozen`]);
    }
    expect(await status('frozen')).toMatchObject({ syncAction: 'idle', inSync: true });
  });
});
