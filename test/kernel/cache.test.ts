import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup, sameAsLvs, statusOf } from './support/compare.ts';
import { write } from './support/disks.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const vg = 'caches';
const mebibyte = 1024 * 1024;

beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(96)], { extentSize: '1m' });
});

describe('a writeback cache of LVM', () => {
  const lv = `${vg}/slow`;
  const status = async () => {
    const now = await statusOf(dm, lv, 'cache');
    if (now.state !== 'ok') throw new Error(now.params);
    return now;
  };
  // The policy takes a block in when it is written to again and again.
  const dirtied = () =>
    until(
      async () => {
        for (let block = 0; block < 12; block++)
          await write(`/dev/mapper/${vg}-slow`, block * 32_768, 32_768);
        return status();
      },
      ({ data, dirty }) => Number(data.used) > 0 && Number(dirty.used) > 0,
      60,
    );
  const compare = () =>
    sameAsLvs(lv, ['data_percent', 'metadata_percent', 'copy_percent'], async () => {
      const { data, metadata, dirty } = await status();
      return [data.percent, metadata.percent, dirty.percent];
    });

  beforeAll(async () => {
    await run('lvcreate', ['--yes', '--size', '32m', '--name', 'slow', vg]);
    await run('lvcreate', [
      ...['--yes', '--type', 'cache-pool', '--size', '8m', '--poolmetadatasize', '8m', '--chunksize', '32k'],
      ...['--name', 'fast', vg],
    ]);
    const args = ['--yes', '--type', 'cache', '--cachemode', 'writeback', '--cachepool', `${vg}/fast`, lv];
    await run('lvconvert', args);
  });

  it('shows the percentages of lvs, empty: nothing dirty', async () => {
    const [data, , dirty] = await compare();
    expect([data, dirty]).toEqual(['0.00', '0.00']);
  });

  it('shows the percentages of lvs, filling, and the share of dirty blocks', async () => {
    await dirtied();
    const [data] = await compare();
    expect(Number(data)).toBeGreaterThan(0);
  });

  it('answers as dmsetup does, layer by layer', async () => {
    for (const layer of ['slow', 'slow_corig', 'fast_cpool_cdata', 'fast_cpool_cmeta'])
      await sameAsDmsetup(dm, `${vg}-${layer}`);
    const { status: now } = await sameAsDmsetup(dm, `${vg}-slow`);
    expect(now).toMatchObject([
      { mode: 'rw', needsCheck: false, policy: 'smq', features: expect.arrayContaining(['writeback']) },
    ]);
  });

  it('has nothing dirty any more once the policy cleaner has flushed it, and an event tells', async () => {
    const { eventNumber } = await dm.info(lv);
    await dirtied();
    await run('lvchange', ['--cachepolicy', 'cleaner', lv]);
    await until(status, ({ policy, dirty }) => policy === 'cleaner' && dirty.used === 0);
    expect(await compare()).toMatchObject({ 2: '0.00' });
    await sameAsDmsetup(dm, `${vg}-slow`);
    expect((await dm.info(lv)).eventNumber).not.toBe(eventNumber);
  });
});

describe('a writecache of LVM', () => {
  it('shows the percentage of lvs and answers as dmsetup does', async () => {
    const lv = `${vg}/wslow`;
    await run('lvcreate', ['--yes', '--size', '16m', '--name', 'wslow', vg]);
    await run('lvcreate', ['--yes', '--size', '8m', '--name', 'wfast', vg]);
    await run('lvchange', ['--activate', 'n', `${vg}/wfast`]);
    await run('lvconvert', ['--yes', '--type', 'writecache', '--cachevol', 'wfast', lv]);
    await write(`/dev/mapper/${vg}-wslow`, 0, 2 * mebibyte);
    const [percent] = await sameAsLvs(lv, ['data_percent'], async () => {
      const { data } = await statusOf(dm, lv, 'writecache');
      return [data.percent];
    });
    expect(Number(percent)).toBeGreaterThan(0);
    const { status: now, table } = await sameAsDmsetup(dm, `${vg}-wslow`);
    expect(now.map(summarize)).toMatchObject([{ health: 'ok' }]);
    expect(table).toMatchObject([{ type: 'writecache' }]);
  });
});
