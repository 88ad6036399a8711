import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup, sameAsLvs, statusOf } from './support/compare.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmCreate, dmRemove, loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const vg = 'snaps';
const mebibyte = 1024 * 1024;

describe('a thick snapshot of LVM', () => {
  const snapshot = `${vg}/snap`;
  const status = () => statusOf(dm, snapshot, 'snapshot');
  const fill = async () => {
    const now = await status();
    // What is invalid has no fill of its own; the bar is what lvs shows.
    return [now.state === 'ok' ? now.fill.percent : (summarize(now).bar?.percent ?? '')];
  };
  const compare = () => sameAsLvs(snapshot, ['data_percent'], fill);

  beforeAll(async () => {
    await volumeGroup(vg, [await loopDisk(64)], { extentSize: '1m' });
    await run('lvcreate', ['--yes', '--size', '24m', '--name', 'origin', vg]);
    await run('lvcreate', ['--yes', '--snapshot', '--size', '8m', '--name', 'snap', `${vg}/origin`]);
  });

  it('is 0.00 when empty, although its metadata uses sectors', async () => {
    expect(await compare()).toEqual(['0.00']);
    const now = await status();
    expect(now.state === 'ok' && now.fill.used === now.metadataSectors && now.fill.used > 0).toBe(true);
    const { table } = await sameAsDmsetup(dm, `${vg}-snap`);
    expect(table).toMatchObject([{ type: 'snapshot', persistence: 'P', chunkSectors: 8 }]);
    for (const layer of ['origin', 'origin-real', 'snap-cow']) await sameAsDmsetup(dm, `${vg}-${layer}`);
  });

  it.each([2, 4, 6.5, 7.75])(
    'shows the percentage of lvs after %d MiB of the origin were written',
    async (mib) => {
      await write(`/dev/mapper/${vg}-origin`, 0, mib * mebibyte);
      const [percent] = await compare();
      expect(Number(percent)).toBeGreaterThan((mib / 8) * 100);
      await sameAsDmsetup(dm, `${vg}-snap`);
    },
  );

  it('is invalid once it overflows: failed, 100.00 as in lvs, and an event tells', async () => {
    const before = (await dm.info(snapshot)).eventNumber;
    await write(`/dev/mapper/${vg}-origin`, 0, 16 * mebibyte);
    expect(await status()).toEqual({ type: 'snapshot', params: 'Invalid', state: 'invalid' });
    expect(summarize(await status())).toMatchObject({ health: 'failed' });
    expect(await compare()).toEqual(['100.00']);
    await sameAsDmsetup(dm, `${vg}-snap`);
    expect((await dm.info(snapshot)).eventNumber).toBe(before + 1);
    await run('lvremove', ['--yes', snapshot]);
  });
});

describe('a snapshot made with dmsetup', () => {
  let origin: TestDisk;
  let cow: TestDisk;
  beforeAll(async () => {
    origin = await testDisk('snap-origin', 8);
    cow = await testDisk('snap-cow', 4);
  });

  async function create(name: string, persistence: string): Promise<void> {
    await write(cow.path, 0, 4096, 0);
    await dmCreate(name, `0 16384 snapshot ${origin.device} ${cow.device} ${persistence} 8`);
  }

  it('of type PO is an overflow when full, not invalid, and no event tells', async () => {
    await create('snap-po', 'PO');
    await write('/dev/mapper/snap-po', 0, 6 * mebibyte).catch(() => undefined);
    const { status, table } = await sameAsDmsetup(dm, 'snap-po');
    expect(table).toMatchObject([{ persistence: 'PO' }]);
    expect(status).toEqual([{ type: 'snapshot', params: 'Overflow', state: 'overflow' }]);
    expect(status.map(summarize)).toMatchObject([{ health: 'warning' }]);
    expect((await dm.info('snap-po')).eventNumber).toBe(0);
    await dmRemove('snap-po');
  });

  it('of type N keeps no metadata', async () => {
    await create('snap-n', 'N');
    await write('/dev/mapper/snap-n', 0, mebibyte);
    const { status } = await sameAsDmsetup(dm, 'snap-n');
    expect(status).toMatchObject([{ state: 'ok', metadataSectors: 0, fill: { used: 2048, total: 8192 } }]);
    await dmRemove('snap-n');
  });

  it('whose COW disk dies is invalid', async () => {
    await create('snap-dead', 'P');
    await cow.fail();
    await write('/dev/mapper/snap-dead', 0, 4096).catch(() => undefined);
    await cow.heal();
    const { status } = await sameAsDmsetup(dm, 'snap-dead');
    expect(status).toMatchObject([{ state: 'invalid' }]);
    await dmRemove('snap-dead');
  });

  it('merges back: usage counts down until there is only metadata', async () => {
    await create('snap-merge', 'P');
    await write('/dev/mapper/snap-merge', 0, 2 * mebibyte);
    await dmRemove('snap-merge');
    // Each batch of chunks ends with a write of metadata to the COW disk.
    await cow.slow(20);
    await origin.slow(20);
    await dmCreate('snap-merge', `0 16384 snapshot-merge ${origin.device} ${cow.device} P 8`);
    const merging = await until(
      () => statusOf(dm, 'snap-merge', 'snapshot-merge'),
      (now) => now.state === 'ok' && now.fill.used < 4096,
    );
    expect(summarize(merging)).toMatchObject({ health: 'busy' });
    await cow.heal();
    await origin.heal();
    const merged = await until(
      () => statusOf(dm, 'snap-merge', 'snapshot-merge'),
      (now) => now.state === 'ok' && now.fill.used === now.metadataSectors,
    );
    expect(summarize(merged)).toMatchObject({ health: 'ok', text: 'merged' });
    const { table } = await sameAsDmsetup(dm, 'snap-merge');
    expect(table).toMatchObject([{ type: 'snapshot-merge', origin: origin.device, cow: cow.device }]);
    await dmRemove('snap-merge');
  });

  it('stands beside its origin', async () => {
    await dmCreate('snap-top', `0 16384 snapshot-origin ${origin.device}`);
    const { status, table } = await sameAsDmsetup(dm, 'snap-top');
    expect(status).toEqual([{ type: 'snapshot-origin', params: '' }]);
    expect(table).toMatchObject([{ device: origin.device }]);
    await dmRemove('snap-top');
  });
});
