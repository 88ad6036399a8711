import { open } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  planReplaceFailedDevice,
  type RepairEvent,
  type WatchAndRepairOptions,
} from '../../lib/workflows/index.ts';
import { kernel, made } from './support/conversions.ts';
import { replaceTable } from './support/dmsetup.ts';
import { run } from './support/lab.ts';
import {
  bench,
  checksum,
  filled,
  filledMirror,
  layoutOf,
  openTools,
  raidInSync,
  refusalOf,
  rewrite,
  wipe,
} from './support/replace.ts';
import { startWatch, type Watching } from './support/watch-and-repair.ts';

const tools = openTools();
const vg = 'hot-rack';
const disk = bench(tools, vg, 5, 3);
const path = (index: number): string => disk(index).path;

const watching = (options: Partial<WatchAndRepairOptions>): Watching =>
  startWatch(tools, { vg, spares: [path(3), path(4)], ...options });

// A table of MS-DOS with one partition of Linux, of 32 MiB.
async function partition(device: string): Promise<void> {
  const sector = Buffer.alloc(512);
  sector[450] = 0x83;
  sector.writeUInt32LE(2048, 454);
  sector.writeUInt32LE(65_536, 458);
  sector.set([0x55, 0xaa], 510);
  const file = await open(device, 'r+');
  await file.write(sector, 0, 512, 0);
  await file.sync();
  await file.close();
}

describe('a hot spare', { timeout: 600_000 }, () => {
  it('takes the place of a dead leg by itself, so that blocked writers go on; the next one that of the next', async () => {
    const mirror = await filledMirror(`${vg}/m`, path(0), path(1), path(2));
    const raid = await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    const { watch, events, seen } = watching({ minInterval: 1000 });
    await disk(0).fail();
    await rewrite(`${vg}/m`);
    const { result } = await seen('repaired');
    expect(events.map(({ kind }) => kind)).toEqual(['degraded', 'repairing', 'repaired']);
    expect(result.added).toEqual([path(3)]);
    expect((await tools.lvm.lvs({ targets: [`${vg}/m`] }))[0]?.tags).toEqual([]);
    expect(await Promise.all([checksum(`${vg}/m`), checksum(`${vg}/r`)])).toEqual([mirror, raid]);

    // Nothing is written to the raid1, so that only lvm's report tells of this one.
    await wipe(path(1));
    expect((await seen('repaired', 2)).result.added).toEqual([path(4)]);
    expect(await Promise.all([checksum(`${vg}/m`), checksum(`${vg}/r`)])).toEqual([mirror, raid]);
    expect(await kernel(`${vg}/r`)).toMatch(raidInSync);

    await disk(3).fail();
    await rewrite(`${vg}/r`);
    expect((await seen('out-of-spares')).message).toContain(path(4));
    await watch.close();
    await watch.done;
  });

  it('stays where it is if that is vetoed, and a second repair waits its time', async () => {
    await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await made('-L', '4m', '-n', 'plain', vg, path(0));
    const asked: string[] = [];
    const { watch, events, seen } = watching({
      veto: (plan) => {
        asked.push(...plan.warnings);
        return true;
      },
    });
    await disk(0).fail();
    await rewrite(`${vg}/r`);
    await seen('vetoed');
    expect(asked.join()).toContain(`${vg}/plain is not whole and stays so`);
    const { until, at } = await seen('rate-limited');
    expect(until - at).toBeGreaterThan(500_000);
    expect(events.map(({ kind }) => kind)).toEqual(['degraded', 'vetoed', 'rate-limited']);
    expect((await layoutOf(vg)).join()).not.toContain(path(3));
    const rest: RepairEvent[] = [];
    const reader = (async () => {
      for await (const event of watch) rest.push(event);
    })();
    await watch.close();
    await reader;
    expect(rest).toEqual([]);
  });

  it('is passed over while something is on it that lvm wipes only with leave, or not even then', async () => {
    const raid = await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await disk(0).fail();
    await rewrite(`${vg}/r`);
    await run('mkswap', [path(4)]);
    const swap = await refusalOf(planReplaceFailedDevice(tools, { vg, with: path(4) }));
    expect(swap).toMatchObject({ reason: 'needs-consent' });
    expect(swap.message).toContain('holds swap');
    await planReplaceFailedDevice(tools, { vg, with: path(4), wipeSignatures: true });

    await partition(path(3));
    await expect(run('vgextend', ['--yes', vg, path(3)])).rejects.toThrow(/partitioned/);
    const parted = planReplaceFailedDevice(tools, { vg, with: path(3), wipeSignatures: true });
    expect(await refusalOf(parted)).toMatchObject({ reason: 'unsafe' });

    const { events, seen } = watching({ wipeSignatures: true, minInterval: 1000 });
    expect((await seen('repaired')).result.added).toEqual([path(4)]);
    expect(events.map(({ kind }) => kind)).toEqual(['degraded', 'repairing', 'repaired']);
    expect(await checksum(`${vg}/r`)).toBe(raid);
  });

  it('that cannot be written to is tried once, and then the next one', async () => {
    const raid = await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    const { name, backing } = disk(3);
    await replaceTable(name, `0 ${64 * 2048} flakey ${backing.device} 2048 0 1 1 error_writes`);
    await disk(0).fail();
    await rewrite(`${vg}/r`);
    const { seen } = watching({ minInterval: 1000 });
    expect((await seen('failed')).error).toMatchObject({ step: 'extend' });
    expect((await seen('repairing')).spares).toEqual([path(3)]);
    expect((await seen('repaired')).result.added).toEqual([path(4)]);
    expect(await checksum(`${vg}/r`)).toBe(raid);
  });
});
