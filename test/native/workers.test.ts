import { writeFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { fakeDeviceMapper } from './support/fake.ts';

const fake = fakeDeviceMapper();
afterAll(() => fake.remove());
beforeEach(() => writeFileSync(fake.hangFile, ''));

const workerSource = `
  const workerCode = \`
    import { parentPort, workerData } from 'node:worker_threads';
    import(workerData.packageUrl).then(async ({ DeviceMapper }) => {
      const dm = DeviceMapper.open({ library: workerData.library });
      const calls = [dm.status(workerData.device), dm.status(), dm.devices()];
      parentPort.postMessage('asked');
      if (workerData.loop) for (;;) await dm.status('d1');
      await Promise.allSettled(calls);
    });
  \`;
  const start = (device, loop) => new Worker(workerCode, { eval: true, workerData: { packageUrl, library, device, loop } });
`;

describe('worker threads', () => {
  it('100 workers killed in the middle of a call leave the process sound, and no thread or descriptor behind', async () => {
    const result = await fake.run(
      `
      ${workerSource}
      const dm = DeviceMapper.open({ library });
      await dm.status('d1');
      const count = (what) => (what === 'task' ? ownThreads() : readdirSync('/proc/self/' + what).length);
      const before = { tasks: count('task'), descriptors: count('fd') };
      let killed = 0;
      for (let batch = 0; batch < 10; batch++) {
        await Promise.all(Array.from({ length: 10 }, async (_, index) => {
          const worker = start(index % 2 ? 'd0' : 'd1', index % 3 === 0);
          await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
          if (index % 4 === 0) await sleep(index);
          await worker.terminate();
          killed++;
        }));
      }
      const alive = (await dm.status('d1')).name;
      release();
      for (let i = 0; i < 100 && dm.stuckCalls > 0; i++) await sleep(10);
      await sleep(100);
      report({ killed, alive, stuck: dm.stuckCalls, tasks: count('task') - before.tasks, descriptors: count('fd') - before.descriptors });
      dm.close();
      `,
      { FAKE_HANG: 'd0', FAKE_COUNT: '20' },
    );
    expect(result).toEqual({ killed: 100, alive: 'd1', stuck: 0, tasks: 0, descriptors: expect.any(Number) });
    expect((result as { descriptors: number }).descriptors).toBeLessThanOrEqual(1);
  });

  it('a worker that was the only user, killed while its call hangs, takes nothing down when the call returns', async () => {
    const survived = await fake.run(
      `
      ${workerSource}
      const worker = start('d0', false);
      await new Promise((resolve) => worker.once('message', resolve));
      await sleep(100);
      await worker.terminate();
      release();
      await sleep(200);
      const dm = DeviceMapper.open({ library });
      report((await dm.status('d0')).name);
      dm.close();
      `,
      { FAKE_HANG: 'd0' },
    );
    expect(survived).toBe('d0');
  });

  it('several instances in several threads get their own answers', async () => {
    const names = await fake.run(
      `
      const code = \`
        import { parentPort, workerData } from 'node:worker_threads';
        import(workerData.packageUrl).then(async ({ DeviceMapper }) => {
          const dm = DeviceMapper.open({ library: workerData.library });
          const names = new Set();
          for (let i = 0; i < 500; i++) names.add((await dm.status(workerData.device)).name);
          dm.close();
          parentPort.postMessage([...names]);
        });
      \`;
      report(await Promise.all([0, 1, 2, 3].map((index) => new Promise((resolve, reject) => {
        new Worker(code, { eval: true, workerData: { packageUrl, library, device: 'd' + index } })
          .once('message', resolve).once('error', reject);
      }))));
      `,
      { FAKE_COUNT: '4' },
    );
    expect(names).toEqual([['d0'], ['d1'], ['d2'], ['d3']]);
  });
});

describe('100,000 calls', () => {
  it('leave no descriptor, thread or memory behind, whether they succeed or fail', async () => {
    const result = await fake.run(
      `
      const dm = DeviceMapper.open({ library });
      const count = (what) => (what === 'task' ? ownThreads() : readdirSync('/proc/self/' + what).length);
      const rounds = async (calls) => {
        for (let done = 0; done < calls; done += 100)
          await Promise.allSettled(Array.from({ length: 100 }, (_, i) => dm[['status', 'table', 'info', 'dependencies'][i % 4]](i % 5 ? 'd1' : 'gone')));
        gc();
        await sleep(50);
        gc();
      };
      // V8 reserves heap in steps, whatever is in it: what counts is the rest of the process and what is in the heap.
      const memory = () => { const { rss, heapTotal, heapUsed } = process.memoryUsage(); return rss - heapTotal + heapUsed; };
      await rounds(30_000);
      const before = { memory: memory(), tasks: count('task'), descriptors: count('fd') };
      await rounds(100_000);
      const grown = (memory() - before.memory) / 2 ** 20;
      report({ grown, tasks: count('task') - before.tasks, descriptors: count('fd') - before.descriptors });
      dm.close();
      `,
    );
    expect(result).toMatchObject({ tasks: 0, descriptors: 0 });
    // A leak of one record a call would be some 50 MiB.
    expect((result as { grown: number }).grown).toBeLessThan(10);
  });

  it('a thousand instances opened and closed leave nothing behind', async () => {
    const result = await fake.run(`
      const descriptors = () => readdirSync('/proc/self/fd').length;
      const one = async () => { const dm = DeviceMapper.open({ library }); await dm.status('d0'); dm.close(); };
      for (let i = 0; i < 10; i++) await one();
      const before = descriptors();
      for (let i = 0; i < 1000; i++) await one();
      for (let i = 0; i < 100 && ownThreads() > 0; i++) await sleep(10);
      report({ threads: ownThreads(), descriptors: descriptors() - before });
    `);
    expect(result).toEqual({ threads: 0, descriptors: 0 });
  });
});
