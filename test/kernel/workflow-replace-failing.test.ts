import { describe, expect, it } from 'vitest';
import { planReplaceFailedDevice, replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made, until } from './support/conversions.ts';
import { run } from './support/lab.ts';
import {
  bench,
  checksum,
  failData,
  failWrites,
  filled,
  filledMirror,
  layoutOf,
  mirrorInSync,
  openTools,
  raidInSync,
  refusalOf,
  rewrite,
  scribbled,
} from './support/replace.ts';

const tools = openTools();
const vg = 'rack';
const disk = bench(tools, vg, 5, 3);
const path = (index: number): string => disk(index).path;

describe('a disk that is there', { timeout: 600_000 }, () => {
  it('and well is not replaced, whatever else has failed', async () => {
    await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    const well = await refusalOf(replaceFailedDevice(tools, { vg, failed: path(1), with: path(3) }));
    expect(well).toMatchObject({ reason: 'unsafe' });
    expect(well.message).toMatch(/has not failed.*pvmove/);
    await disk(0).fail();
    const wrong = await refusalOf(replaceFailedDevice(tools, { vg, failed: path(1), with: path(3) }));
    expect(wrong).toMatchObject({ reason: 'unsafe', step: null });
    expect(wrong.message).toContain('is missing');
  });

  it('but fails under all but the first copies is left by them, while writers of the mirror wait', async () => {
    const mirror = await filledMirror(`${vg}/m`, path(1), path(0), path(2));
    const log = await filledMirror(`${vg}/l`, path(1), path(2), path(0));
    const raid = await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await failData(disk(0));
    const writers = [rewrite(`${vg}/m`), rewrite(`${vg}/l`)];
    await rewrite(`${vg}/r`);
    await until(`${vg}/m`, / 1 AD /);
    await until(`${vg}/l`, /disk \d+:\d+ D/);
    const plan = await planReplaceFailedDevice(tools, { vg, with: path(3) });
    expect(plan.summary).toMatch(/rack0, which cannot be read at byte/);
    const done = await replaceFailedDevice(tools, { vg, with: path(3) });
    await Promise.all(writers);
    expect(done.plan).toEqual(plan);
    expect(plan.steps.map(({ name }) => name)).toEqual([
      ...[
        'mark',
        'note',
        'extend',
        'drop-log:l',
        'drop:m',
        'replace:r',
        'remove',
        'unmark',
        'relog:l',
        'remirror:m',
        'sync',
        'forget',
        'check',
      ],
    ]);
    expect(await Promise.all(['m', 'l', 'r'].map((lv) => checksum(`${vg}/${lv}`)))).toEqual([
      mirror,
      log,
      raid,
    ]);
    for (const lv of ['m', 'l']) expect(await kernel(`${vg}/${lv}`)).toMatch(/1 AA 3 disk \d+:\d+ A/);
    expect((await layoutOf(vg)).filter((line) => line.includes('rack0'))).toEqual([]);
    expect((await tools.lvm.vgs({ targets: [vg] }))[0]).toMatchObject({ tags: [] });
  });

  it('but fails under the first copy of a mirror is made a missing one, as lvm lets go of that only', async () => {
    const mirror = await filledMirror(`${vg}/m`, path(0), path(1), path(2));
    await made('-L', '4m', '-n', 'plain', vg, path(0));
    await failData(disk(0));
    const writer = rewrite(`${vg}/m`);
    await until(`${vg}/m`, / 1 DA /);
    const kept = await refusalOf(replaceFailedDevice(tools, { vg, with: path(3), keepLost: true }));
    expect(kept).toMatchObject({ reason: 'unsafe', step: null });
    expect(kept.message).toMatch(/rack\/plain.*Unplug/);
    const done = await replaceFailedDevice(tools, { vg, with: path(3), allowDestroy: [`${vg}/plain`] });
    await writer;
    expect(done.plan.steps.map(({ name }) => name)).toEqual([
      ...['note', 'extend', `let-go:${path(0)}`, 'repair:m', 'destroy', 'remove', 'sync', 'forget', 'check'],
    ]);
    expect(done.warnings.join()).toContain(`The zeros over the label of ${path(0)} cannot be undone`);
    expect(await checksum(`${vg}/m`)).toBe(mirror);
    expect(await kernel(`${vg}/m`)).toMatch(mirrorInSync);
  });

  it('and is unplugged when its replacement has begun, is noted in the group until it has left it', async () => {
    const raid = await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await failData(disk(0));
    await rewrite(`${vg}/r`);
    const control = new AbortController();
    const aborted = replaceFailedDevice(tools, {
      ...{ vg, with: path(3), signal: control.signal },
      onProgress: ({ kind, ...of }) => {
        if (kind === 'step-finished' && 'step' in of && of.step === 'mark') control.abort();
      },
    });
    const { reason, left } = await refusalOf(aborted);
    expect({ reason, left }).toMatchObject({
      reason: 'aborted',
      left: [{ state: expect.stringContaining(`notes on ${vg} that ${path(0)} is to leave it`) }],
    });
    await disk(0).fail();
    const done = await replaceFailedDevice(tools, { vg, with: path(3) });
    expect(done.plan.steps.map(({ name }) => name)).toEqual([
      ...['extend', 'repair:r', 'remove', 'unmark', 'sync', 'check'],
    ]);
    expect((await tools.lvm.vgs({ targets: [vg] }))[0]).toMatchObject({ tags: [], missingPvCount: 0 });
    expect(await checksum(`${vg}/r`)).toBe(raid);
  });

  it('and is back after a time is taken into use again, with what was written meanwhile', async () => {
    await filled(`${vg}/r`, 12, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await disk(0).fail();
    const data = await scribbled(`${vg}/r`, 4);
    await run('lvchange', ['--addtag', 'meanwhile', `${vg}/r`]);
    await disk(0).heal();
    const unwaited = await planReplaceFailedDevice(tools, { vg, wait: false });
    expect(unwaited.warnings.join()).toMatch(
      /rack\/r keeps the tag devmapper\.replace:refreshed:\S+, by which/,
    );
    const done = await replaceFailedDevice(tools, { vg });
    expect(done.warnings).toEqual([]);
    expect(done.plan.steps.map(({ name }) => name)).toEqual([
      'restore',
      'refresh:r',
      'sync',
      'forget',
      'check',
    ]);
    expect(await kernel(`${vg}/r`)).toMatch(raidInSync);
    const [row] = await tools.lvm.lvs({ targets: [`${vg}/r`] });
    expect(row?.tags).toEqual(['meanwhile']);
    await disk(1).fail();
    expect(await checksum(`${vg}/r`)).toBe(data);
  });

  it('and whose writes fail is tried once, and then replaced although it can be read', async () => {
    const raid = await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await failWrites(disk(0));
    await rewrite(`${vg}/r`);
    await until(`${vg}/r`, / DA /);
    const first = await refusalOf(replaceFailedDevice(tools, { vg, with: path(3) }));
    expect(first).toMatchObject({ reason: 'failed' });
    expect(first.plan?.steps.map(({ name }) => name)).toContain('refresh:r');
    const done = await replaceFailedDevice(tools, { vg, with: path(3) });
    expect(done.plan.summary).toMatch(/rack0, which can be read, but .* again, after it was taken back/);
    expect(done.plan.steps.map(({ name }) => name)).toContain('replace:r');
    expect(await checksum(`${vg}/r`)).toBe(raid);
    expect((await layoutOf(vg)).filter((line) => line.includes('rack0'))).toEqual([]);
  });
});
