import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { write } from './support/disks.ts';
import { type LoopDisk, loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('reading the status of a stack of mirror, raid, snapshot, thin pool and cache', () => {
  const vg = 'quiet';
  const disks: LoopDisk[] = [];

  beforeAll(async () => {
    for (let disk = 0; disk < 3; disk++) disks.push(await loopDisk(96));
    await volumeGroup(vg, disks, { extentSize: '1m' });
    const lvcreate = (...args: readonly string[]) => run('lvcreate', ['--yes', ...args, vg]);
    await lvcreate(
      '--type',
      'mirror',
      '--mirrors',
      '1',
      '--mirrorlog',
      'disk',
      '--size',
      '4m',
      '--name',
      'mirror',
    );
    await lvcreate('--type', 'raid1', '--mirrors', '1', '--size', '4m', '--name', 'raid');
    await run('lvcreate', ['--yes', '--snapshot', '--size', '2m', '--name', 'snap', `${vg}/raid`]);
    await lvcreate('--type', 'thin-pool', '--size', '16m', '--name', 'pool');
    await run('lvcreate', ['--yes', '--virtualsize', '64m', '--name', 'thin', '--thinpool', `${vg}/pool`]);
    await lvcreate('--size', '8m', '--name', 'slow');
    await lvcreate('--type', 'cache-pool', '--size', '8m', '--name', 'fast');
    await run('lvconvert', ['--yes', '--type', 'cache', '--cachepool', `${vg}/fast`, `${vg}/slow`]);
    for (const lv of ['mirror', 'raid', 'snap', 'thin', 'slow'])
      await write(`/dev/mapper/${vg}-${lv}`, 0, 1024 * 1024);
    // Every tenth block of a volume makes its mapping a tree of many nodes.
    for (let block = 1; block < 100; block++) await write(`/dev/mapper/${vg}-thin`, block * 655_360, 4096);
  });

  // Reads and writes that the disk has completed: fields 1 and 5 (Documentation/block/stat.rst).
  async function traffic(): Promise<readonly string[]> {
    const counters = disks.map(async ({ path }) => {
      const fields = (await readFile(`/sys/block/${path.slice('/dev/'.length)}/stat`, 'utf8'))
        .trim()
        .split(/\s+/);
      return `${path} ${fields[0]} reads, ${fields[4]} writes`;
    });
    return Promise.all(counters);
  }

  it('touches no disk: 200 polls leave the read and write counters of all of them as they were', async () => {
    // The writes above are followed by a commit of the pool and by superblock updates of the raid.
    const quiet = async () => {
      const before = await traffic();
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return { before, after: await traffic() };
    };
    const { after: before } = await until(quiet, (now) => String(now.before) === String(now.after), 60);
    for (let poll = 0; poll < 200; poll++) {
      const all = await dm.status();
      if (poll === 0) expect(all.map(({ error }) => error)).not.toContainEqual(expect.any(Error));
    }
    await dm.table();
    await dm.devices();
    expect(await traffic()).toEqual(before);
  });

  it('but the first status of a thin volume after its activation may read its mapping from the pool metadata', async () => {
    await run('lvchange', ['--activate', 'n', `${vg}/thin`, `${vg}/pool`]);
    await run('lvchange', ['--activate', 'y', `${vg}/thin`]);
    const before = await traffic();
    await dm.status(`${vg}/thin`);
    const after = await traffic();
    const writes = (counters: readonly string[]) => counters.map((counter) => counter.split(', ')[1]);
    expect(writes(after)).toEqual(writes(before));
    for (let poll = 0; poll < 20; poll++) await dm.status(`${vg}/thin`);
    expect(await traffic()).toEqual(after);
  });
});
