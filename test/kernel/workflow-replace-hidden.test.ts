import { describe, expect, it } from 'vitest';
import { replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made } from './support/conversions.ts';
import { run } from './support/lab.ts';
import { bench, checksum, openTools, raidInSync, rewrite, scribbled } from './support/replace.ts';

const tools = openTools();
const vg = 'hidden';
const disk = bench(tools, vg, 4, 3);
const path = (index: number): string => disk(index).path;

/** A thin pool whose data and metadata are each a raid1 on the first two disks, and a volume of it with something on it. */
async function thinOnRaid(): Promise<string> {
  for (const lv of ['pool', 'meta'])
    await made('--type', 'raid1', '-m1', '-L', '4m', '-n', lv, vg, path(0), path(1));
  const type = ['--type', 'thin-pool', '--poolmetadata', `${vg}/meta`, '--poolmetadataspare', 'n'];
  await run('lvconvert', ['--yes', ...type, `${vg}/pool`]);
  await made('--thinpool', `${vg}/pool`, '-V', '3m', '-n', 'thin');
  return scribbled(`${vg}/thin`, 3);
}

describe('RAID below a thin pool', { timeout: 600_000 }, () => {
  it.each([
    ['the pool is active', []],
    ['only the thin volume was activated', [vg]],
  ] as const)('takes back a leg whose disk was away: %s', async (_, deactivated) => {
    await thinOnRaid();
    for (const name of deactivated) {
      await run('vgchange', ['--activate', 'n', name]);
      await run('lvchange', ['--activate', 'y', `${vg}/thin`]);
    }
    await disk(0).fail();
    const data = await scribbled(`${vg}/thin`, 3);
    await run('lvchange', ['--addtag', 'meanwhile', `${vg}/thin`]);
    await disk(0).heal();
    expect(await kernel(`${vg}/pool_tdata`)).toMatch(/ DA /);
    const done = await replaceFailedDevice(tools, { vg });
    expect(done.plan.steps.map(({ name }) => name)).toEqual([
      ...['restore', 'refresh:pool', 'sync', 'forget', 'check'],
    ]);
    const refreshed = deactivated.length === 0 ? 'pool' : 'thin';
    expect(done.plan.steps[1]?.commands[0]).toEqual(['lvchange', '--refresh', '--', `${vg}/${refreshed}`]);
    expect(done).toMatchObject({ outcome: 'done', removed: [], syncing: [] });
    expect(done.repaired).toContain(`${vg}/pool_tdata`);
    for (const lv of ['pool_tdata', 'pool_tmeta']) expect(await kernel(`${vg}/${lv}`)).toMatch(raidInSync);
    const rows = await tools.lvm.lvs({ select: `vg_name=${vg}`, all: true });
    expect(rows.flatMap(({ tags }) => tags)).toEqual(['meanwhile']);
    await disk(1).fail();
    await rewrite(`${vg}/thin`);
    expect(await checksum(`${vg}/thin`)).toBe(data);
  });
});
