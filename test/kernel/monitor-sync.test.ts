import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove, loopDisk, run, volumeGroup } from './support/lab.ts';
import { type Watch, watch } from './support/watch.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const often = { interval: 100 };

// The ratios of a device's progress since the monitor started, in order.
function ratiosOf({ told }: Watch, name: string): readonly number[] {
  return told.flatMap((change) =>
    change.kind === 'progressed' && change.device.name === name ? [change.ratio] : [],
  );
}

describe('a mirror', () => {
  const sectors = 16_384;
  let first: TestDisk;
  let second: TestDisk;
  const table = (log: string): string =>
    `0 ${sectors} mirror core ${log} 2 ${first.device} 0 ${second.device} 0 1 handle_errors`;

  beforeAll(async () => {
    first = await testDisk('ms-first', 8);
    second = await testDisk('ms-second', 8);
  });

  it('that is made progresses step by step and is in sync once', async () => {
    await second.slow(20);
    onTestFinished(second.heal);
    const watching = await watch(dm, often);
    await dmCreate('ms-new', table('1 1024'));
    await watching.seen('in-sync', 'ms-new');
    expect(watching.kindsOf('ms-new')).toEqual(['device-added', 'progressed', 'in-sync']);
    const ratios = ratiosOf(watching, 'ms-new');
    expect(ratios.length).toBeGreaterThan(2);
    expect(ratios).toEqual([...ratios].sort((one, other) => one - other));
    expect(watching.monitor.current.get('ms-new')).toMatchObject({ live: false });
    await dmRemove('ms-new');
  });

  it('is told to be in sync by its event, without a tick', async () => {
    await second.slow(20);
    onTestFinished(second.heal);
    const watching = await watch(dm, { interval: 3_600_000 });
    await dmCreate('ms-event', table('1 1024'));
    const { after } = await watching.seen('in-sync', 'ms-event');
    expect(after).toMatchObject({ sync: { ratio: 1 } });
    await dmRemove('ms-event');
  });

  it('whose leg dies under a write loses the leg, is degraded and out of sync, and all of it comes back', async () => {
    await dmCreate('ms-leg', table('2 1024 nosync'));
    const watching = await watch(dm, often);
    await second.fail();
    const writer = write('/dev/mapper/ms-leg', 0, 4096).catch(() => undefined);
    const { leg } = await watching.seen('leg-failed', 'ms-leg');
    expect(leg).toBe(1);
    await watching.seen('degraded', 'ms-leg');
    // dm-mirror holds back a write that failed until it is suspended without flushing.
    await second.heal();
    await dmsetup('suspend', '--noflush', 'ms-leg');
    await dmsetup('resume', 'ms-leg');
    await writer;
    await watching.seen('redundant', 'ms-leg');
    const kinds = watching.kindsOf('ms-leg');
    for (const kind of ['leg-failed', 'degraded', 'leg-recovered', 'redundant'] as const)
      expect(kinds.filter((one) => one === kind)).toHaveLength(1);
    expect(kinds.indexOf('leg-recovered')).toBeGreaterThan(kinds.indexOf('degraded'));
    expect(kinds.filter((kind) => kind === 'out-of-sync').length).toBe(
      kinds.filter((kind) => kind === 'in-sync').length,
    );
    await dmRemove('ms-leg');
  });
});

describe('a raid1 of LVM', () => {
  const vg = 'msvg';
  const device = `${vg}-lv`;
  let dying: TestDisk;

  beforeAll(async () => {
    dying = await testDisk('ms-dying', 48);
    await volumeGroup(vg, [await loopDisk(48), dying, await loopDisk(48)], { extentSize: '1m' });
  });

  it('that is made is in sync once, without having been called so before', async () => {
    const watching = await watch(dm, often);
    await run('lvcreate', [
      ...['--yes', '--type', 'raid1', '--mirrors', '1', '--size', '12m', '--maxrecoveryrate', '2m'],
      ...['--name', 'lv', vg],
    ]);
    await watching.seen('in-sync', device);
    const kinds = watching.kindsOf(device);
    expect(kinds.filter((kind) => kind === 'in-sync')).toHaveLength(1);
    expect(kinds).not.toContain('out-of-sync');
    expect(kinds.at(-1)).toBe('in-sync');
    expect(kinds).toContain('progressed');
    expect(watching.monitor.current.get(device)).toMatchObject({ live: false });
    await run('lvchange', ['--maxrecoveryrate', '100m', `${vg}/lv`]);
  });

  it('that gets a snapshot and loses it stays in sync', async () => {
    const watching = await watch(dm, often);
    await run('lvcreate', ['--yes', '--snapshot', '--size', '2m', '--name', 'snap', `${vg}/lv`]);
    await watching.seen('device-added', `${vg}-snap`);
    await run('lvremove', ['--yes', `${vg}/snap`]);
    await watching.seen('device-removed', `${vg}-snap`);
    await watching.monitor.refresh();
    const syncs = watching.told.filter(({ kind }) => kind === 'in-sync' || kind === 'out-of-sync');
    expect(syncs).toEqual([]);
  });

  it('that is extended stays in sync while the kernel repairs what was added, and is seen to be resumed', async () => {
    const watching = await watch(dm, often);
    await run('lvextend', ['--size', '+4m', `${vg}/lv`]);
    await watching.seen('device-resized', device);
    await watching.monitor.until((current) => {
      const { info, live } = current.get(device) ?? {};
      return info?.suspended === false && live === false;
    });
    const kinds = watching.kindsOf(device);
    expect(kinds).not.toContain('out-of-sync');
    expect(kinds).not.toContain('in-sync');
    expect(watching.monitor.current.get(device)?.segments).toMatchObject([
      { status: { inSync: true, progress: null, syncAction: 'idle' } },
    ]);
  });

  it('whose legs differ shows mismatches after a check', async () => {
    const watching = await watch(dm, often);
    await write(`/dev/mapper/${vg}-lv_rimage_1`, 0, 65_536);
    await run('lvchange', ['--syncaction', 'check', `${vg}/lv`]);
    const { after } = await watching.seen('mismatches-found', device);
    expect(after).toMatchObject({ mismatchSectors: 128, inSync: true });
    const kinds = watching.kindsOf(device);
    expect(kinds.filter((kind) => kind === 'mismatches-found')).toHaveLength(1);
    expect(kinds).not.toContain('out-of-sync');
    expect(kinds).not.toContain('degraded');
    await run('lvchange', ['--syncaction', 'repair', `${vg}/lv`]);
    await watching.monitor.until((current) => {
      const status = current.get(device)?.segments[0]?.status;
      return status?.type === 'raid' && status.progress === null && status.mismatchSectors === 0;
    });
  });

  it('whose leg dies under a write loses it, is degraded, and is redundant and in sync again once rebuilt', async () => {
    const watching = await watch(dm, often);
    await dying.fail();
    await write(`/dev/mapper/${device}`, 0, 65_536);
    const { leg } = await watching.seen('leg-failed', device);
    expect(leg).toBe(1);
    await watching.seen('degraded', device);
    await watching.seen('out-of-sync', device);
    await dying.heal();
    watching.forget();
    await run('lvchange', ['--refresh', `${vg}/lv`]);
    await watching.seen('in-sync', device);
    await watching.seen('redundant', device);
    const kinds = watching.kindsOf(device).filter((kind) => kind !== 'progressed');
    for (const kind of ['leg-recovered', 'redundant', 'in-sync'] as const)
      expect(kinds.filter((one) => one === kind)).toHaveLength(1);
    expect(kinds).not.toContain('leg-failed');
    expect(kinds).not.toContain('out-of-sync');
    expect(kinds.at(-1)).toBe('in-sync');
  });
});
