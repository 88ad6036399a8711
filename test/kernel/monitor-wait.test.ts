import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { statusOf } from './support/compare.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup, replaceTable } from './support/dmsetup.ts';
import { dmCreate, dmRemove, loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';
import { watch } from './support/watch.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const mebibyte = 1024 * 1024;
let first: TestDisk;
let second: TestDisk;
beforeAll(async () => {
  first = await testDisk('mw-first', 8);
  second = await testDisk('mw-second', 8);
});

// A mirror of 16 regions, each of which takes as long to copy as one write to the second disk.
async function mirror(name: string, { writeTakes = 0, words = '1 1024' } = {}): Promise<void> {
  await second.slow(writeTakes);
  onTestFinished(async () => {
    await first.heal();
    await second.heal();
    if ((await dmsetup('ls')).includes(`${name}\t`)) await dmRemove(name);
  });
  const legs = `2 ${first.device} 0 ${second.device} 0`;
  await dmCreate(name, `0 16384 mirror core ${words} ${legs} 1 handle_errors`);
}

describe('waiting for in-sync', () => {
  it('is over at once if it is reached', async () => {
    await mirror('mw-done', { words: '2 1024 nosync' });
    const device = await dm.waitFor('mw-done', 'in-sync');
    expect(device).toMatchObject({ name: 'mw-done', segments: [{ status: { sync: { ratio: 1 } } }] });
    expect(await dm.waitFor({ major: device.major, minor: device.minor }, 'in-sync')).toMatchObject({
      name: 'mw-done',
    });
  });

  it('is over by the event, without a tick', async () => {
    await mirror('mw-sync', { writeTakes: 20 });
    const begun = performance.now();
    const device = await dm.waitFor('mw-sync', 'in-sync', { interval: 3_600_000, timeout: 20_000 });
    expect(device.segments).toMatchObject([{ status: { sync: { ratio: 1 } } }]);
    expect(performance.now() - begun).toBeGreaterThan(100);
  });

  it('shows the device at every look', async () => {
    await mirror('mw-looks', { writeTakes: 20 });
    const ratios: number[] = [];
    await dm.waitFor('mw-looks', 'in-sync', {
      interval: 50,
      onProgress({ segments }) {
        const status = segments[0]?.status;
        if (status?.type === 'mirror') ratios.push(status.sync.ratio);
      },
    });
    expect(ratios.length).toBeGreaterThan(3);
    expect(ratios.at(-1)).toBe(1);
    expect(ratios).toEqual([...ratios].sort((one, other) => one - other));
  });

  it('rejects at once when there is no such device, or it goes away', async () => {
    await expect(dm.waitFor('mw-none', 'in-sync')).rejects.toMatchObject({ reason: 'no-device' });
    await mirror('mw-gone', { writeTakes: 1000 });
    const waiting = dm.waitFor('mw-gone', 'in-sync', { interval: 3_600_000 }).then(
      () => undefined,
      (error: unknown) => ({ error, at: performance.now() }),
    );
    await sleep(300);
    await dmRemove('mw-gone');
    const removed = performance.now();
    const outcome = await waiting;
    expect(outcome?.error).toMatchObject({ reason: 'no-device', code: 'ENXIO', device: 'mw-gone' });
    expect((outcome?.at ?? 0) - removed).toBeLessThan(500);
  });

  it('rejects when all legs have failed, and says so', async () => {
    await mirror('mw-dead', { words: '2 1024 nosync' });
    await first.fail();
    await second.fail();
    const writer = write('/dev/mapper/mw-dead', 0, 4096).catch(() => undefined);
    await until(
      () => statusOf(dm, 'mw-dead', 'mirror'),
      ({ legs }) => legs.every(({ health }) => health !== 'alive'),
    );
    await expect(dm.waitFor('mw-dead', 'in-sync', { timeout: 10_000 })).rejects.toThrow(/it has failed/);
    await first.heal();
    await second.heal();
    await dmsetup('suspend', '--noflush', 'mw-dead');
    await dmsetup('resume', 'mw-dead');
    await writer;
  });

  it('rejects after its timeout and by its signal', async () => {
    await mirror('mw-slow', { writeTakes: 500 });
    const begun = performance.now();
    await expect(dm.waitFor('mw-slow', 'in-sync', { timeout: 300 })).rejects.toMatchObject({
      reason: 'timed-out',
      code: 'ETIMEDOUT',
    });
    const signal = AbortSignal.timeout(300);
    await expect(dm.waitFor('mw-slow', 'in-sync', { signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(performance.now() - begun).toBeGreaterThan(550);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('ends with its instance, which starts none afterwards', async () => {
    await mirror('mw-close', { writeTakes: 500 });
    const own = DeviceMapper.open();
    const waiting = own.waitFor('mw-close', 'in-sync');
    await sleep(300);
    own.close();
    await expect(waiting).rejects.toMatchObject({ reason: 'closed', code: 'ERR_DM_CLOSED' });
    await expect(own.waitFor('mw-close', 'in-sync')).rejects.toMatchObject({ reason: 'closed' });
    expect(() => own.monitor()).toThrow(expect.objectContaining({ reason: 'closed' }));
  });

  it('refuses another milestone', async () => {
    // @ts-expect-error: there is no such milestone
    await expect(dm.waitFor('mw-first', 'done')).rejects.toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});

describe('waiting for merged', () => {
  it('is over when LVM has put the origin in the place of the merged snapshot', async () => {
    await volumeGroup('mwvg', [await loopDisk(64)], { extentSize: '1m' });
    await run('lvcreate', ['--yes', '--size', '8m', '--name', 'origin', 'mwvg']);
    await run('lvcreate', ['--yes', '--snapshot', '--size', '8m', '--name', 'snap', 'mwvg/origin']);
    await write('/dev/mapper/mwvg-snap', 0, 4 * mebibyte);
    const watching = await watch(dm, { interval: 50 });
    const converted = run('lvconvert', ['--yes', '--merge', '--interval', '1', 'mwvg/snap']);
    await watching.seen('merge-started', 'mwvg-origin');
    const merged = await dm.waitFor('mwvg/origin', 'merged', { timeout: 20_000 });
    expect(merged.segments).toMatchObject([{ status: { type: 'linear' } }]);
    await converted;
  });

  it('rejects when the merge has failed, and says so', async () => {
    await write(second.path, 0, 4096, 0);
    await dmCreate('mw-merge', `0 8192 snapshot ${first.device} ${second.device} P 8`);
    await write('/dev/mapper/mw-merge', 0, 2 * mebibyte);
    await dmRemove('mw-merge');
    await first.fail();
    onTestFinished(first.heal);
    await dmCreate('mw-merge', `0 8192 snapshot-merge ${first.device} ${second.device} P 8`);
    const waiting = dm.waitFor('mw-merge', 'merged', { timeout: 20_000, interval: 100 });
    await expect(waiting).rejects.toThrow(/it has failed: .*merge/);
    await dmRemove('mw-merge');
  });
});

describe('until', () => {
  it('resolves with what the predicate returns as soon as it holds', async () => {
    const { monitor } = await watch(dm, { interval: 3_600_000 });
    const waiting = monitor.until((current) => current.get('mw-later')?.minor);
    await dmCreate('mw-later', '0 8 zero');
    const { minor } = await dm.info('mw-later');
    expect(await waiting).toBe(minor);
    expect(await monitor.until((current) => current.has('mw-later'))).toBe(true);
    const grown = monitor.until((current) => current.get('mw-later')?.segments.length === 2);
    await replaceTable('mw-later', '0 8 zero\n8 8 error');
    expect(await grown).toBe(true);
    await dmRemove('mw-later');
  });

  it('rejects with what the predicate throws, after its timeout, by its signal, and when the monitor is closed', async () => {
    const { monitor } = await watch(dm);
    const fault = new Error('at fault');
    const faulty = () => {
      throw fault;
    };
    await expect(monitor.until(faulty)).rejects.toBe(fault);
    const never = () => undefined;
    await expect(monitor.until(never, { timeout: 50 })).rejects.toMatchObject({ reason: 'timed-out' });
    await expect(monitor.until(never, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'AbortError',
    });
    await expect(monitor.until(never, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    const closed = expect(monitor.until(never)).rejects.toMatchObject({ reason: 'closed' });
    monitor.close();
    await closed;
    await expect(monitor.until(never)).rejects.toMatchObject({ reason: 'closed' });
  });
});
