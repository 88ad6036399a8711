import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmCreate, dmRemove, loopDisk, run, volumeGroup } from './support/lab.ts';
import { type Watch, watch } from './support/watch.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const mebibyte = 1024 * 1024;
const thresholds = [0.9, 0.25, 0.5];

describe('a snapshot that fills', () => {
  let origin: TestDisk;
  let cow: TestDisk;
  beforeAll(async () => {
    origin = await testDisk('mn-origin', 8);
    cow = await testDisk('mn-cow', 4);
  });

  async function fill(name: string, persistence: string): Promise<Watch> {
    await write(cow.path, 0, 4096, 0);
    await dmCreate(name, `0 16384 snapshot ${origin.device} ${cow.device} ${persistence} 8`);
    const watching = await watch(dm, { interval: 50, thresholds });
    for (const [step, threshold] of [0.25, 0.5, 0.9].entries()) {
      await write(`/dev/mapper/${name}`, (step * 5 * mebibyte) / 4, (5 * mebibyte) / 4);
      await watching.monitor.refresh();
      expect(watching.told.at(-1)).toMatchObject({ kind: 'usage-above', usage: 'snapshot', threshold });
    }
    await write(`/dev/mapper/${name}`, 0, 6 * mebibyte).catch(() => undefined);
    return watching;
  }

  it('of type P crosses the thresholds in order and is then invalid', async () => {
    const watching = await fill('mn-p', 'P');
    const { after } = await watching.seen('snapshot-invalid', 'mn-p');
    expect(after).toMatchObject({ state: 'invalid' });
    expect(watching.kindsOf('mn-p').filter((kind) => kind.startsWith('snapshot'))).toEqual([
      'snapshot-invalid',
    ]);
    expect(thresholdsOf(watching, 'mn-p')).toEqual([0.25, 0.5, 0.9]);
    await dmRemove('mn-p');
  });

  it('of type PO, which sends no event, crosses them as well and has then overflowed', async () => {
    const watching = await fill('mn-po', 'PO');
    const { after } = await watching.seen('snapshot-overflowed', 'mn-po');
    expect(after).toMatchObject({ state: 'overflow' });
    expect(watching.kindsOf('mn-po').filter((kind) => kind.startsWith('snapshot'))).toEqual([
      'snapshot-overflowed',
    ]);
    expect(thresholdsOf(watching, 'mn-po')).toEqual([0.25, 0.5, 0.9]);
    await dmRemove('mn-po');
  });
});

describe('a snapshot of LVM that overflows', () => {
  it('is told invalid by its event, without a tick', async () => {
    await volumeGroup('mnvg', [await loopDisk(192)], { extentSize: '1m' });
    await run('lvcreate', ['--yes', '--size', '8m', '--name', 'origin', 'mnvg']);
    await run('lvcreate', ['--yes', '--snapshot', '--size', '1m', '--name', 'small', 'mnvg/origin']);
    const watching = await watch(dm, { interval: 3_600_000 });
    await write('/dev/mapper/mnvg-origin', 0, 4 * mebibyte);
    const done = performance.now();
    const { toldAt } = await watching.seen('snapshot-invalid', 'mnvg-small', 5);
    expect(toldAt - done).toBeLessThan(200);
    await run('lvremove', ['--yes', 'mnvg/small']);
  });
});

describe('a snapshot of LVM that is merged', () => {
  it('is told from merge-started over its progress to merge-finished', async () => {
    // Enough that the merge is seen under way.
    await run('lvcreate', ['--yes', '--size', '64m', '--name', 'wide', 'mnvg']);
    await run('lvcreate', ['--yes', '--snapshot', '--size', '72m', '--name', 'snap', 'mnvg/wide']);
    await write('/dev/mapper/mnvg-snap', 0, 60 * mebibyte);
    const watching = await watch(dm, { interval: 50 });
    await run('lvconvert', ['--yes', '--merge', '--interval', '1', 'mnvg/snap']);
    const { before } = await watching.seen('merge-finished', 'mnvg-wide');
    expect(before).toMatchObject({ type: 'snapshot-merge' });
    const kinds = watching.kindsOf('mnvg-wide');
    expect(kinds.filter((kind) => kind === 'merge-started')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'merge-finished')).toHaveLength(1);
    expect(kinds.indexOf('merge-started')).toBeLessThan(kinds.indexOf('progressed'));
    expect(kinds.lastIndexOf('progressed')).toBeLessThan(kinds.indexOf('merge-finished'));
    expect(kinds).not.toContain('merge-failed');
    expect(watching.monitor.current.get('mnvg-wide')?.segments).toMatchObject([
      { status: { type: 'linear' } },
    ]);
  });
});

function thresholdsOf({ told }: Watch, name: string): readonly number[] {
  return told.flatMap((change) =>
    change.kind === 'usage-above' && change.device.name === name ? [change.threshold] : [],
  );
}
