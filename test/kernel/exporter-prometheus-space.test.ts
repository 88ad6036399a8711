import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDisk, write } from './support/disks.ts';
import { dmsetup, replaceTable } from './support/dmsetup.ts';
import { dmCreate, dmRemove, loopDisk, run, volumeGroup } from './support/lab.ts';
import { fired, freePort, type Prometheus, startExporter, startPrometheus } from './support/prometheus.ts';

const mebibyte = 1024 * 1024;
const vg = 'promspace';
let prometheus: Prometheus;

beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(96)], { extentSize: '1m' });
  const port = await freePort();
  await startExporter(port, { flags: ['--collector.lvm', '--collector.lvm.max-age', '2000'] });
  prometheus = await startPrometheus([port]);
});
afterAll(() => console.info(`fired: ${[...fired].sort().join(', ')}`));

const lvcreate = (...args: readonly string[]) => run('lvcreate', ['--yes', ...args]);

describe('a snapshot that fills', () => {
  const device = `${vg}-snap`;
  // 20 MiB with chunks of 4 KiB: what is written to the origin goes to it in full.
  beforeAll(async () => {
    await lvcreate('--size', '40m', '--name', 'origin', vg);
    await lvcreate('--snapshot', '--size', '20m', '--name', 'snap', `${vg}/origin`);
  });
  const overwrite = (from: number, to: number) =>
    write(`/dev/mapper/${vg}-origin`, from * mebibyte, (to - from) * mebibyte);

  it('is not told as long as it is less than half full', async () => {
    await overwrite(0, 8);
    await prometheus.shows(`dm_snapshot_used_bytes{device="${device}"} > ${8 * mebibyte}`);
    expect((await prometheus.firing()).map(({ labels }) => labels.alertname)).not.toContain(
      'DmSnapshotFilling',
    );
  });

  it('is told to be full soon, then to be filling, then more urgently', async () => {
    await overwrite(8, 13);
    await prometheus.fires('DmSnapshotFillsSoon', { device });
    await prometheus.clears('DmSnapshotFilling', { device });
    await overwrite(13, 17);
    const warning = await prometheus.fires('DmSnapshotFilling', { device, severity: 'warning' });
    expect(warning.annotations.summary).toMatch(/^the snapshot promspace-snap on \S+ is 8\d\.\d+% full$/);
    await prometheus.clears('DmSnapshotFilling', { device, severity: 'critical' });
    await overwrite(17, 19);
    await overwrite(19, 19.5);
    await prometheus.fires('DmSnapshotFilling', { device, severity: 'critical' });
  });

  it('is told to be lost when it is, and no more when it is removed', async () => {
    await overwrite(19, 30);
    const lost = await prometheus.fires('DmSnapshotInvalid', { device });
    expect(lost.labels).toMatchObject({ vg, lv: 'snap', state: 'invalid', severity: 'critical' });
    await prometheus.clears('DmSnapshotFilling', { device });
    await run('lvremove', ['--yes', `${vg}/snap`]);
    await prometheus.clears('DmSnapshotInvalid', { device });
    await run('lvremove', ['--yes', `${vg}/origin`]);
  });
});

describe('a thin pool that fills', () => {
  const device = `${vg}-pool-tpool`;
  beforeAll(async () => {
    await lvcreate('--type', 'thin-pool', '--size', '20m', '--name', 'pool', vg);
    await run('lvchange', ['--errorwhenfull', 'y', `${vg}/pool`]);
    await lvcreate('--virtualsize', '200m', '--name', 'thin', '--thinpool', `${vg}/pool`);
  });
  const fill = (from: number, to: number) =>
    write(`/dev/mapper/${vg}-thin`, from * mebibyte, (to - from) * mebibyte);

  it('is told to be overcommitted', async () => {
    const alert = await prometheus.fires('DmThinPoolOvercommitted', { vg });
    expect(alert.labels.severity).toBe('info');
  });

  it('is told to be full soon, and at each level', async () => {
    await prometheus.shows(`dm_thin_pool_data_used_bytes{device="${device}"} == 0`);
    await fill(0, 11);
    await prometheus.fires('DmThinPoolDataFillsSoon', { device, severity: 'warning' });
    await prometheus.fires('DmThinPoolDataFillsSoon', { device, severity: 'critical' });
    await prometheus.clears('DmThinPoolDataFilling', { device });
    await fill(11, 16);
    await prometheus.fires('DmThinPoolDataFilling', { device, severity: 'info' });
    await prometheus.clears('DmThinPoolDataFilling', { device, severity: 'warning' });
    await fill(16, 18);
    await prometheus.fires('DmThinPoolDataFilling', { device, severity: 'warning' });
    await prometheus.clears('DmThinPoolDataFilling', { device, severity: 'critical' });
    await fill(18, 19);
    await prometheus.fires('DmThinPoolDataFilling', { device, severity: 'critical' });
  });

  it('is told that it cannot be extended once its group has no extent left', async () => {
    await prometheus.clears('DmThinPoolAutoextendCannotWork', { device });
    await lvcreate('--extents', '100%FREE', '--name', 'rest', vg);
    const alert = await prometheus.fires('DmThinPoolAutoextendCannotWork', { device });
    expect(alert.annotations.summary).toMatch(
      /^the thin pool promspace-pool-tpool on \S+ cannot be extended$/,
    );
    await run('lvremove', ['--yes', `${vg}/rest`]);
    await prometheus.clears('DmThinPoolAutoextendCannotWork', { device });
  });

  it('is told when it is out of space, and no more after it has been extended', async () => {
    await fill(19, 21).catch(() => undefined);
    const full = await prometheus.fires('DmThinPoolNotWritable', { device });
    expect(full.labels.state).toBe('out_of_data_space');
    await run('lvextend', ['--size', '60m', `${vg}/pool`]);
    await prometheus.clears('DmThinPoolNotWritable', { device });
    await prometheus.clears('DmThinPoolDataFilling', { device });
    await run('lvremove', ['--yes', `${vg}/pool`]);
    await prometheus.clears('DmThinPoolOvercommitted', { vg });
  });
});

describe('a volume group without free space', () => {
  it('is told, and no more when there is some', async () => {
    await prometheus.clears('LvmVgFreeLow', { vg });
    await lvcreate('--extents', '100%FREE', '--name', 'all', vg);
    await prometheus.fires('LvmVgFreeLow', { vg });
    await run('lvremove', ['--yes', `${vg}/all`]);
    await prometheus.clears('LvmVgFreeLow', { vg });
  });
});

describe('a thin pool whose metadata fills', () => {
  const device = 'promspace-raw';
  it('is told at each level, and that its metadata is too small for its data', async () => {
    const metadata = await testDisk('promspace-meta', 1);
    const data = await testDisk('promspace-data', 1);
    await write(metadata.path, 0, 4096, 0);
    await dmCreate(device, `0 2048 thin-pool ${metadata.device} ${data.device} 128 0 1 skip_block_zeroing`);
    await dmsetup('message', device, '0', 'create_thin 0');
    await dmCreate('promspace-raw-thin', `0 2048 thin /dev/mapper/${device} 0`);
    await write('/dev/mapper/promspace-raw-thin', 0, 4 * 65_536);
    // Each volume takes a block of 4 KiB, of 256.
    let volume = 0;
    const fillTo = async (ratio: number): Promise<void> => {
      for (;;) {
        const [, used = 0, size = 1] =
          / (\d+)\/(\d+) /.exec(await dmsetup('status', device))?.map(Number) ?? [];
        if (used / size >= ratio) return;
        for (let count = Math.ceil(ratio * size) - used; count > 0; count -= 1)
          await dmsetup('message', device, '0', `create_thin ${++volume}`);
      }
    };
    await fillTo(0.6);
    await prometheus.fires('DmThinPoolMetadataFilling', { device, severity: 'info' });
    await prometheus.fires('DmThinPoolMetadataUndersized', { device });
    await prometheus.clears('DmThinPoolMetadataFilling', { device, severity: 'warning' });
    await fillTo(0.8);
    await prometheus.fires('DmThinPoolMetadataFilling', { device, severity: 'warning' });
    await prometheus.clears('DmThinPoolMetadataFilling', { device, severity: 'critical' });
    await fillTo(0.9);
    await prometheus.fires('DmThinPoolMetadataFilling', { device, severity: 'critical' });

    const { backing } = metadata;
    await replaceTable(metadata.name, `0 2048 flakey ${backing.device} 2048 0 3600 1 error_writes`);
    await write('/dev/mapper/promspace-raw-thin', 8 * 65_536, 4096).catch(() => undefined);
    const broken = await prometheus.fires('DmThinPoolNotWritable', { device });
    expect(broken.labels.state).toBe('ro');
    await dmRemove('promspace-raw-thin');
    await metadata.heal();
    await dmRemove(device);
    for (const alertname of [
      'DmThinPoolNotWritable',
      'DmThinPoolMetadataFilling',
      'DmThinPoolMetadataUndersized',
    ])
      await prometheus.clears(alertname, { device });
  });
});
