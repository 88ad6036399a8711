import { describe, expect, it } from 'vitest';
import type { WatchAndRepairOptions } from '../../lib/workflows/index.ts';
import { kernel, until } from './support/conversions.ts';
import { replaceTable } from './support/dmsetup.ts';
import { later } from './support/lab.ts';
import { until as untilSo } from './support/moment.ts';
import {
  bench,
  checksum,
  filled,
  filledMirror,
  mirrorInSync,
  openTools,
  raidInSync,
  rewrite,
} from './support/replace.ts';
import { startWatch, type Watching } from './support/watch-and-repair.ts';

const tools = openTools();
const vg = 'spares';
const disk = bench(tools, vg, 7, 4);
const path = (index: number): string => disk(index).path;
const watching = (spares: readonly number[], more: Partial<WatchAndRepairOptions> = {}): Watching =>
  startWatch(tools, { vg, spares: spares.map(path), minInterval: 1000, ...more });

async function tagsOf(name: string): Promise<readonly string[]> {
  return (await tools.lvm.lvs({ targets: [name] }))[0]?.tags ?? [];
}

describe('while a repair gets in sync', { timeout: 600_000 }, () => {
  it('another disk that fails is replaced, so that no writer waits for that', async () => {
    const mirror = await filledMirror(`${vg}/m`, path(2), path(3), path(1));
    // With it on the first spare, that has no room for a copy of the mirror.
    const raid = await filled(`${vg}/r`, 60, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    const finished: string[] = [];
    const { events, seen } = watching([4, 5], {
      onProgress: ({ kind, step }) => {
        if (kind === 'step-finished') finished.push(step ?? '');
      },
    });
    await disk(4).slow(1000);
    await disk(0).fail();
    await rewrite(`${vg}/r`);
    await untilSo(
      async () => finished,
      (steps) => steps.at(-1) === 'check',
      100,
    );
    // Nothing more is copied until the other is seen to be repaired.
    await disk(4).slow(60_000);
    await disk(3).fail();
    await rewrite(`${vg}/m`);
    expect((await seen('repairing', 2)).spares).toEqual([path(5)]);
    expect((await seen('repaired')).result.repaired).toEqual([`${vg}/m`]);
    expect(await kernel(`${vg}/r`)).toMatch(/ recover /);
    await disk(4).heal();
    expect((await seen('repaired', 2)).result.repaired).toEqual([`${vg}/r`]);
    expect(events.map(({ kind }) => kind)).toEqual([
      ...['degraded', 'repairing', 'degraded', 'repairing', 'repaired', 'repaired'],
    ]);
    expect(await Promise.all([checksum(`${vg}/m`), checksum(`${vg}/r`)])).toEqual([mirror, raid]);
  });

  it('a watch that ends leaves the note of a mirror, and the next one takes it off when it is filled', async () => {
    const layout = ['--type', 'mirror', '-m1', path(0), path(1), path(2)];
    const data = await filled(`${vg}/m`, 16, mirrorInSync, ...layout);
    await disk(4).slow(60_000);
    const first = watching([4]);
    await disk(1).fail();
    const writer = rewrite(`${vg}/m`);
    later(() => writer.catch(() => undefined));
    await first.seen('repairing');
    await until(`${vg}/m`, / \d\/8 1 AA /);
    await first.watch.close();
    expect(await kernel(`${vg}/m`)).not.toMatch(mirrorInSync);
    await disk(4).heal();
    await writer;
    await until(`${vg}/m`, mirrorInSync);
    expect(first.events.map(({ kind }) => kind)).toEqual(['degraded', 'repairing']);
    expect(await tagsOf(`${vg}/m`)).toHaveLength(1);

    const second = watching([5]);
    await untilSo(
      () => tagsOf(`${vg}/m`),
      (tags) => tags.length === 0,
    );
    expect(second.events).toEqual([]);
    // The copy that the other was filled from.
    await disk(0).fail();
    await rewrite(`${vg}/m`);
    expect((await second.seen('repaired')).result.added).toEqual([path(5)]);
    expect([await tagsOf(`${vg}/m`), await checksum(`${vg}/m`)]).toEqual([[], data]);
  });
});

describe('spares', { timeout: 600_000 }, () => {
  it('take the places of two disks that fail at once; one that cannot be written to gives way to the next', async () => {
    const layout = ['--type', 'raid1', '-m2', path(0), path(1), path(2)];
    const data = await filled(`${vg}/r`, 4, raidInSync, ...layout);
    const { name, backing } = disk(4);
    await replaceTable(name, `0 ${64 * 2048} flakey ${backing.device} 2048 0 1 1 error_writes`);
    await disk(0).fail();
    await disk(1).fail();
    await rewrite(`${vg}/r`);
    const { seen } = watching([4, 5, 6]);
    expect((await seen('failed')).error).toMatchObject({ step: 'extend' });
    expect((await seen('repairing')).spares).toEqual([path(4), path(5)]);
    expect((await seen('repairing', 2)).spares).toEqual([path(5), path(6)]);
    expect((await seen('repaired')).result.added).toEqual([path(5), path(6)]);
    expect(await kernel(`${vg}/r`)).toMatch(raidInSync);
    expect(await checksum(`${vg}/r`)).toBe(data);
  });
});
