import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapper, type Monitor } from '../../lib/index.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove } from './support/lab.ts';
import { until } from './support/moment.ts';
import { makeThinPool } from './support/thin.ts';
import { watch } from './support/watch.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('a thin pool that hangs, its metadata disk being suspended while it commits', () => {
  const [interval, deadline] = [100, 500];
  let metadata: TestDisk;
  let slow: TestDisk;
  let source: TestDisk;
  let block = 1;

  beforeAll(async () => {
    metadata = await testDisk('mh-meta', 4);
    await makeThinPool('mh', metadata, await testDisk('mh-data', 32));
    source = await testDisk('mh-source', 16);
    slow = await testDisk('mh-slow', 16);
    await slow.slow(500);
  });

  // A new block makes the pool commit its metadata, which cannot end as long as the disk below is suspended.
  async function hang(): Promise<() => Promise<void>> {
    await dmsetup('suspend', '--nolockfs', metadata.name);
    const writer = write('/dev/mapper/mh-thin', block++ * 65_536, 4096);
    let isResumed = false;
    const resume = async (): Promise<void> => {
      if (isResumed) return;
      isResumed = true;
      await dmsetup('resume', metadata.name);
      await writer;
    };
    onTestFinished(resume);
    return resume;
  }

  // How late the event loop was at most, in each of some stretches that are longer than interval and deadline together.
  // The median of them leaves out what the machine does at times, but nothing that every look or deadline brings.
  async function lateness(): Promise<{ readonly median: number; readonly all: string }> {
    const worst: number[] = [];
    for (let stretch = 0; stretch < 5; stretch++) {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      await sleep(interval + deadline + 50);
      delay.disable();
      worst.push(delay.max / 1e6);
    }
    worst.sort((one, other) => one - other);
    return { median: worst[2] ?? Number.NaN, all: worst.map((ms) => ms.toFixed(1)).join(', ') };
  }

  function staleIn({ current }: Monitor): readonly string[] {
    return [...current.values()]
      .flatMap(({ name, staleSince }) => (staleSince === null ? [] : [name]))
      .sort();
  }

  it('is stale within the deadline while a mirror is read on time and the event loop goes on, and fresh after', async () => {
    await dmCreate(
      'mh-mirror',
      `0 32768 mirror core 1 1024 2 ${source.device} 0 ${slow.device} 0 1 handle_errors`,
    );
    const watching = await watch(dm, { interval, deadline, include: ['mh-*'] });
    const { monitor } = watching;
    const before = await lateness();
    expect(staleIn(monitor)).toEqual([]);
    watching.forget();

    const resume = await hang();
    const begun = performance.now();
    for (const name of ['mh-pool', 'mh-thin']) {
      const { toldAt, error } = await watching.seen('stale', name, 5);
      expect(toldAt - begun).toBeLessThan(1000 + interval + deadline + 200);
      expect(error).toMatchObject({ reason: 'timed-out', device: name });
    }
    expect(staleIn(monitor)).toEqual(['mh-pool', 'mh-thin']);

    const during = lateness();
    const steps = watching.told.length;
    for (let look = 0; look < 15; look++) {
      await sleep(200);
      const mirror = monitor.current.get('mh-mirror');
      expect(mirror).toMatchObject({ staleSince: null, live: true });
      expect(Date.now() - (mirror?.readAt ?? 0)).toBeLessThan(interval + 200);
    }
    const meanwhile = await during;
    console.info(`event loop late by at most (ms): ${meanwhile.all} while it hangs, ${before.all} before`);
    expect(meanwhile.median).toBeLessThan(before.median + 20);
    const progress = watching.told.slice(steps).filter(({ kind }) => kind === 'progressed');
    expect(progress.length).toBeGreaterThan(1);
    expect(dm.stuckCalls).toBeLessThanOrEqual(2);

    await resume();
    for (const name of ['mh-pool', 'mh-thin']) await watching.seen('fresh', name, 5);
    expect(staleIn(monitor)).toEqual([]);
    await sleep(2 * interval);
    for (const name of ['mh-pool', 'mh-thin']) {
      const kinds = watching.kindsOf(name).filter((kind) => kind === 'stale' || kind === 'fresh');
      expect(kinds).toEqual(['stale', 'fresh']);
    }
    for (const name of ['mh-mirror', 'mh-data', 'mh-source', 'mh-slow'])
      expect(watching.kindsOf(name)).not.toContain('stale');
    await dmRemove('mh-mirror');
  });

  it('holds up no close', async () => {
    const { monitor, seen } = await watch(dm, { interval, deadline, include: ['mh-*'] });
    const iteration = monitor[Symbol.asyncIterator]();
    const resume = await hang();
    await seen('stale', 'mh-pool', 5);
    const ended = (async () => {
      while (!(await iteration.next()).done);
    })();
    const refresh = expect(monitor.refresh()).rejects.toMatchObject({ reason: 'closed' });
    const begun = performance.now();
    monitor.close();
    expect(performance.now() - begun).toBeLessThan(50);
    await Promise.all([ended, refresh]);
    expect(performance.now() - begun).toBeLessThan(200);
    await resume();
    await until(
      async () => dm.stuckCalls,
      (stuck) => stuck === 0,
    );
  });

  it('delays a monitor that starts meanwhile by its deadline at most, and then no look', async () => {
    const resume = await hang();
    await sleep(1200);
    const begun = performance.now();
    const watching = await watch(dm, { interval, deadline, include: ['mh-*'] });
    expect(performance.now() - begun).toBeLessThan(deadline + 500);
    expect(watching.monitor.current.get('mh-data')).toMatchObject({ staleSince: null });
    expect(staleIn(watching.monitor)).toEqual(['mh-pool', 'mh-thin']);
    for (let time = 0; time < 3; time++) {
      await dmCreate('mh-new', '0 8 zero');
      const made = performance.now();
      const { toldAt } = await watching.seen('device-added', 'mh-new', 5);
      expect(toldAt - made).toBeLessThan(200);
      await dmRemove('mh-new');
      await watching.seen('device-removed', 'mh-new', 5);
      watching.forget();
    }
    await resume();
    for (const name of ['mh-pool', 'mh-thin']) await watching.seen('fresh', name, 5);
    await watching.monitor.refresh();
    expect(watching.monitor.current.get('mh-thin')?.segments).toMatchObject([{ status: { type: 'thin' } }]);
  });
});
