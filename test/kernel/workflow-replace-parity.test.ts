import { describe, expect, it } from 'vitest';
import { planReplaceFailedDevice, replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made, until } from './support/conversions.ts';
import { run } from './support/lab.ts';
import {
  bench,
  checksum,
  failData,
  layoutOf,
  openTools,
  raidInSync,
  refusalOf,
  rewrite,
  scribbled,
  wipe,
} from './support/replace.ts';

const tools = openTools();
const vg = 'rack';
// A raid6 needs five; the last two are the spares.
const disk = bench(tools, vg, 7, 5);
const path = (index: number): string => disk(index).path;
const first = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => path(index));
const spares = (): readonly string[] => [path(5), path(6)];

// With image n on disk n each. The copies of the raid10 are on disks 0 and 1, and on 2 and 3.
const shapes = {
  five: { type: ['raid5', '-i2'], mebibytes: 4, images: 3 },
  six: { type: ['raid6', '-i3'], mebibytes: 6, images: 5 },
  ten: { type: ['raid10', '-i2', '-m1'], mebibytes: 4, images: 4 },
} as const;

type Name = keyof typeof shapes;
// Of random bytes: in equal ones a block that is made anew in the wrong place does not show.
async function filled(...names: readonly Name[]): Promise<readonly string[]> {
  for (const name of names) {
    const { type, mebibytes, images } = shapes[name];
    await made('--type', ...type, '-L', `${mebibytes}m`, '-n', name, vg, ...first(images));
    await until(`${vg}/${name}`, raidInSync);
    await scribbled(`${vg}/${name}`, mebibytes);
    expect(await disksOf(name)).toEqual(first(images));
  }
  return checksums(...names);
}

function checksums(...names: readonly Name[]): Promise<readonly string[]> {
  return Promise.all(names.map((name) => checksum(`${vg}/${name}`)));
}

// The disks of its data, in the order of its images.
async function disksOf(name: Name): Promise<string[]> {
  const images = (await layoutOf(vg)).filter((line) => line.startsWith(`${name}_rimage_`));
  return images.map((line) => line.replace(/^\S+ |\(\d+\)$/g, ''));
}

// Plans it, does just that, and looks whether all is in sync, on the spares, and the same.
async function replaced(data: readonly string[], names: readonly Name[], lost: readonly number[]) {
  const given = { vg, with: spares().slice(0, lost.length) };
  const plan = await planReplaceFailedDevice(tools, given);
  for (const name of names) {
    const share = `${lost.length} of ${shapes[name].images} images ${lost.length === 1 ? 'is' : 'are'} lost`;
    expect(plan.changes).toContain(`${vg}/${name} survives: ${share}.`);
  }
  const done = await replaceFailedDevice(tools, given);
  // Its summary names the byte that could not be read, and more legs may have died meanwhile.
  const planned = new Set(done.plan.steps.map(({ name }) => name));
  const steps = plan.steps.filter(({ name, when }) => when === null || planned.has(name));
  expect(done.plan).toMatchObject({ changes: plan.changes, steps });
  const volumes = names.map((name) => `${vg}/${name}`);
  expect(done).toMatchObject({ outcome: 'done', added: given.with, syncing: [], destroyed: [], kept: [] });
  expect([...done.repaired].sort()).toEqual(volumes);
  for (const volume of volumes) expect(await kernel(volume)).toMatch(raidInSync);
  for (const name of names) {
    const kept = first(shapes[name].images).filter((_, index) => !lost.includes(index));
    expect((await disksOf(name)).sort()).toEqual([...kept, ...given.with]);
  }
  const [group] = await tools.lvm.vgs({ targets: [vg] });
  expect(group).toMatchObject({ missingPvCount: 0, pvCount: 5, tags: [] });
  expect(await checksums(...names)).toEqual(data);
}

// How often lvm's metadata was changed, the kernel's tables, and what is a PV.
async function state(): Promise<readonly string[]> {
  const looks = [run('vgs', ['-o', 'vg_seqno', vg]), run('dmsetup', ['table']), run('pvs', [])];
  return [...(await layoutOf(vg)), ...(await Promise.all(looks)).map(({ stdout }) => stdout)];
}

// With another disk gone, and all that the kernel had in memory of the volumes: now the spares have to be read.
async function withoutToo(index: number): Promise<void> {
  await run('vgchange', ['--activate', 'n', vg]);
  await disk(index).fail();
  await run('vgchange', ['--activate', 'y', vg]);
}

const vanishes = (index: number): Promise<void> => wipe(path(index));
// The kernel learns of it by the raid6 only; the others are not in use.
const fails = async (index: number): Promise<void> => {
  await failData(disk(index));
  await rewrite(`${vg}/six`);
};

describe('a raid5, a raid6 and a raid10', { timeout: 600_000 }, () => {
  const all = ['five', 'six', 'ten'] as const;
  it.each([
    ['vanishes', vanishes],
    ['is there but fails its I/O', fails],
  ])('have their data on the spare when a disk of them %s', async (_, lose) => {
    const data = await filled(...all);
    await lose(0);
    await replaced(data, all, [0]);
    await withoutToo(1);
    expect(await checksums(...all)).toEqual(data);
  });
});

describe('a raid6, and a raid10 that has a copy of each stripe left,', { timeout: 600_000 }, () => {
  const both = ['six', 'ten'] as const;
  it.each([
    ['both vanish', [vanishes, vanishes]],
    ['both are there but fail their I/O', [fails, fails]],
    ['one vanishes and the other fails its I/O', [vanishes, fails]],
  ])('have their data on two spares when of two disks at once %s', async (_, lose) => {
    const data = await filled(...both);
    for (const [nth, one] of lose.entries()) await one(2 * nth);
    await replaced(data, both, [0, 2]);
    await withoutToo(1);
    expect(await checksums(...both)).toEqual(data);
  });
});

describe('without consent nothing is changed, and it is told as lost:', { timeout: 600_000 }, () => {
  it.each([
    ['a raid5 that lost two disks', 'five', 9, 'gone'],
    ['a raid5 of which two disks fail their I/O', 'five', 9, 'failing'],
    ['a raid10 that lost both copies of a stripe', 'ten', 12, 'gone'],
    ['a raid10 of which both copies of a stripe fail', 'ten', 12, 'failing'],
  ] as const)('%s', async (_, name, of, how) => {
    await filled(name);
    for (const one of [disk(0), disk(1)]) await (how === 'gone' ? one.fail() : failData(one));
    if (how === 'failing') await expect(rewrite(`${vg}/${name}`)).rejects.toThrow('error reading');
    const before = await state();
    for (const attempt of [planReplaceFailedDevice, replaceFailedDevice]) {
      const refused = await refusalOf(attempt(tools, { vg, with: spares() }));
      expect(refused).toMatchObject({ reason: 'needs-consent', step: null, left: [] });
      expect(refused.message).toContain(`${vg}/${name} does not survive: it had 6 of its ${of} extents`);
      expect(refused.message).toContain(`set allowDestroy to ['${vg}/${name}']`);
    }
    expect(await state()).toEqual(before);
  });
});
