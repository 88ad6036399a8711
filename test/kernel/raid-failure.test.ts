import { afterAll, describe, expect, it } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup, statusOf } from './support/compare.ts';
import { testDisk, write } from './support/disks.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { lvs } from './support/lvs.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const vg = 'raidfail';

describe('a raid1 whose leg dies', () => {
  const status = () => statusOf(dm, `${vg}/lv`, 'raid');
  const events = async () => (await dm.info(`${vg}/lv`)).eventNumber;
  const disks: Awaited<ReturnType<typeof testDisk>>[] = [];

  it('is degraded and not in sync, although the kernel says 100 %, and an event told of it', async () => {
    const dying = await testDisk('raidfail-disk', 32);
    disks.push(dying);
    await volumeGroup(vg, [await loopDisk(32), dying, await loopDisk(32)], { extentSize: '1m' });
    await run('lvcreate', ['--yes', '--type', 'raid1', '--mirrors', '1', '--size', '8m', '--name', 'lv', vg]);
    await until(status, ({ inSync, progress }) => inSync === true && progress === null);
    const before = await events();

    await dying.fail();
    await write(`/dev/mapper/${vg}-lv`, 0, 65_536);
    await until(status, ({ letters, syncAction }) => letters === 'AD' && syncAction === 'idle');
    await until(events, (now) => now !== before);
    const { status: lines } = await sameAsDmsetup(dm, `${vg}-lv`);
    const [now] = lines;
    expect(now).toMatchObject({ degraded: true, inSync: false, progress: null, legs: ['in-sync', 'failed'] });
    expect(now).toMatchObject({ synced: 16_384, total: 16_384 });
    if (now !== undefined)
      expect(summarize(now)).toEqual({ health: 'warning', text: 'degraded, leg 1 failed' });
  });

  it('says what lvs says of its health', async () => {
    const [health] = await lvs(`${vg}/lv`, ['lv_health_status']);
    expect((await status()).degraded).toBe(true);
    // The disk's metadata cannot be read, which goes before what the kernel says of the leg.
    expect(health).toBe('partial');
    await disks[0]?.heal();
    // `refresh needed`; later versions of lvm2 may say `repair needed` as well.
    expect((await lvs(`${vg}/lv`, ['lv_health_status']))[0]).toMatch(/ needed$/);
  });

  it('is in sync again when it has recovered after the disk is back, and not a moment before', async () => {
    const seen: Awaited<ReturnType<typeof status>>[] = [];
    let isDone = false;
    const refreshed = run('lvchange', ['--refresh', `${vg}/lv`]).finally(() => {
      isDone = true;
    });
    await until(
      async () => {
        seen.push(await status());
        return seen.at(-1);
      },
      (now) => isDone && now?.inSync === true && now.progress === null,
    );
    await refreshed;
    expect(seen.at(-1)).toMatchObject({ letters: 'AA', degraded: false });
    const first = seen.findIndex(({ inSync }) => inSync);
    expect(seen.slice(first).filter(({ inSync }) => !inSync)).toEqual([]);
    expect(await lvs(`${vg}/lv`, ['lv_health_status', 'copy_percent'])).toEqual(['', '100.00']);
  });
});

describe('a raid5 that loses one leg, then another', () => {
  it('is degraded, then failed', async () => {
    const dying = [await testDisk('raid5fail-a', 24), await testDisk('raid5fail-b', 24)];
    await volumeGroup('raid5fail', [await loopDisk(24), ...dying], { extentSize: '1m' });
    const args = ['--yes', '--type', 'raid5', '--stripes', '2', '--size', '8m', '--name', 'lv', 'raid5fail'];
    await run('lvcreate', args);
    const status = () => statusOf(dm, 'raid5fail/lv', 'raid');
    await until(status, ({ inSync, progress }) => inSync === true && progress === null);
    await dying[0]?.fail();
    await write('/dev/mapper/raid5fail-lv', 0, 1024 * 1024);
    const one = await until(status, ({ degraded }) => degraded);
    expect(summarize(one)).toMatchObject({ health: 'warning' });
    await dying[1]?.fail();
    await write('/dev/mapper/raid5fail-lv', 0, 4 * 1024 * 1024).catch(() => undefined);
    const two = await until(status, ({ legs }) => legs.filter((leg) => leg === 'failed').length === 2);
    expect(two).toMatchObject({ degraded: true, inSync: false });
    expect(summarize(two)).toMatchObject({ health: 'failed' });
    await sameAsDmsetup(dm, 'raid5fail-lv');
    for (const disk of dying) await disk.heal();
  });
});
