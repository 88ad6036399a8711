import { describe, expect, it } from 'vitest';
import { replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made, until } from './support/conversions.ts';
import { run } from './support/lab.ts';
import {
  bench,
  checksum,
  failData,
  filled,
  layoutOf,
  mirrorInSync,
  openTools,
  raidInSync,
  refusalOf,
  rewrite,
} from './support/replace.ts';

const tools = openTools();
const vg = 'layers';
const disk = bench(tools, vg, 5, 4);
const path = (index: number): string => disk(index).path;

async function onDisk(index: number): Promise<readonly string[]> {
  return (await layoutOf(vg)).filter((line) => line.includes(path(index)));
}

describe('a disk that fails', { timeout: 600_000 }, () => {
  it('under a part of a copy of a mirror is left by all of that copy', async () => {
    const leg = [`${path(1)}:0-3`, `${path(2)}:0-3`];
    const layout = ['--type', 'mirror', '-m1', '--mirrorlog', 'core'];
    const data = await filled(`${vg}/m`, 8, mirrorInSync, ...layout, path(0), ...leg);
    await run('lvconvert', ['--yes', '--interval', '1', '-m2', `${vg}/m`, path(3)]);
    const failing = [expect.stringContaining('mimage_1')];
    expect([await onDisk(1), await onDisk(2)]).toEqual([failing, failing]);
    const good = await onDisk(3);
    await failData(disk(1));
    const writer = rewrite(`${vg}/m`);
    await until(`${vg}/m`, / 1 ADA /);
    const done = await replaceFailedDevice(tools, { vg, with: path(4) });
    await writer;
    expect(done).toMatchObject({ repaired: [`${vg}/m`], blocked: [], kept: [] });
    expect(await kernel(`${vg}/m`)).toMatch(mirrorInSync);
    expect(await checksum(`${vg}/m`)).toBe(data);
    expect([await onDisk(1), await onDisk(2)]).toEqual([[], []]);
    expect(await onDisk(3)).toEqual(good);
  });

  it('under an external origin is the loss of the thin volumes that read through it', async () => {
    await made('-L', '8m', '-n', 'base', vg, path(0));
    await run('lvchange', ['--permission', 'r', `${vg}/base`]);
    await run('lvchange', ['--activate', 'n', `${vg}/base`]);
    const pool = ['--type', 'thin-pool', '-L', '8m', '-n', 'pool', '--poolmetadataspare', 'n'];
    await made(...pool, vg, path(1));
    await made('--snapshot', '--thinpool', `${vg}/pool`, '-n', 'reader', `${vg}/base`);
    await made('-V', '4m', '--thinpool', `${vg}/pool`, '-n', 'other', vg);
    await disk(0).fail();
    const refused = await refusalOf(replaceFailedDevice(tools, { vg, allowDestroy: [`${vg}/base`] }));
    expect(refused).toMatchObject({ reason: 'needs-consent', step: null });
    expect(refused.message).toMatch(/base does not survive.*reader does not survive/);
    const allowDestroy = [`${vg}/base`, `${vg}/reader`];
    const done = await replaceFailedDevice(tools, { vg, allowDestroy });
    expect(done).toMatchObject({ outcome: 'done', destroyed: allowDestroy, kept: [] });
    expect((await tools.lvm.vgs({ targets: [vg] }))[0]).toMatchObject({ missingPvCount: 0, pvCount: 3 });
  });

  it('under an image with integrity is replaced by one that has room for that, too', async () => {
    const layout = ['--type', 'raid1', '-m1', '--raidintegrity', 'y', path(0), path(1)];
    const data = await filled(`${vg}/r`, 40, raidInSync, ...layout);
    await made('-L', '20m', '-n', 'filler', vg, path(2));
    await disk(0).fail();
    const refused = await refusalOf(replaceFailedDevice(tools, { vg, with: path(2) }));
    expect(refused).toMatchObject({ reason: 'not-enough-space', step: null });
    expect(refused.message).toMatch(/layers\/r needs 49 extents .* has 43 free/);
    await run('lvremove', ['--yes', `${vg}/filler`]);
    const done = await replaceFailedDevice(tools, { vg, with: path(2) });
    expect(done).toMatchObject({ outcome: 'done', repaired: [`${vg}/r`] });
    expect(await checksum(`${vg}/r`)).toBe(data);
    expect(await onDisk(2)).toHaveLength(3);
  });

  it('under an image with integrity that is not active is told with what to do', async () => {
    const layout = ['--type', 'raid1', '-m1', '--raidintegrity', 'y', path(0), path(1)];
    const data = await filled(`${vg}/r`, 4, raidInSync, ...layout);
    await run('lvchange', ['--activate', 'n', `${vg}/r`]);
    await disk(0).fail();
    const refused = await refusalOf(replaceFailedDevice(tools, { vg }));
    const said = [...refused.message.matchAll(/"(lv\S+) ([^"]*)"/g)];
    expect(said.map(([, command]) => command)).toEqual(['lvconvert', 'lvchange', 'lvconvert']);
    const [remove, activate, add] = said.map(([, command = '', words = '']) => async () => {
      await run(command, ['--yes', ...words.split(' ')]);
    });
    await remove?.();
    await activate?.();
    expect(await replaceFailedDevice(tools, { vg })).toMatchObject({ outcome: 'done', blocked: [] });
    await add?.();
    expect(await checksum(`${vg}/r`)).toBe(data);
    await until(`${vg}/r_rimage_0`, / integrity /);
  });

  it('under the destination of a pvmove is told with what to do', async () => {
    const data = await filled(`${vg}/data`, 40, null, path(0));
    await disk(1).slow(3000);
    await run('pvmove', ['--background', '--interval', '60', path(0), path(1)]);
    await disk(1).fail();
    const refused = await refusalOf(replaceFailedDevice(tools, { vg }));
    expect(refused).toMatchObject({ reason: 'unsafe', step: null });
    const [, words = ''] = /"lvm (lvpoll [^"]*)"/.exec(refused.message) ?? [];
    await run('lvm', words.split(' '));
    expect(await checksum(`${vg}/data`)).toBe(data);
    const done = await replaceFailedDevice(tools, { vg });
    expect(done).toMatchObject({ outcome: 'done', destroyed: [], blocked: [] });
    expect((await tools.lvm.vgs({ targets: [vg] }))[0]).toMatchObject({ missingPvCount: 0, pvCount: 3 });
  });
});
