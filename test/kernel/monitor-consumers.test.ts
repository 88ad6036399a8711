import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Change, DeviceMapper } from '../../lib/index.ts';
import { testDisk } from './support/disks.ts';
import { dmsetup, replaceTable } from './support/dmsetup.ts';
import { dmCreate, dmRemove } from './support/lab.ts';
import { until } from './support/moment.ts';
import { builtPackage } from './support/package.ts';
import { watch } from './support/watch.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const noTick = 3_600_000;

// A worker thread with a monitor of its own that posts `ready`, then every change of devices mo-*.
function startWorker(): { readonly worker: Worker; readonly kinds: string[]; readonly ready: Promise<void> } {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.url).then(async ({ DeviceMapper }) => {
      const monitor = DeviceMapper.open().monitor({ interval: ${noTick}, include: ['mo-*'] });
      await monitor.ready;
      monitor.on((change) => parentPort.postMessage(change.kind + ' ' + change.device.name));
      parentPort.postMessage('ready');
      setInterval(() => {}, 1000);
    });`;
  const worker = new Worker(source, { eval: true, workerData: { url: builtPackage() } });
  onTestFinished(async () => void (await worker.terminate()));
  const kinds: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: string) => {
      if (message === 'ready') resolve();
      else kinds.push(message);
    });
  });
  return { worker, kinds, ready };
}

describe('two monitors in one process and one in a worker thread', () => {
  it('see the same changes in the same order', async () => {
    const options = { interval: noTick, include: ['mo-*'] };
    const watches = [await watch(dm, options), await watch(dm, options)];
    const { kinds, ready } = startWorker();
    await ready;
    await dmCreate('mo-one', '0 8 zero');
    // Each is to be seen with its table before the next: without a uuid, that and the name are all that it is known by.
    await sleep(800);
    await dmsetup('rename', 'mo-one', 'mo-two');
    await sleep(800);
    await replaceTable('mo-two', '0 8 error');
    await sleep(800);
    await dmRemove('mo-two');
    const textOf = (change: Change) => `${change.kind} ${'device' in change ? change.device.name : ''}`;
    const isOver = (seen: readonly string[]) => seen.at(-1) === 'device-removed mo-two';
    const all = await until(
      async () => [...watches.map(({ told }) => told.map(textOf)), [...kinds]],
      (lists) => lists.every(isOver),
      5,
    );
    for (const seen of all) {
      // What is only for a moment, such as suspended, one may see and another not.
      const lasting = seen.filter((text) => !/suspended|resumed/.test(text));
      expect(lasting.filter((text) => text !== 'table-replaced mo-one')).toEqual([
        'device-added mo-one',
        'device-renamed mo-two',
        'table-replaced mo-two',
        'device-removed mo-two',
      ]);
    }
  });

  it('work on after the workers of others were killed', async () => {
    const watching = await watch(dm, { interval: 50, include: ['mo-*'] });
    for (let round = 0; round < 3; round++) {
      const workers = Array.from({ length: 3 }, startWorker);
      await Promise.all(workers.map(({ ready }) => ready));
      const churn = dmCreate('mo-churn', '0 8 zero');
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
      await churn;
      await watching.seen('device-added', 'mo-churn', 5);
      await dmRemove('mo-churn');
      await watching.seen('device-removed', 'mo-churn', 5);
      watching.forget();
    }
    expect(await dm.status()).toEqual(expect.any(Array));
  });
});

describe('a slow consumer', () => {
  it('gets every transition in order, while of the progress only the newest waits', async () => {
    const [source, target] = [await testDisk('mo-source', 8), await testDisk('mo-target', 8)];
    await target.slow(20);
    const { monitor, told } = await watch(dm, { interval: 20, include: ['mo-mirror*', 'mo-other*'] });
    const taken: Change[] = [];
    const consumer = (async () => {
      for await (const change of monitor) {
        taken.push(change);
        await sleep(100);
      }
    })();
    await dmCreate(
      'mo-mirror',
      `0 16384 mirror core 1 256 2 ${source.device} 0 ${target.device} 0 1 handle_errors`,
    );
    for (let time = 0; time < 5; time++) {
      await dmCreate('mo-other', '0 8 zero');
      await sleep(60);
      await dmRemove('mo-other');
    }
    await monitor.until((current) => current.get('mo-mirror')?.live === false, { timeout: 20_000 });
    await dmRemove('mo-mirror');
    await until(
      async () => told.at(-1)?.kind,
      (kind) => kind === 'device-removed',
    );
    monitor.close();
    await consumer;
    const transitions = (changes: readonly Change[]) =>
      changes.filter(({ kind }) => kind !== 'progressed').map(({ kind, at }) => `${kind} ${at}`);
    const progress = (changes: readonly Change[]) => changes.filter(({ kind }) => kind === 'progressed');
    expect(transitions(taken)).toEqual(transitions(told));
    expect(transitions(taken).length).toBeGreaterThanOrEqual(13);
    expect(progress(told).length).toBeGreaterThan(5);
    expect(progress(taken).length).toBeLessThan(progress(told).length);
    expect(taken).not.toContainEqual(expect.objectContaining({ kind: 'overflowed' }));
  });
});
