import { describe, expect, it } from 'vitest';
import { replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made, until } from './support/conversions.ts';
import { run } from './support/lab.ts';
import {
  bench,
  checksum,
  filled,
  layoutOf,
  mirrorInSync,
  openTools,
  raidInSync,
  refusalOf,
  scribbled,
  wipe,
} from './support/replace.ts';

const tools = openTools();
const vg = 'blocked';
const volume = `${vg}/m`;
const disk = bench(tools, vg, 4, 4);
const path = (index: number): string => disk(index).path;

async function converting(): Promise<boolean | null | undefined> {
  return (await tools.lvm.lvs({ targets: [volume] }))[0]?.converting;
}

async function withoutDisk(index: number): Promise<void> {
  expect((await layoutOf(vg)).filter((line) => line.includes(path(index)))).toEqual([]);
  expect((await tools.lvm.vgs({ targets: [vg] }))[0]).toMatchObject({ missingPvCount: 0, pvCount: 3 });
}

describe('a dm-mirror', { timeout: 600_000 }, () => {
  it('is not repaired while it is copied from a disk that lvm misses, and is when all is copied', async () => {
    // What the mirror is made of has something on it where its last region is: of 12, the one that is slow.
    await filled(`${vg}/old`, 24, null, path(0));
    await run('lvremove', ['--yes', `${vg}/old`]);
    await disk(1).slow(60_000, 23);
    const layout = ['--type', 'mirror', '-m1', '--mirrorlog', 'core', '-L', '24m', '-n', 'm'];
    await made(...layout, vg, path(0), path(1));
    await until(volume, / 11\/12 1 AA /);
    const data = await checksum(volume);
    await wipe(path(0));
    const refused = await refusalOf(replaceFailedDevice(tools, { vg, with: path(3) }));
    expect(refused).toMatchObject({ reason: 'unsafe', step: null });
    expect(refused.message).toMatch(/the others lack 1 regions of it: wait/);
    await disk(1).heal();
    await until(volume, mirrorInSync);
    const done = await replaceFailedDevice(tools, { vg });
    expect(done).toMatchObject({ outcome: 'done', repaired: [volume], blocked: [] });
    expect(await checksum(volume)).toBe(data);
    await withoutDisk(0);
  });

  it('that is getting another copy when it loses an old one is repaired as it is said, and then is whole', async () => {
    const layout = ['--type', 'mirror', '-m1', path(0), path(1), path(3)];
    const data = await filled(volume, 24, mirrorInSync, ...layout);
    await disk(2).slow(60_000);
    await run('lvconvert', ['--yes', '--background', '-m2', volume, path(2)]);
    await wipe(path(1));
    expect(await converting()).toBe(true);
    const refused = await refusalOf(replaceFailedDevice(tools, { vg }));
    expect(refused).toMatchObject({ reason: 'unsafe', step: null });
    expect(refused.message).toMatch(/^replaceFailedDevice: blocked\/m cannot be repaired now: another copy/);
    const kept = await replaceFailedDevice(tools, { vg, keepLost: true });
    expect(kept).toMatchObject({ blocked: [volume], repaired: [], removed: [] });
    await disk(2).heal();
    const said = [...refused.message.matchAll(/"(lv\S+) ([^"]*)"/g)];
    expect(said.map(([, command]) => command)).toEqual(['lvconvert', 'lvchange']);
    for (const [, command = '', words = ''] of said) {
      await run(command, ['--yes', ...words.split(' ')]);
      await until(volume, mirrorInSync);
    }
    await expect.poll(converting, { timeout: 60_000 }).toBe(false);
    const done = await replaceFailedDevice(tools, { vg });
    expect(done).toMatchObject({ outcome: 'done', blocked: [] });
    expect(await checksum(volume)).toBe(data);
    await withoutDisk(1);
  });
});

describe('a RAID', { timeout: 600_000 }, () => {
  it('that is not active is repaired once it is', async () => {
    const data = await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
    await run('lvchange', ['--activate', 'n', `${vg}/r`]);
    await disk(0).fail();
    const refused = await refusalOf(replaceFailedDevice(tools, { vg }));
    expect(refused).toMatchObject({ reason: 'unsafe', step: null });
    const [, command = '', words = ''] = /"(lvchange) ([^"]*)"/.exec(refused.message) ?? [];
    await run(command, words.split(' '));
    const done = await replaceFailedDevice(tools, { vg });
    expect(done).toMatchObject({ outcome: 'done', repaired: [`${vg}/r`] });
    expect(await checksum(`${vg}/r`)).toBe(data);
    await withoutDisk(0);
  });

  it('and a dm-mirror that were made with --nosync are repaired and waited for, with a warning', async () => {
    await made('--type', 'raid1', '-m1', '--nosync', '-L', '4m', '-n', 'r', vg, path(1), path(0));
    await made('--type', 'mirror', '-m1', '--nosync', '-L', '4m', '-n', 'm', vg, path(1), path(0), path(2));
    const sums = [await scribbled(`${vg}/r`, 4), await scribbled(`${vg}/m`, 4)];
    await disk(0).fail();
    const done = await replaceFailedDevice(tools, { vg });
    expect([...done.repaired].sort()).toEqual([`${vg}/m`, `${vg}/r`]);
    expect(done.plan.warnings.filter((text) => text.includes('--nosync'))).toHaveLength(2);
    expect(await Promise.all(['r', 'm'].map((lv) => checksum(`${vg}/${lv}`)))).toEqual(sums);
    expect(await kernel(`${vg}/r`)).toMatch(raidInSync);
    expect(await kernel(`${vg}/m`)).toMatch(mirrorInSync);
    const rows = await tools.lvm.lvs({ select: `vg_name=${vg}`, all: true });
    expect(rows.flatMap(({ tags }) => tags)).toEqual([]);
    await withoutDisk(0);
  });
});
