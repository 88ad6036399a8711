import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup, sameAsLvs, statusOf } from './support/compare.ts';
import { write } from './support/disks.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { lvs } from './support/lvs.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const vg = 'thins';
const mebibyte = 1024 * 1024;

beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(160)], { extentSize: '4m' });
});

async function poolPercents(pool: string): Promise<readonly string[]> {
  const now = await statusOf(dm, `${vg}-${pool}-tpool`, 'thin-pool');
  return now.state === 'ok' ? [now.data.percent, now.metadata.percent] : [];
}

async function thinPercents(lv: string): Promise<readonly string[]> {
  const now = await statusOf(dm, `${vg}/${lv}`, 'thin');
  return now.state === 'ok' ? [now.fill?.percent ?? ''] : [];
}

describe.each(['64k', '192k'])('a thin pool of LVM with chunks of %s', (chunk) => {
  const pool = `pool${chunk}`;
  const lv = `thin${chunk}`;

  it('shows the percentages of lvs, empty', async () => {
    await run('lvcreate', [
      ...['--yes', '--type', 'thin-pool', '--size', '24m', '--chunksize', chunk, '--poolmetadatasize', '4m'],
      ...['--name', pool, vg],
    ]);
    await run('lvchange', ['--errorwhenfull', 'y', `${vg}/${pool}`]);
    await run('lvcreate', ['--yes', '--virtualsize', '20m', '--name', lv, '--thinpool', `${vg}/${pool}`]);
    expect(await sameAsLvs(`${vg}/${lv}`, ['data_percent'], () => thinPercents(lv))).toEqual(['0.00']);
    await sameAsLvs(`${vg}/${pool}`, ['data_percent', 'metadata_percent'], () => poolPercents(pool));
  });

  it('shows the percentages of lvs with data, of the pool and of a volume whose size is no multiple of the chunk', async () => {
    await write(`/dev/mapper/${vg}-${lv}`, 5 * mebibyte, 7 * mebibyte);
    const [pools] = await sameAsLvs(`${vg}/${pool}`, ['data_percent', 'metadata_percent'], () =>
      poolPercents(pool),
    );
    const [volumes] = await sameAsLvs(`${vg}/${lv}`, ['data_percent'], () => thinPercents(lv));
    expect(Number(volumes)).toBeGreaterThanOrEqual((7 / 21) * 100);
    expect(Number(pools)).toBeGreaterThanOrEqual((7 / 24) * 100);
  });

  it('answers as dmsetup does, layer by layer', async () => {
    for (const layer of [lv, `${pool}-tpool`, pool, `${pool}_tdata`, `${pool}_tmeta`])
      await sameAsDmsetup(dm, `${vg}-${layer}`);
    const { table } = await sameAsDmsetup(dm, `${vg}-${pool}-tpool`);
    expect(table).toMatchObject([{ type: 'thin-pool', blockSectors: Number.parseInt(chunk, 10) * 2 }]);
  });

  it('shows 100.00 for a volume that is all mapped', async () => {
    await write(`/dev/mapper/${vg}-${lv}`, 0, 20 * mebibyte);
    expect(await sameAsLvs(`${vg}/${lv}`, ['data_percent'], () => thinPercents(lv))).toEqual(['100.00']);
  });

  it('out of data space says so, as lvs does, and an event tells', async () => {
    const device = `${vg}-${pool}-tpool`;
    const before = (await dm.info(device)).eventNumber;
    await run('lvcreate', [
      '--yes',
      '--virtualsize',
      '20m',
      '--name',
      `${lv}b`,
      '--thinpool',
      `${vg}/${pool}`,
    ]);
    await expect(write(`/dev/mapper/${vg}-${lv}b`, 0, 12 * mebibyte)).rejects.toThrow(/^(?:EIO|ENOSPC)/);
    const now = await until(
      () => statusOf(dm, device, 'thin-pool'),
      (pool) => pool.state === 'ok' && pool.mode === 'out_of_data_space',
    );
    expect(now).toMatchObject({ data: { percent: '100.00' }, noSpace: 'error_if_no_space' });
    expect(summarize(now)).toMatchObject({ health: 'failed' });
    expect(await lvs(`${vg}/${pool}`, ['lv_health_status', 'data_percent'])).toEqual([
      'out_of_data',
      '100.00',
    ]);
    await sameAsDmsetup(dm, device);
    expect((await dm.info(device)).eventNumber).not.toBe(before);
    await run('lvremove', ['--yes', `${vg}/${pool}`]);
  });
});
