import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type Guard, type GuardEvent, guardPool, guardSnapshot } from '../../lib/workflows/index.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'gd';
const mebibyte = 1024 * 1024;
const origin = `/dev/${vg}/origin`;
const snapshot = `${vg}/snap`;

beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(200)], { extentSize: '1m' });
  await run('lvcreate', ['--yes', '--size', '40m', '--name', 'origin', vg]);
});

async function fresh(size: string): Promise<void> {
  await run('lvremove', ['--yes', snapshot]).catch(() => undefined);
  await run('lvcreate', ['--yes', '--snapshot', '--size', size, '--name', 'snap', `${vg}/origin`]);
}

// Every event until one of this kind, itself included.
async function seen(guard: Guard, kind: GuardEvent['kind']): Promise<readonly GuardEvent[]> {
  const events: GuardEvent[] = [];
  for await (const event of guard) {
    events.push(event);
    if (event.kind === kind) return events;
  }
  throw new Error(`the guard ended after ${JSON.stringify(events.map((event) => event.kind))}`);
}

describe('guardSnapshot', () => {
  it('keeps a snapshot alive while all of its origin is written to, and ends when it cannot overflow', async () => {
    await fresh('8m');
    const guard = await guardSnapshot(tools, { snapshot });
    const told = seen(guard, 'safe');
    for (let at = 0; at < 40; at++) {
      await write(origin, at * mebibyte, mebibyte, at);
      await sleep(400);
    }
    const events = await told;
    await guard.done;
    const extended = events.filter((event) => event.kind === 'extended');
    expect(extended[0]).toMatchObject({ volume: snapshot, part: 'snapshot', from: 8n * 1024n * 1024n });
    expect(events.map(({ kind }) => kind)).not.toContain('overflowed');
    const [row] = await lvm.lvs({ targets: [snapshot] });
    // 10,240 chunks, 41 areas and a header.
    expect(row).toMatchObject({ size: 41n * 1024n * 1024n, snapshotInvalid: false });
    expect(events.at(-1)).toMatchObject({ kind: 'safe', size: row?.size });
  });

  it('says that its budget does not suffice, and then that the snapshot is lost', async () => {
    await fresh('8m');
    const guard = await guardSnapshot(tools, { snapshot, budget: '2MiB', step: '1MiB' });
    const short = seen(guard, 'unprotectable');
    await write(origin, 0, 7 * mebibyte, 1);
    expect((await short).at(-1)).toMatchObject({
      ...{ why: 'budget', part: 'snapshot', volume: snapshot },
      message: expect.stringContaining('the budget of 2.00 MiB'),
    });
    const lost = seen(guard, 'overflowed');
    await write(origin, 7 * mebibyte, 12 * mebibyte, 2);
    expect((await lost).at(-1)).toMatchObject({
      message: `${snapshot} has overflowed: what it held is lost`,
    });
    await guard.done;
    expect((await lvm.lvs({ targets: [snapshot] }))[0]?.size).toBeLessThanOrEqual(10n * 1024n * 1024n);
    await expect(guardSnapshot(tools, { snapshot })).rejects.toMatchObject({ reason: 'overflowed' });
  });

  it('says that the group has no space for it, and protects it as soon as it has', async () => {
    await fresh('8m');
    await run('lvcreate', ['--yes', '--extents', '100%FREE', '--name', 'filler', vg]);
    const guard = await guardSnapshot(tools, { snapshot });
    const short = seen(guard, 'unprotectable');
    await write(origin, 0, 6 * mebibyte, 3);
    expect((await short).at(-1)).toMatchObject({ why: 'no-space' });
    const helped = seen(guard, 'extended');
    await run('lvremove', ['--yes', `${vg}/filler`]);
    expect((await helped).at(-1)).toMatchObject({ from: 8n * 1024n * 1024n });
    await guard.close();
    await guard.done;
  });

  it('is alone with its snapshot, ends when that is gone, and takes no thin one', async () => {
    await fresh('8m');
    const guard = await guardSnapshot(tools, { snapshot });
    await expect(guardSnapshot(tools, { snapshot })).rejects.toMatchObject({ reason: 'busy' });
    const gone = seen(guard, 'gone');
    await run('lvremove', ['--yes', snapshot]);
    await gone;
    await guard.done;
    await expect(guardSnapshot(tools, { snapshot })).rejects.toMatchObject({ reason: 'not-found' });
    await expect(guardSnapshot(tools, { snapshot: `${vg}/origin` })).rejects.toMatchObject({
      reason: 'wrong-type',
    });
  });

  it('does not fight a dmeventd that extends it, unless it is told to', async () => {
    await fresh('8m');
    const config = 'activation { monitoring=1 snapshot_autoextend_threshold=70 }';
    const monitored = { dm, lvm: openLvm({ dm, config }) };
    await run('lvchange', ['--config', 'activation{monitoring=1}', '--monitor', 'y', snapshot]);
    const unmonitor = later(async () => {
      await run('lvchange', ['--config', 'activation{monitoring=1}', '--monitor', 'n', snapshot]);
    });
    const refused = guardSnapshot(monitored, { snapshot });
    await expect(refused).rejects.toMatchObject({ reason: 'foreign', workflow: 'guardSnapshot' });
    await expect(refused).rejects.toThrow(/dmeventd \(process \d+\) watches gd\/snap .* from 70 % on/);
    const beside = await guardSnapshot(monitored, { snapshot, besideDmeventd: true });
    await beside.close();
    // By default it watches and warns, but extends nothing.
    const passive = await guardSnapshot(
      { dm, lvm: openLvm({ dm, config: 'activation { monitoring=1 }' }) },
      { snapshot },
    );
    await passive.close();
    await unmonitor();
    await run('lvremove', ['--yes', snapshot]);
  });
});

describe('guardPool', () => {
  it('extends the data of a thin pool, and its metadata, each by its own line', async () => {
    const pool = `${vg}/pool`;
    await run('lvcreate', [
      ...['--yes', '--type', 'thin-pool', '--size', '16m', '--poolmetadatasize', '2m', '--chunksize', '64k'],
      ...['--name', 'pool', vg],
    ]);
    await run('lvcreate', [
      ...['--yes', '--type', 'thin', '--virtualsize', '64m', '--thinpool', 'pool', '--name', 'thin', vg],
    ]);
    const guard = await guardPool(tools, { pool, data: { threshold: 0.6, budget: '24MiB' } });
    const data = seen(guard, 'extended');
    for (let at = 0; at < 14; at++) {
      await write(`/dev/${vg}/thin`, at * mebibyte, mebibyte, at);
      await sleep(200);
    }
    expect((await data).at(-1)).toMatchObject({ part: 'data', volume: pool, from: 16n * 1024n * 1024n });
    await guard.close();
    const [row] = await lvm.lvs({ targets: [pool] });
    expect(row?.size).toBeGreaterThan(16n * 1024n * 1024n);

    // The fill of the metadata of so small a pool is known, and is above a line of half a percent.
    const second = await guardPool(tools, {
      pool,
      data: false,
      metadata: { threshold: 0.005, step: '2MiB' },
    });
    expect((await seen(second, 'extended')).at(-1)).toMatchObject({
      ...{ part: 'metadata', from: 2n * 1024n * 1024n },
      to: expect.any(BigInt),
    });
    await second.close();
    const [after] = await lvm.lvs({ targets: [pool] });
    expect(after?.metadataSize).toBeGreaterThan(2n * 1024n * 1024n);
    await expect(guardPool(tools, { pool: `${vg}/thin` })).rejects.toMatchObject({ reason: 'wrong-type' });
  });

  it('keeps data and metadata together to one budget', async () => {
    const pool = `${vg}/both`;
    await run('lvcreate', [
      ...['--yes', '--type', 'thin-pool', '--size', '8m', '--poolmetadatasize', '2m', '--chunksize', '64k'],
      ...['--name', 'both', vg],
    ]);
    await run('lvcreate', [
      ...['--yes', '--type', 'thin', '--virtualsize', '8m', '--thinpool', 'both', '--name', 'small', vg],
    ]);
    await write(`/dev/${vg}/small`, 0, 7 * mebibyte, 1);
    const step = '1MiB';
    const metadata = { threshold: 0.001, step };
    const guard = await guardPool(tools, { pool, budget: '3MiB', data: { threshold: 0.1, step }, metadata });
    const short = new Set<string>();
    for await (const event of guard)
      if (event.kind === 'unprotectable') {
        expect(event).toMatchObject({
          why: 'budget',
          message: expect.stringMatching(/3\.00 MiB for data and/),
        });
        if (short.add(event.part).size === 2) break;
      }
    await guard.close();
    const [row] = await lvm.lvs({ targets: [pool] });
    expect([row?.size, (row?.size ?? 0n) + (row?.metadataSize ?? 0n)]).toEqual([
      expect.any(BigInt),
      13n * 1024n * 1024n,
    ]);
  });

  it('says that the pool has failed, and ends', async () => {
    const [data, metadata] = [await testDisk('gd-data', 32), await testDisk('gd-meta', 16)];
    const asDisk = ({ backing, path }: TestDisk) => ({ ...backing, path });
    await volumeGroup('gf', [asDisk(data), asDisk(metadata)], { extentSize: '1m' });
    await run('lvcreate', ['--yes', '--size', '2m', '--name', 'meta', 'gf', metadata.path]);
    await run('lvcreate', ['--yes', '--size', '8m', '--name', 'pool', 'gf', data.path]);
    await run('lvconvert', ['--yes', '--type', 'thin-pool', '--poolmetadata', 'gf/meta', 'gf/pool']);
    await run('lvcreate', ['--yes', '--virtualsize', '8m', '--thinpool', 'pool', '--name', 'thin', 'gf']);
    const guard = await guardPool(tools, { pool: 'gf/pool' });
    const failed = seen(guard, 'failed');
    await metadata.fail();
    await write('/dev/gf/thin', 0, mebibyte, 1).catch(() => undefined);
    expect((await failed).at(-1)).toMatchObject({ message: expect.stringContaining('needs repair') });
    await guard.done;
    await metadata.heal();
    await run('vgchange', ['--activate', 'n', 'gf']);
    await run('lvremove', ['--yes', '--force', '--force', 'gf']);
  });
});
