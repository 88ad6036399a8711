import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { sameAsDmsetup } from './support/compare.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate } from './support/lab.ts';
import { until } from './support/moment.ts';
import { builtPackage } from './support/package.ts';
import { makeThinPool } from './support/thin.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe('a thin pool whose metadata disk hangs', () => {
  let metadata: TestDisk;
  let writer: Promise<void>;
  let block = 1;

  beforeAll(async () => {
    metadata = await testDisk('hang-meta', 4);
    await makeThinPool('hang', metadata, await testDisk('hang-data', 32));
    await dmCreate('hang-not', '0 8 zero');
  });

  // A new block makes the pool commit its metadata, which cannot end as long as the disk below is suspended.
  beforeEach(async () => {
    await dmsetup('suspend', '--nolockfs', metadata.name);
    onTestFinished(resume);
    writer = write('/dev/mapper/hang-thin', block++ * 65_536, 4096);
    await until(
      async () => dm.status('hang-pool', { timeout: 300 }).then(() => 'answer', codeOf),
      (outcome) => outcome === 'ETIMEDOUT',
    );
  });

  async function resume(): Promise<void> {
    await dmsetup('resume', metadata.name);
    await writer;
    await until(
      async () => dm.stuckCalls,
      (stuck) => stuck === 0,
    );
  }

  it('times out at the deadline, while others are answered and the event loop goes on', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    const begun = performance.now();
    const hung = expect(dm.status('hang-pool', { timeout: 1000 })).rejects.toMatchObject({
      reason: 'timed-out',
      code: 'ETIMEDOUT',
      device: 'hang-pool',
    });
    for (let call = 0; call < 5; call++) {
      const asked = performance.now();
      expect(await dm.status('hang-not')).toMatchObject({ name: 'hang-not', error: null });
      expect(performance.now() - asked).toBeLessThan(500);
    }
    await hung;
    clearInterval(timer);
    const waited = performance.now() - begun;
    expect(waited).toBeGreaterThan(950);
    expect(waited).toBeLessThan(2000);
    expect(turns).toBeGreaterThan(30);
    expect(dm.stuckCalls).toBeGreaterThan(0);
  });

  it('is told by its table, info and dependencies, which never hang', async () => {
    for (const device of ['hang-pool', 'hang-thin', 'hang-meta']) {
      await dm.table(device, { timeout: 1000 });
      await dm.info(device, { timeout: 1000 });
      await dm.dependencies(device, { timeout: 1000 });
    }
    expect(await dm.info('hang-meta')).toMatchObject({ suspended: true });
    expect((await dm.devices({ timeout: 1000 })).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['hang-pool', 'hang-thin', 'hang-meta', 'hang-data', 'hang-not']),
    );
  });

  it('has an error among all, and the others their status', async () => {
    const begun = performance.now();
    const all = await dm.status({ timeout: 1000 });
    expect(performance.now() - begun).toBeLessThan(2000);
    const ours = all.filter(({ name }) => name.startsWith('hang-'));
    const outcomes = Object.fromEntries(ours.map(({ name, error }) => [name, error?.code ?? 'answer']));
    expect(outcomes).toEqual({
      'hang-pool': 'ETIMEDOUT',
      'hang-thin': 'ETIMEDOUT',
      'hang-meta': 'answer',
      'hang-data': 'answer',
      'hang-not': 'answer',
    });
    const hung = all.find(({ name }) => name === 'hang-pool');
    expect(hung).toMatchObject({ segments: [], uuid: null, minor: expect.any(Number) });
  });

  it('blocks no thread for each further question', async () => {
    const before = dm.stuckCalls;
    await Promise.allSettled(Array.from({ length: 50 }, () => dm.status('hang-pool', { timeout: 200 })));
    expect(dm.stuckCalls).toBeLessThanOrEqual(Math.max(before, 1));
  });

  it('can be given up with a signal at once', async () => {
    const begun = performance.now();
    const signal = AbortSignal.timeout(100);
    await expect(dm.status('hang-pool', { signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it('holds up no close, and another instance works on', async () => {
    const other = DeviceMapper.open();
    const hung = expect(other.status('hang-pool')).rejects.toMatchObject({ reason: 'closed' });
    await sleep(50);
    other.close();
    await hung;
    expect(await dm.status('hang-not')).toMatchObject({ name: 'hang-not' });
  });

  it('answers freshly after it has come back, and nothing is stuck', async () => {
    await expect(dm.status('hang-thin', { timeout: 200 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await resume();
    expect(dm.stuckCalls).toBe(0);
    const { status } = await sameAsDmsetup(dm, 'hang-pool');
    expect(status).toMatchObject([{ state: 'ok', mode: 'rw', data: { used: block } }]);
    await sameAsDmsetup(dm, 'hang-thin');
  });

  it('takes nothing down when 20 workers are killed in the middle of their calls', async () => {
    const url = builtPackage();
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.url).then(async ({ DeviceMapper }) => {
        const dm = DeviceMapper.open();
        const hung = dm.status(workerData.device);
        await dm.info('hang-not');
        parentPort.postMessage('asking');
        for (;;) await Promise.allSettled([dm.status('hang-not'), dm.devices(), hung]);
      });`;
    for (let batch = 0; batch < 4; batch++) {
      const workers = Array.from({ length: 5 }, (_, index) => {
        const device = index % 2 === 0 ? 'hang-pool' : 'hang-thin';
        return new Worker(source, { eval: true, workerData: { url, device } });
      });
      await Promise.all(
        workers.map(
          (worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
        ),
      );
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    expect(await dm.status('hang-not')).toMatchObject({ name: 'hang-not', error: null });
    await resume();
    await sameAsDmsetup(dm, 'hang-pool');
    await sameAsDmsetup(dm, 'hang-thin');
  });
});

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
