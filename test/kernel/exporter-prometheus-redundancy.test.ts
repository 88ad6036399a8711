import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { expressionsOf, readDashboard, substitute } from '../deploy/dashboard.ts';
import { readDirect, type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup, replaceTable } from './support/dmsetup.ts';
import { dmCreate, dmRemove, loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';
import { fired, freePort, type Prometheus, startExporter, startPrometheus } from './support/prometheus.ts';

const vg = 'promraid';
let prometheus: Prometheus;
let dying: TestDisk;

beforeAll(async () => {
  dying = await testDisk('promraid-disk', 32);
  await volumeGroup(vg, [await loopDisk(32), dying, await loopDisk(32)], { extentSize: '1m' });
  const port = await freePort();
  await startExporter(port, { flags: ['--collector.lvm', '--collector.lvm.max-age', '2000'] });
  prometheus = await startPrometheus([port]);
});
afterAll(() => console.info(`fired: ${[...fired].sort().join(', ')}`));

// For the time of a test: whatever reads it afterwards, such as lvm, would wait for ever.
async function suspend({ name }: TestDisk): Promise<void> {
  await dmsetup('suspend', name);
  onTestFinished(async () => {
    await dmsetup('resume', name);
  });
}

const words = async (device: string): Promise<string> => (await dmsetup('status', device)).trim();

// What a panel of the dashboard shows, by the device.
async function shownBy(title: string, disk: string): Promise<readonly string[]> {
  const query = expressionsOf(readDashboard()).find((each) => each.title === title);
  if (query === undefined) throw new Error(`no panel "${title}"`);
  const series = await prometheus.query(substitute(query.expr, { instance: '.+', disk }));
  return series.map(({ device = '' }) => device).sort();
}

describe('a raid1 of LVM', () => {
  const device = `${vg}-lv`;
  beforeAll(async () => {
    await run('lvcreate', ['--yes', '--type', 'raid1', '--mirrors', '1', '--size', '8m', '--name', 'lv', vg]);
    await run('lvcreate', ['--yes', '--size', '4m', '--name', 'plain', vg, dying.path]);
    await until(
      () => words(device),
      (line) => line.includes(' AA ') && line.includes(' idle '),
    );
  });

  it('survives the loss of a disk by the dashboard, as what has no second leg does not', async () => {
    const minor = (
      await dmsetup('info', '--columns', '--noheadings', '--options', 'minor', dying.name)
    ).trim();
    const disk = `dm-${minor}`;
    await prometheus.shows(`dm_device_backing_info{device="${vg}-plain"}`);
    await until(
      () => shownBy('Survives without redundancy', disk),
      (shown) => shown.includes(device),
    );
    expect(await shownBy('Survives without redundancy', disk)).toEqual([device]);
    expect(await shownBy('Loses data', disk)).toEqual([`${vg}-plain`]);
    expect(await shownBy('Legs that are not in sync', disk)).toEqual([]);
  });

  it('whose disk dies is told to be degraded, and so are its group and what fails every I/O', async () => {
    await dying.fail();
    await write(`/dev/mapper/${device}`, 0, 65_536);
    const degraded = await prometheus.fires('DmRaidDegraded', { device });
    expect(degraded.labels).toMatchObject({ vg, lv: 'lv', severity: 'critical' });
    expect(degraded.annotations.summary).toMatch(/^1 failed leg\(s\) of the array promraid-lv on /);
    await prometheus.fires('DmErrorTarget', { device: dying.name });
    await prometheus.fires('LvmVgMissingPv', { vg_name: vg });
    expect(await shownBy('Legs that are not in sync', '')).toEqual([device]);
  });

  it('whose disk is back is told no more once it has recovered', async () => {
    await dying.heal();
    await run('lvchange', ['--refresh', `${vg}/lv`]);
    await prometheus.clears('DmRaidDegraded', { device });
    await prometheus.clears('DmErrorTarget', { device: dying.name });
    await prometheus.clears('LvmVgMissingPv', { vg_name: vg });
  });

  it('whose legs differ is told after a check, until they have been made the same', async () => {
    await until(
      () => words(device),
      (line) => line.includes(' AA ') && line.includes(' idle '),
    );
    const { stdout } = await run('lvs', ['--all', '--noheadings', '--options', 'lv_name', vg]);
    expect(stdout).toContain('lv_rimage_1');
    // Behind the array's back; direct, so that nobody's cache has it otherwise.
    await run('dd', [
      ...['if=/dev/urandom', `of=/dev/mapper/${device}_rimage_1`, 'bs=64k', 'count=1', 'seek=32'],
      ...['oflag=direct', 'status=none'],
    ]);
    await run('lvchange', ['--syncaction', 'check', `${vg}/lv`]);
    await prometheus.fires('DmRaidMismatches', { device });
    await until(
      () => words(device),
      (line) => line.includes(' idle '),
    );
    await run('lvchange', ['--syncaction', 'repair', `${vg}/lv`]);
    await prometheus.clears('DmRaidMismatches', { device });
  });
});

describe('an array of the kernel', () => {
  let first: TestDisk;
  let second: TestDisk;
  beforeAll(async () => {
    first = await testDisk('promarray-first', 8);
    second = await testDisk('promarray-second', 8);
  });

  const make = () => {
    const legs = `- ${first.device} - ${second.device}`;
    return dmCreate('promarray', `0 16384 raid raid1 3 0 region_size 1024 2 ${legs}`);
  };

  it('whose check stands still is told, and no more when it goes on', async () => {
    await make();
    await suspend(second);
    await dmsetup('message', 'promarray', '0', 'check');
    const stalled = await prometheus.fires('DmRaidSyncStalled', { device: 'promarray' });
    expect(stalled.labels.state).toBe('check');
    await prometheus.fires('DmDeviceSuspended', { device: second.name });
    await dmsetup('resume', second.name);
    await prometheus.clears('DmRaidSyncStalled', { device: 'promarray' });
    await prometheus.clears('DmDeviceSuspended', { device: second.name });
    await until(
      () => words('promarray'),
      (line) => line.includes(' idle '),
    );
    await dmRemove('promarray');
  });

  // With this message the kernel says that nothing is in sync, whatever is.
  it('that is frozen, so that nobody knows whether it is in sync, is told, and no more when it goes on', async () => {
    await make();
    await dmsetup('message', 'promarray', '0', 'frozen');
    const frozen = await prometheus.fires('DmRaidNotRedundantWhileIdle', { device: 'promarray' });
    expect(frozen.labels.state).toBe('frozen');
    await dmsetup('message', 'promarray', '0', 'idle');
    await prometheus.clears('DmRaidNotRedundantWhileIdle', { device: 'promarray' });
    await dmRemove('promarray');
  });
});

describe('a mirror of the kernel', () => {
  let first: TestDisk;
  let second: TestDisk;
  let log: TestDisk;
  beforeAll(async () => {
    first = await testDisk('prommirror-first', 8);
    second = await testDisk('prommirror-second', 8);
    log = await testDisk('prommirror-log', 8);
  });
  const table = () =>
    `0 16384 mirror disk 2 ${log.device} 1024 2 ${first.device} 0 ${second.device} 0 1 handle_errors`;
  const device = 'prommirror';
  // dm-mirror holds back a write that failed until somebody loads another table or suspends it without flushing.
  const writeMeanwhile = () => write(`/dev/mapper/${device}`, 0, 4096).catch(() => undefined);
  const letGo = async (disk: TestDisk): Promise<void> => {
    await disk.heal();
    await dmsetup('suspend', '--noflush', device);
    await dmsetup('resume', device);
  };

  it('whose sync stands still is told, and no more when it goes on', async () => {
    await suspend(second);
    await dmCreate(device, table());
    await prometheus.fires('DmMirrorSyncStalled', { device });
    await dmsetup('resume', second.name);
    await prometheus.clears('DmMirrorSyncStalled', { device });
  });

  it('whose leg dies is told with the leg and its disk, until it is in sync again', async () => {
    await second.fail();
    const writer = writeMeanwhile();
    const failed = await prometheus.fires('DmMirrorLegFailed', { device });
    expect(failed.labels).toMatchObject({ leg: '1', state: 'write_failed', severity: 'critical' });
    await letGo(second);
    await writer;
    await prometheus.clears('DmMirrorLegFailed', { device });
  });

  it('whose log dies is told, until it has another table', async () => {
    await log.fail();
    const writer = writeMeanwhile();
    await prometheus.fires('DmMirrorLogFailed', { device });
    await log.heal();
    await replaceTable(device, table());
    await writer;
    await prometheus.clears('DmMirrorLogFailed', { device });
    await dmRemove(device);
  });
});

describe('stripes and paths', () => {
  let first: TestDisk;
  let second: TestDisk;
  beforeAll(async () => {
    first = await testDisk('promleg-first', 4);
    second = await testDisk('promleg-second', 4);
  });

  it('a stripe that fails is told, until it has another table', async () => {
    const table = `0 16384 striped 2 128 ${first.device} 0 ${second.device} 0`;
    await dmCreate('promstripes', table);
    await second.fail();
    await expect(readDirect('/dev/mapper/promstripes', 16)).rejects.toThrow();
    const failed = await prometheus.fires('DmStripedLegFailed', { device: 'promstripes' });
    expect(failed.labels).toMatchObject({ leg: '1', state: 'error' });
    await second.heal();
    await replaceTable('promstripes', table);
    await prometheus.clears('DmStripedLegFailed', { device: 'promstripes' });
    await dmRemove('promstripes');
  });

  it('a path that fails is told, then the last one, until they are back', async () => {
    const paths = `round-robin 0 2 1 ${first.device} 1 ${second.device} 1`;
    const device = 'prompaths';
    await dmCreate(device, `0 8192 multipath 2 queue_mode bio 0 1 1 ${paths}`);
    await dmsetup('message', device, '0', `fail_path ${first.device}`);
    await prometheus.fires('DmMultipathPathsDegraded', { device });
    await prometheus.clears('DmMultipathNoPaths', { device });
    await dmsetup('message', device, '0', `fail_path ${second.device}`);
    await prometheus.fires('DmMultipathNoPaths', { device });
    for (const { device: path } of [first, second])
      await dmsetup('message', device, '0', `reinstate_path ${path}`);
    await prometheus.clears('DmMultipathNoPaths', { device });
    await prometheus.clears('DmMultipathPathsDegraded', { device });
    await dmRemove(device);
  });
});
