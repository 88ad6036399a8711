import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { planReplaceFailedDevice, replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made, until } from './support/conversions.ts';
import { run } from './support/lab.ts';
import { recorded } from './support/recording.ts';
import { bench, checksum, devicePath, openTools, raidInSync, wipe } from './support/replace.ts';
import { startWatch } from './support/watch-and-repair.ts';

const tools = openTools();
const vg = 'shelf';
const disk = bench(tools, vg, 6, 4);
const path = (index: number): string => disk(index).path;
const spares = (): string[] => [path(4), path(5)];

// So slow that its recovery lasts longer than lvm's repair, as that of any large volume does; just written to, as the
// volumes are that are in use.
async function slow(lv: string, mebibytes: number, ...layout: readonly string[]): Promise<void> {
  await made('--type', ...layout, '-L', `${mebibytes}m`, '-n', lv, vg);
  await until(`${vg}/${lv}`, raidInSync);
  await scribble(lv, mebibytes);
  await run('lvchange', ['--yes', '--maxrecoveryrate', '8m', `${vg}/${lv}`]);
}

// Of random bytes: what is not copied is not the same by chance.
async function scribble(lv: string, mebibytes: number): Promise<void> {
  const target = [`of=${devicePath(`${vg}/${lv}`)}`, 'bs=1M', `count=${mebibytes}`, 'oflag=direct'];
  await run('dd', ['if=/dev/urandom', ...target, 'status=none']);
}

// Writes to all parts of it, again and again, until that is called.
async function busy(lv: string, mebibytes: number): Promise<() => Promise<void>> {
  const file = await open(devicePath(`${vg}/${lv}`), 'r+');
  const over = new AbortController();
  const writing = (async () => {
    for (let round = 1; !over.signal.aborted; round++) {
      const at = ((round * 7) % mebibytes) * 2 ** 20;
      await file.write(Buffer.alloc(65_536, round), 0, 65_536, at);
      await file.sync();
      await sleep(20);
    }
  })();
  return async () => {
    over.abort();
    await writing;
    await file.close();
  };
}

/** Blocks that differ between the copies, or from their parity, as the kernel counts them when it compares all. */
async function mismatches(lv: string): Promise<number | null | undefined> {
  await run('lvchange', ['--syncaction', 'check', `${vg}/${lv}`]);
  await until(`${vg}/${lv}`, / idle /);
  return (await tools.lvm.lvs({ targets: [`${vg}/${lv}`] }))[0]?.raidMismatchCount;
}

describe('a RAID volume with an image that lvm misses and the kernel uses still', {
  timeout: 600_000,
}, () => {
  it('gets one with all that the others have, of which the kernel hears first; what ran is what was planned', async () => {
    await slow('r', 56, 'raid1', '-m1');
    const data = await checksum(`${vg}/r`);
    await wipe(path(1));
    const recording = recorded(tools.lvm);
    const given = { vg, with: path(4) };
    const done = await replaceFailedDevice({ dm: tools.dm, lvm: recording.lvm }, given);
    expect(done).toMatchObject({ outcome: 'done', repaired: [`${vg}/r`], syncing: [] });
    const refresh = ['lvchange', '--refresh', '--activationmode', 'partial', `${vg}/r`];
    expect(done.plan.steps.find(({ name }) => name === 'tell:r')?.commands).toEqual([
      expect.arrayContaining(refresh.slice(1)),
      expect.arrayContaining(refresh.slice(1)),
    ]);
    expect(recording.commands).toEqual(done.plan.steps.flatMap(({ commands }) => commands));
    expect(await checksum(`${vg}/r_rimage_1`)).toBe(await checksum(`${vg}/r_rimage_0`));
    expect(await checksum(`${vg}/r`)).toBe(data);
  });

  it.each([
    ['raid5', 80, ['raid5', '-i2']],
    ['raid10', 80, ['raid10', '-i2', '-m1']],
  ] as const)('the same of %s', async (_, mebibytes, layout) => {
    await slow('r', mebibytes, ...layout);
    const data = await checksum(`${vg}/r`);
    await wipe(path(1));
    const done = await replaceFailedDevice(tools, { vg, with: path(4) });
    expect(done).toMatchObject({ outcome: 'done', repaired: [`${vg}/r`] });
    expect(await mismatches('r')).toBe(0);
    expect(await checksum(`${vg}/r`)).toBe(data);
  });

  it('the same while it is written to', async () => {
    await slow('r', 56, 'raid1', '-m1');
    const stop = await busy('r', 56);
    await wipe(path(1));
    await replaceFailedDevice(tools, { vg, with: path(4) });
    await stop();
    expect(await checksum(`${vg}/r_rimage_1`)).toBe(await checksum(`${vg}/r_rimage_0`));
  });

  it('the same below a thin pool, told by that', async () => {
    await slow('pool', 48, 'raid1', '-m1');
    await made('--type', 'raid1', '-m1', '-L', '4m', '-n', 'meta', vg);
    await until(`${vg}/meta`, raidInSync);
    const pool = ['--type', 'thin-pool', '--poolmetadata', `${vg}/meta`, '--poolmetadataspare', 'n'];
    await run('lvconvert', ['--yes', ...pool, `${vg}/pool`]);
    await made('--thinpool', `${vg}/pool`, '-V', '40m', '-n', 'thin');
    await scribble('thin', 40);
    const data = await checksum(`${vg}/thin`);
    await wipe(path(1));
    const plan = await planReplaceFailedDevice(tools, { vg, with: path(4) });
    expect(plan.steps.filter(({ name }) => name.startsWith('tell:')).map(({ name }) => name)).toEqual([
      'tell:pool',
    ]);
    await replaceFailedDevice(tools, { vg, with: path(4) });
    for (const lv of ['pool_tdata', 'pool_tmeta'])
      expect(await checksum(`${vg}/${lv}_rimage_1`)).toBe(await checksum(`${vg}/${lv}_rimage_0`));
    expect(await checksum(`${vg}/thin`)).toBe(data);
  });

  it('the same by a hot spare', async () => {
    await slow('r', 56, 'raid1', '-m1');
    const { seen, watch } = startWatch(tools, { vg, spares: spares() });
    await wipe(path(1));
    await seen('repaired');
    await watch.close();
    await until(`${vg}/r`, raidInSync);
    expect(await kernel(`${vg}/r`)).toMatch(raidInSync);
    expect(await checksum(`${vg}/r_rimage_1`)).toBe(await checksum(`${vg}/r_rimage_0`));
  });
});
