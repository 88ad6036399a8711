import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { encode } from '../../lib/exporter/encode.ts';
import type { FamilySamples, Sample } from '../../lib/exporter/family.ts';
import { openSource } from '../../lib/exporter/source.ts';
import { DeviceMapper } from '../../lib/index.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup, readWithDmsetup, replaceTable } from './support/dmsetup.ts';
import { dmCreate, dmRemove, run } from './support/lab.ts';
import { sameMoment, until } from './support/moment.ts';
import { builtPackage, runWithPackage } from './support/package.ts';
import { type RichStack, richStack } from './support/rich-stack.ts';
import { makeThinPool } from './support/thin.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

type Families = readonly FamilySamples[];

function samplesOf(families: Families, name: string, labels: Sample['labels'] = {}): readonly Sample[] {
  const samples = families.find((family) => family.name === name)?.samples ?? [];
  return samples.filter((sample) =>
    Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
}

function value(families: Families, name: string, labels: Sample['labels']): number | bigint | undefined {
  const found = samplesOf(families, name, labels);
  if (found.length > 1) throw new Error(`${found.length} series of ${name}: ${JSON.stringify(labels)}`);
  return found[0]?.value;
}

function stateIn(
  families: Families,
  name: string,
  labels: Sample['labels'],
): readonly (string | undefined)[] {
  return samplesOf(families, name, labels).flatMap((sample) =>
    sample.value === 1 ? [sample.labels.state] : [],
  );
}

// What dmsetup says of a device: the words of its only status line, or table line, without start, length and target.
async function words(kind: 'status' | 'table', name: string): Promise<readonly string[]> {
  const reading = await readWithDmsetup(name);
  return (reading[kind][0] ?? '').trim().split(/\s+/).slice(3);
}

async function promtool(body: string): Promise<{ readonly said: string; readonly code: number | null }> {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(body);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const code =
    child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('close', resolve)));
  return { said: out + err, code };
}

describe('the families of volumes of LVM', () => {
  const source = openSource({ dm, interval: 200, lvmMaxAge: 500, collectors: { lvm: true } });
  let stack: RichStack;
  afterAll(() => source.close());
  beforeAll(async () => {
    stack = await richStack('xm');
    await run('lvcreate', ['--yes', '--size', '4m', '--name', 'plain', 'xm']);
    await source.gather();
    await until(
      () => source.gather(),
      (families) => samplesOf(families, 'lvm_vg_size_bytes').length > 0,
    );
  });

  const settled = (name: string, kind: 'status' | 'table' = 'status') =>
    sameMoment(
      () => words(kind, name),
      () => source.gather(),
    );

  it('say of a thin pool and its volume what dmsetup says, in bytes', async () => {
    const { reference, ours } = await settled('xm-pool-tpool');
    const [metaUsed, metaTotal] = (reference[1] ?? '').split('/').map(Number);
    const [used, total] = (reference[2] ?? '').split('/').map(Number);
    const [, , block = '0', lowWater = '0'] = await words('table', 'xm-pool-tpool');
    const pool = { device: 'xm-pool-tpool', vg: 'xm', lv: 'pool' };
    const blockBytes = Number(block) * 512;
    expect(value(ours, 'dm_thin_pool_data_used_bytes', pool)).toBe((used ?? 0) * blockBytes);
    expect(value(ours, 'dm_thin_pool_data_size_bytes', pool)).toBe((total ?? 0) * blockBytes);
    expect(value(ours, 'dm_thin_pool_metadata_used_bytes', pool)).toBe((metaUsed ?? 0) * 4096);
    expect(value(ours, 'dm_thin_pool_metadata_size_bytes', pool)).toBe((metaTotal ?? 0) * 4096);
    expect(value(ours, 'dm_thin_pool_block_size_bytes', pool)).toBe(blockBytes);
    expect(value(ours, 'dm_thin_pool_low_water_bytes', pool)).toBe(Number(lowWater) * blockBytes);
    expect(stateIn(ours, 'dm_thin_pool_mode', pool)).toEqual([reference[4]]);
    expect(value(ours, 'dm_thin_pool_active_volumes', pool)).toBe(1);
    expect(value(ours, 'dm_thin_pool_active_virtual_bytes', pool)).toBe(64 * 1024 * 1024);
    const [mapped = '0', highest = '0'] = await words('status', 'xm-thin');
    const thin = { device: 'xm-thin', vg: 'xm', lv: 'thin', pool: 'xm-pool-tpool' };
    expect(value(ours, 'dm_thin_mapped_bytes', thin)).toBe(Number(mapped) * 512);
    expect(value(ours, 'dm_thin_highest_mapped_bytes', thin)).toBe((Number(highest) + 1) * 512);
    expect(Number(mapped)).toBeGreaterThan(0);
  });

  it('say of a snapshot and its origin what dmsetup says', async () => {
    const { reference, ours } = await settled('xm-snap');
    const [used, size] = (reference[0] ?? '').split('/').map(Number);
    const snapshot = { device: 'xm-snap', vg: 'xm', lv: 'snap' };
    expect(value(ours, 'dm_snapshot_used_bytes', snapshot)).toBe((used ?? 0) * 512);
    expect(value(ours, 'dm_snapshot_size_bytes', snapshot)).toBe((size ?? 0) * 512);
    expect(value(ours, 'dm_snapshot_metadata_bytes', snapshot)).toBe(Number(reference[1]) * 512);
    expect(stateIn(ours, 'dm_snapshot_state', snapshot)).toEqual(['ok']);
    expect(samplesOf(ours, 'dm_snapshot_info', { device: 'xm-snap', origin: 'xm-raid-real' })).toHaveLength(
      1,
    );
  });

  it('say of a raid below a snapshot, and of a mirror, how their legs are and on which disks', async () => {
    await until(
      () => source.gather(),
      (families) => value(families, 'dm_raid_in_sync', { device: 'xm-raid-real' }) === 1,
    );
    const { reference, ours } = await settled('xm-raid-real');
    const [synced, total] = (reference[3] ?? '').split('/').map(Number);
    const raid = { device: 'xm-raid-real', vg: 'xm', lv: 'raid' };
    expect(value(ours, 'dm_raid_synced_bytes', raid)).toBe((synced ?? 0) * 512);
    expect(value(ours, 'dm_raid_sync_size_bytes', raid)).toBe((total ?? 0) * 512);
    expect(stateIn(ours, 'dm_raid_sync_action', raid)).toEqual([reference[4]]);
    const [, , , regions = ''] = await words('status', 'xm-mirror');
    expect(value(ours, 'dm_mirror_regions', { device: 'xm-mirror' })).toBe(Number(regions.split('/')[1]));

    const disks = stack.disks.map(({ path }) => path.replace('/dev/', ''));
    for (const [family, device, state] of [
      ['dm_raid_leg_state', 'xm-raid-real', 'in_sync'],
      ['dm_mirror_leg_state', 'xm-mirror', 'alive'],
    ] as const) {
      const legs = samplesOf(ours, family, { device, state });
      expect(legs.map(({ labels, value }) => [labels.leg, value])).toEqual([
        ['0', 1],
        ['1', 1],
      ]);
      const backing = legs.map(({ labels }) => labels.backing);
      expect(new Set(backing).size).toBe(2);
      expect(disks).toEqual(expect.arrayContaining(backing));
    }
  });

  it('say of a cache what dmsetup says', async () => {
    const { reference, ours } = await settled('xm-slow');
    const [used, total] = (reference[3] ?? '').split('/').map(Number);
    const cache = { device: 'xm-slow', vg: 'xm', lv: 'slow' };
    const blockBytes = Number(reference[2]) * 512;
    expect(value(ours, 'dm_cache_used_bytes', cache)).toBe((used ?? 0) * blockBytes);
    expect(value(ours, 'dm_cache_size_bytes', cache)).toBe((total ?? 0) * blockBytes);
    expect(value(ours, 'dm_cache_read_hits_total', cache)).toBe(Number(reference[4]));
    expect(value(ours, 'dm_cache_write_misses_total', cache)).toBe(Number(reference[7]));
  });

  it('say of every device what dmsetup info says, and of none of the layers that have nothing to tell', async () => {
    const families = await source.gather();
    const devices = samplesOf(families, 'dm_device_info').map(({ labels }) => labels.device ?? '');
    expect(devices).toEqual(
      expect.arrayContaining([...stack.volumes, 'xm-plain', 'xm-pool-tpool', 'xm-raid-real']),
    );
    for (const hidden of [
      'xm-raid_rimage_0',
      'xm-mirror_mimage_0',
      'xm-pool_tdata',
      'xm-snap-cow',
      'xm-fast_cpool_cdata',
    ])
      expect(devices).not.toContain(hidden);
    for (const device of devices) {
      const { info, status } = await readWithDmsetup(device);
      const [start = 0, length = 0] = (status.at(-1) ?? '').split(' ').map(Number);
      expect(value(families, 'dm_device_size_bytes', { device })).toBe((start + length) * 512);
      expect(value(families, 'dm_device_openers', { device })).toBe(info.openCount);
      expect(value(families, 'dm_device_events_total', { device })).toBe(info.eventNumber);
      expect(value(families, 'dm_device_suspended', { device })).toBe(0);
      expect(value(families, 'dm_device_status_stale', { device })).toBe(0);
      expect(value(families, 'dm_device_status_age_seconds', { device })).toBeLessThan(60);
      expect(samplesOf(families, 'dm_device_info', { device, uuid: info.uuid ?? '' })).toHaveLength(1);
    }
  });

  it('tell which disks a volume stands on, and which pool', async () => {
    const families = await source.gather();
    const { dependencies } = await readWithDmsetup('xm-plain');
    const disk = stack.disks.find(({ device }) => dependencies.includes(device))?.path.replace('/dev/', '');
    const below = samplesOf(families, 'dm_device_backing_info', { device: 'xm-plain' });
    expect(below.map(({ labels }) => labels.backing)).toEqual([disk]);
    const pool = samplesOf(families, 'dm_device_backing_info', { device: 'xm-thin' });
    expect(pool.map(({ labels }) => labels.backing_device)).toEqual(['xm-pool-tpool']);
  });

  it('have at most 15 series for a linear volume', async () => {
    const families = await source.gather();
    const series = families.flatMap(({ name }) =>
      samplesOf(families, name, { device: 'xm-plain' }).map(() => name),
    );
    console.info(`series of a linear volume: ${series.length}`);
    expect(series.length).toBeGreaterThan(8);
    expect(series.length).toBeLessThanOrEqual(15);
  });

  it('leave promtool check metrics nothing to say', async () => {
    const families = await source.gather();
    expect(await promtool(encode(families, 'text'))).toEqual({ said: '', code: 0 });
    expect(families.length).toBeGreaterThan(60);
  });

  it('tell of the group and its disks what vgs and pvs say, and how old that is', async () => {
    const families = await source.gather();
    const { stdout } = await run('vgs', [
      ...['--noheadings', '--units', 'b', '--nosuffix', '--separator', ' '],
      ...['--options', 'vg_uuid,vg_size,vg_free,pv_count,vg_extent_size', 'xm'],
    ]);
    const [uuid = '', size = '', free = '', pvs = '', extent = ''] = stdout.trim().split(' ');
    const group = { vg_name: 'xm', vg_uuid: uuid };
    expect(value(families, 'lvm_vg_size_bytes', group)).toBe(BigInt(size));
    expect(value(families, 'lvm_vg_free_bytes', group)).toBe(BigInt(free));
    expect(value(families, 'lvm_vg_pvs', group)).toBe(Number(pvs));
    expect(value(families, 'lvm_vg_extent_size_bytes', group)).toBe(BigInt(extent));
    expect(samplesOf(families, 'lvm_pv_size_bytes', { vg_name: 'xm' })).toHaveLength(3);
    expect(value(families, 'lvm_report_age_seconds', {})).toBeLessThan(60);
    expect(value(families, 'dm_scrape_collector_success', { collector: 'lvm' })).toBe(1);
  });

  it('know a new table and its new disk as soon as it is there, and forget a device that is gone', async () => {
    await dmCreate('xm-moving', `0 2048 linear ${stack.disks[0]?.device} 0`);
    const backing = async (): Promise<readonly (string | undefined)[]> => {
      const families = await source.gather();
      return samplesOf(families, 'dm_device_backing_info', { device: 'xm-moving' }).map(
        ({ labels }) => labels.backing,
      );
    };
    const disk = (place: number): string | undefined => stack.disks[place]?.path.replace('/dev/', '');
    expect(await until(backing, ([found]) => found === disk(0), 10)).toEqual([disk(0)]);
    await replaceTable('xm-moving', `0 2048 linear ${stack.disks[1]?.device} 0`);
    expect(await until(backing, ([found]) => found === disk(1), 10)).toEqual([disk(1)]);
    await dmRemove('xm-moving');
    expect(await until(backing, (found) => found.length === 0, 10)).toEqual([]);
    const families = await source.gather();
    expect(families.flatMap(({ name }) => samplesOf(families, name, { device: 'xm-moving' }))).toEqual([]);
  });
});

describe('a device that hangs', () => {
  const deadline = 4000;
  let metadata: TestDisk;
  let source: ReturnType<typeof openSource>;

  beforeAll(async () => {
    metadata = await testDisk('xh-meta', 4);
    await makeThinPool('xh', metadata, await testDisk('xh-data', 32));
    source = openSource({ dm, interval: 100, deadline: 1500 });
    await source.gather();
  });
  afterAll(() => source.close());

  it('is stale with its age and what was last known of it, while the gathering is on time and the rest right', async () => {
    const labels = { device: 'xh-pool' };
    const before = await source.gather();
    const used = value(before, 'dm_thin_pool_data_used_bytes', labels);
    expect(used).toBeGreaterThan(0);

    await dmsetup('suspend', '--nolockfs', metadata.name);
    const writer = write('/dev/mapper/xh-thin', 65_536, 4096);
    let isResumed = false;
    const resume = async (): Promise<void> => {
      if (isResumed) return;
      isResumed = true;
      await dmsetup('resume', metadata.name);
      await writer;
    };
    onTestFinished(resume);

    const gathered = async (): Promise<Families> => {
      const begun = performance.now();
      const families = await source.gather({ deadline });
      expect(performance.now() - begun).toBeLessThan(deadline + 200);
      return families;
    };
    const hung = await until(
      gathered,
      (families) => value(families, 'dm_device_status_stale', labels) === 1,
      10,
    );
    const ages: number[] = [];
    const times: number[] = [];
    for (let time = 0; time < 5; time++) {
      await sleep(300);
      await dmCreate(`xh-new${time}`, `0 ${8 * (time + 1)} zero`);
      const begun = performance.now();
      await gathered();
      times.push(performance.now() - begun);
      // The event of a new device may come a moment after the device.
      const size = (families: Families) =>
        value(families, 'dm_device_size_bytes', { device: `xh-new${time}` });
      const families = await until(gathered, (now) => size(now) === 4096 * (time + 1), 10);
      expect(value(families, 'dm_device_status_stale', labels)).toBe(1);
      expect(value(families, 'dm_device_status_stale', { device: `xh-new${time}` })).toBe(0);
      expect(value(families, 'dm_device_status_stale', { device: 'xh-data' })).toBe(0);
      expect(value(families, 'dm_quarantined_devices', {})).toBe(2);
      expect(value(families, 'dm_up', {})).toBe(1);
      ages.push(Number(value(families, 'dm_device_status_age_seconds', labels)));
      await dmRemove(`xh-new${time}`);
    }
    expect(value(hung, 'dm_thin_pool_data_used_bytes', labels)).toBeGreaterThanOrEqual(Number(used));
    expect(ages.toSorted((one, other) => one - other)).toEqual(ages);
    expect(ages[0]).toBeGreaterThan(1);
    // Nobody waits for what did not answer the last time. The median leaves out what the machine does at times.
    console.info(`gathered in (ms): ${times.map((ms) => ms.toFixed(0)).join(', ')}`);
    expect(times.toSorted((one, other) => one - other)[2]).toBeLessThan(750);

    await resume();
    const after = await until(
      gathered,
      (families) => value(families, 'dm_device_status_stale', labels) === 0,
      10,
    );
    expect(value(after, 'dm_thin_pool_data_used_bytes', labels)).toBe(2 * 65_536);
  });
});

describe('without privilege', () => {
  it('there is what sysfs tells, and that it is no more', async () => {
    await dmCreate('xp-plain', '0 2048 zero');
    const door = builtPackage().replace(/index\.js$/, 'exporter/index.js');
    const families = (await runWithPackage(
      `const { openSource } = await import(${JSON.stringify(door)});
       const source = openSource();
       await source.gather();
       const families = await source.gather();
       source.close();
       report(families.map(({ samples, ...family }) => ({
         ...family, samples: samples.map(({ labels, value }) => ({ labels, value: Number(value) })),
       })));`,
      ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'],
    )) as Families;
    expect(value(families, 'dm_up', {})).toBe(0);
    expect(value(families, 'dm_collector_privileged', {})).toBe(0);
    expect(value(families, 'dm_scrape_collector_success', { collector: 'device' })).toBe(0);
    expect(value(families, 'dm_device_size_bytes', { device: 'xp-plain' })).toBe(2048 * 512);
    expect(value(families, 'dm_device_suspended', { device: 'xp-plain' })).toBe(0);
    expect(samplesOf(families, 'dm_device_info', { device: 'xp-plain' })).toHaveLength(1);
    expect(samplesOf(families, 'dm_device_openers')).toEqual([]);
    expect(samplesOf(families, 'dm_device_status_stale')).toEqual([]);
    await dmRemove('xp-plain');
  });
});
