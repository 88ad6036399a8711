import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Plan, planReplaceFailedDevice, replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made, until } from './support/conversions.ts';
import { later, run } from './support/lab.ts';
import { recorded } from './support/recording.ts';
import { bench, checksum, devicePath, openTools, raidInSync, scribbled, wipe } from './support/replace.ts';
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
  await scribbled(`${vg}/${lv}`, mebibytes);
  await run('lvchange', ['--yes', '--maxrecoveryrate', '8m', `${vg}/${lv}`]);
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

const tells = ({ steps }: Plan): readonly string[] =>
  steps.flatMap(({ name }) => (name.startsWith('tell:') ? [name] : []));

async function copiesDiffer(lv: string): Promise<boolean> {
  return (await checksum(`${vg}/${lv}_rimage_1`)) !== (await checksum(`${vg}/${lv}_rimage_0`));
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
    expect(await copiesDiffer('r')).toBe(false);
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
    expect(tells(done.plan)).toEqual(['tell:r']);
    expect(await mismatches('r')).toBe(0);
    expect(await checksum(`${vg}/r`)).toBe(data);
  });

  it('the same while it is written to', async () => {
    await slow('r', 56, 'raid1', '-m1');
    const stop = await busy('r', 56);
    await wipe(path(1));
    const { plan } = await replaceFailedDevice(tools, { vg, with: path(4) });
    await stop();
    expect(tells(plan)).toEqual(['tell:r']);
    expect(await copiesDiffer('r')).toBe(false);
  });

  it('the same below a thin pool, told by that', async () => {
    await slow('pool', 48, 'raid1', '-m1');
    await made('--type', 'raid1', '-m1', '-L', '4m', '-n', 'meta', vg);
    await until(`${vg}/meta`, raidInSync);
    const pool = ['--type', 'thin-pool', '--poolmetadata', `${vg}/meta`, '--poolmetadataspare', 'n'];
    await run('lvconvert', ['--yes', ...pool, `${vg}/pool`]);
    await made('--thinpool', `${vg}/pool`, '-V', '40m', '-n', 'thin');
    const data = await scribbled(`${vg}/thin`, 40);
    await wipe(path(1));
    const plan = await planReplaceFailedDevice(tools, { vg, with: path(4) });
    expect(tells(plan)).toEqual(['tell:pool']);
    await replaceFailedDevice(tools, { vg, with: path(4) });
    expect([await copiesDiffer('pool_tdata'), await copiesDiffer('pool_tmeta')]).toEqual([false, false]);
    expect(await checksum(`${vg}/thin`)).toBe(data);
  });

  it('the same below a cache, told by that', async () => {
    await slow('r', 40, 'raid1', '-m1');
    await made('--type', 'cache-pool', '-L', '12m', '--poolmetadatasize', '8m', '-n', 'fast', vg, path(3));
    const cache = ['--type', 'cache', '--cachemode', 'writethrough', '--cachepool', `${vg}/fast`];
    await run('lvconvert', ['--yes', ...cache, `${vg}/r`]);
    const data = await scribbled(`${vg}/r`, 40);
    await wipe(path(1));
    const { plan } = await replaceFailedDevice(tools, { vg, with: path(4) });
    expect(tells(plan)).toEqual(['tell:r']);
    expect(await copiesDiffer('r_corig')).toBe(false);
    expect(await checksum(`${vg}/r`)).toBe(data);
  });

  it('the same with integrity', async () => {
    await slow('r', 32, 'raid1', '-m1', '--raidintegrity', 'y');
    await wipe(path(1));
    const done = await replaceFailedDevice(tools, { vg, with: path(4) });
    expect(done).toMatchObject({ outcome: 'done', repaired: [`${vg}/r`] });
    expect(await copiesDiffer('r')).toBe(false);
  });

  it('the same with a snapshot, and with its file system in use', async () => {
    await slow('r', 40, 'raid1', '-m1');
    const directory = await mkdtemp(join(tmpdir(), 'devmapper-unnoticed-'));
    later(() => rm(directory, { recursive: true }));
    await run('mkfs.ext4', ['-q', devicePath(`${vg}/r`)]);
    await run('mount', [devicePath(`${vg}/r`), directory]);
    try {
      const file = randomBytes(20 * 2 ** 20);
      await writeFile(join(directory, 'file'), file);
      await run('sync', []);
      await made('--snapshot', '-L', '8m', '-n', 'snap', `${vg}/r`, path(3));
      await wipe(path(1));
      const { plan } = await replaceFailedDevice(tools, { vg, with: path(4) });
      expect(tells(plan)).toEqual(['tell:r']);
      expect((await readFile(join(directory, 'file'))).equals(file)).toBe(true);
    } finally {
      await run('umount', [directory]);
    }
    expect(await copiesDiffer('r')).toBe(false);
    const [snapshot] = await tools.lvm.lvs({ targets: [`${vg}/snap`] });
    expect(snapshot?.attributes.state).toBe('active');
  });

  it('the same by a hot spare', async () => {
    await slow('r', 56, 'raid1', '-m1');
    const { seen, watch } = startWatch(tools, { vg, spares: spares() });
    await wipe(path(1));
    const { result } = await seen('repaired');
    await watch.close();
    expect(tells(result.plan)).toEqual(['tell:r']);
    await until(`${vg}/r`, raidInSync);
    expect(await kernel(`${vg}/r`)).toMatch(raidInSync);
    expect(await copiesDiffer('r')).toBe(false);
  });

  it('is replaced as it is if its disk was away and is there again: nothing fails there', async () => {
    await slow('r', 40, 'raid1', '-m1');
    await disk(1).fail();
    await run('vgchange', ['--addtag', 'by.which.lvm.notes.it', vg]);
    await disk(1).heal();
    const given = { vg, failed: path(1), with: path(4) };
    const done = await replaceFailedDevice(tools, given);
    expect(done).toMatchObject({ outcome: 'done', repaired: [`${vg}/r`] });
    expect(tells(done.plan)).toEqual([]);
    expect(await copiesDiffer('r')).toBe(false);
  });
});
