import { describe, expect, it } from 'vitest';
import { replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made } from './support/conversions.ts';
import { run } from './support/lab.ts';
import { recorded } from './support/recording.ts';
import {
  bench,
  checksum,
  failNow,
  filled,
  filledMirror,
  layoutOf,
  openTools,
  raidInSync,
  refusalOf,
  scribbled,
} from './support/replace.ts';

const tools = openTools();
const vg = 'rack';
const disk = bench(tools, vg, 5, 3);
const path = (index: number): string => disk(index).path;

describe('a disk that is gone', { timeout: 600_000 }, () => {
  it('is replaced: mirrors with their log, RAID, also below a thin pool; what ran is what was planned', async () => {
    const mirror = await filledMirror(`${vg}/m`, path(0), path(1), path(2));
    const log = await filledMirror(`${vg}/l`, path(1), path(2), path(0));
    const raid = await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await made('--type', 'raid1', '-m1', '-L', '4m', '-n', 'pool', vg, path(1), path(0));
    await made('--type', 'raid1', '-m1', '-L', '4m', '-n', 'meta', vg, path(1), path(0));
    await run('lvconvert', [
      '--yes',
      '--type',
      'thin-pool',
      '--poolmetadata',
      `${vg}/meta`,
      '--poolmetadataspare',
      'n',
      `${vg}/pool`,
    ]);
    await made('--thinpool', `${vg}/pool`, '-V', '3m', '-n', 'thin');
    const thin = await scribbled(`${vg}/thin`, 3);
    await disk(0).fail();

    const recording = recorded(tools.lvm);
    const done = await replaceFailedDevice({ dm: tools.dm, lvm: recording.lvm }, { vg, with: path(3) });
    expect(done).toMatchObject({ outcome: 'done', added: [path(3)], destroyed: [], kept: [] });
    expect([...done.repaired].sort()).toEqual(
      ['l', 'm', 'pool_tdata', 'pool_tmeta', 'r'].map((lv) => `${vg}/${lv}`),
    );
    // What the kernel has noticed by then it is not told: of a step under a condition all is done, or nothing.
    const ran = new Set(recording.commands.map(String));
    const steps = done.plan.steps.filter(
      ({ when, commands }) => when === null || ran.has(String(commands[0])),
    );
    expect(recording.commands).toEqual(steps.flatMap(({ commands }) => commands));
    expect(await Promise.all(['m', 'l', 'r', 'thin'].map((lv) => checksum(`${vg}/${lv}`)))).toEqual([
      mirror,
      log,
      raid,
      thin,
    ]);
    const layout = await layoutOf(vg);
    expect(layout.filter((line) => /^m_/.test(line))).toEqual([
      `m_mimage_0 ${path(1)}(0)`,
      expect.stringMatching(`^m_mimage_1 ${path(3)}`),
      expect.stringMatching(`^m_mlog ${path(2)}`),
    ]);
    expect(layout.find((line) => line.startsWith('l_mlog'))).toContain(path(3));
    expect(await kernel(`${vg}/r`)).toMatch(raidInSync);
    const [group] = await tools.lvm.vgs({ select: `vg_name=${vg}` });
    expect(group).toMatchObject({ pvCount: 3, missingPvCount: 0 });
    const rows = await tools.lvm.lvs({ select: `vg_name=${vg}`, all: true });
    expect(rows.flatMap(({ tags }) => tags)).toEqual([]);
    expect(await replaceFailedDevice(tools, { vg, with: path(3) })).toMatchObject({
      outcome: 'already',
      added: [],
    });
  });

  it('takes volumes without a copy along only if just these are named', async () => {
    const raid = await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await made('-L', '4m', '-n', 'plain', vg, path(0));
    await made('--type', 'striped', '-i2', '-L', '4m', '-n', 'wide', vg, path(0), path(2));
    await made('-L', '4m', '-n', 'good', vg, path(2));
    await disk(0).fail();
    const denied = await refusalOf(replaceFailedDevice(tools, { vg, with: path(3) }));
    expect(denied).toMatchObject({ reason: 'needs-consent', step: null });
    expect(denied.message).toContain(`allowDestroy to ['${vg}/plain', '${vg}/wide']`);
    expect(denied.message).toContain('had 2 of its 4 extents there');
    for (const allowDestroy of [[`${vg}/plain`], [`${vg}/plain`, `${vg}/wide`, `${vg}/good`]])
      expect(await refusalOf(replaceFailedDevice(tools, { vg, with: path(3), allowDestroy }))).toMatchObject({
        reason: 'needs-consent',
      });
    const [before] = await tools.lvm.vgs({ select: `vg_name=${vg}` });
    expect(before).toMatchObject({ missingPvCount: 1, pvCount: 3 });

    const kept = await replaceFailedDevice(tools, { vg, with: path(3), keepLost: true });
    expect(kept).toMatchObject({ repaired: [`${vg}/r`], removed: [], kept: [`${vg}/plain`, `${vg}/wide`] });
    expect(await checksum(`${vg}/r`)).toBe(raid);

    const allowDestroy = [`${vg}/wide`, `${vg}/plain`];
    const twice = [
      replaceFailedDevice(tools, { vg, allowDestroy }),
      replaceFailedDevice(tools, { vg, allowDestroy }),
    ];
    const [done, busy] = [await Promise.any(twice), await refusalOf(Promise.all(twice))];
    expect(busy).toMatchObject({ reason: 'busy', step: null });
    expect([...done.destroyed].sort()).toEqual([...allowDestroy].sort());
    expect((await tools.lvm.lvs({ select: `vg_name=${vg}` })).map(({ name }) => name).sort()).toEqual([
      'good',
      'r',
    ]);
    const [after] = await tools.lvm.vgs({ select: `vg_name=${vg}` });
    expect(after).toMatchObject({ missingPvCount: 0, pvCount: 3 });
    expect(await replaceFailedDevice(tools, { vg, allowDestroy })).toMatchObject({ outcome: 'already' });
  });

  it('whose spare dies meanwhile is replaced by the next call, with another', async () => {
    const raid = await filled(`${vg}/r`, 24, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await disk(0).fail();
    await disk(3).slow(50);
    const error = await refusalOf(
      replaceFailedDevice(tools, {
        ...{ vg, with: path(3) },
        onProgress: ({ kind, step }) => {
          if (kind === 'step-started' && step === 'sync') failNow(disk(3));
        },
      }),
    );
    expect(error).toMatchObject({ reason: 'failed', step: 'sync' });
    expect(error.left[0]?.state).toContain(`${vg}/r`);
    expect(error.left[0]?.next).toContain('again');
    const done = await replaceFailedDevice(tools, { vg, with: path(4) });
    expect(done).toMatchObject({ outcome: 'done', added: [path(4)], repaired: [`${vg}/r`] });
    expect(await checksum(`${vg}/r`)).toBe(raid);
    expect(await kernel(`${vg}/r`)).toMatch(raidInSync);
    const [group] = await tools.lvm.vgs({ select: `vg_name=${vg}` });
    expect(group).toMatchObject({ missingPvCount: 0, pvCount: 3 });
  });

  it('is not replaced where there is no room, and it is said what disk would do', async () => {
    await filled(`${vg}/r`, 40, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await made('-L', '30m', '-n', 'good', vg, path(2));
    await disk(0).fail();
    const error = await refusalOf(replaceFailedDevice(tools, { vg }));
    expect(error).toMatchObject({ reason: 'not-enough-space', step: null });
    expect(error.message).toContain(`${vg}/r needs 41 extents`);
    expect(error.message).toContain(`${path(2)} has 33 free`);
    expect(error.message).toContain(String(42 * 2 ** 20));
  });
});
