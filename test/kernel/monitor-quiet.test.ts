import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove, later, loopDisk, run } from './support/lab.ts';
import { runWithPackage } from './support/package.ts';
import { watch } from './support/watch.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const hasStrace = await run('strace', ['--version']).then(
  () => true,
  () => false,
);

describe('a monitor of 50 static devices where nothing happens', () => {
  const names = Array.from({ length: 50 }, (_, index) => `mq-static-${index}`);
  const interval = 100;

  beforeAll(async () => {
    const { device } = await loopDisk(8);
    const entries = names.map((name, index) => `${name},,,rw,0 8 linear ${device} ${index * 8}`);
    await dmsetup('create', '--concise', entries.join(';'));
    later(async () => void (await dmsetup('remove', ...names)));
  });

  it('wakes none of its threads that ask the kernel for ten intervals', async () => {
    const { monitor } = await watch(dm, { interval, include: ['mq-*'] });
    expect(monitor.current.size).toBe(50);
    await sleep(500);
    const before = switches();
    expect([...before.keys()].join(' ')).toMatch(/dm-events.*dm-query|dm-query.*dm-events/);
    await sleep(10 * interval);
    expect(switches()).toEqual(before);
    // The same counter moves as soon as something is asked.
    await monitor.refresh();
    expect(switches()).not.toEqual(before);
  });

  it.skipIf(!hasStrace)(
    'makes no ioctl for ten intervals, counted by strace, but does with a live one',
    async () => {
      const count = async () => {
        const report = await runWithPackage(
          `import { readFileSync, statSync } from 'node:fs';
         import { setTimeout as sleep } from 'node:timers/promises';
         const dm = DeviceMapper.open();
         const monitor = dm.monitor({ interval: ${interval}, include: ['mq-*'], keepAlive: true });
         await monitor.ready;
         await sleep(1000);
         const ioctls = () => readFileSync(process.env.TRACE, 'utf8').match(/ioctl\\(/g)?.length ?? 0;
         const before = ioctls();
         await sleep(${10 * interval});
         const after = ioctls();
         report({ before, after, devices: monitor.current.size });
         monitor.close();
         dm.close();`,
          ['env', 'TRACE=/tmp/mq-trace', 'strace', '-f', '-e', 'trace=ioctl', '-o', '/tmp/mq-trace'],
        );
        return report as { before: number; after: number; devices: number };
      };
      const still = await count();
      expect(still.devices).toBe(50);
      expect(still.before).toBeGreaterThan(50);
      expect(still.after - still.before).toBe(0);
      // A tick reads the live device only, not the 50 others.
      const [origin, store] = [await loopDisk(8), await loopDisk(8)];
      await dmCreate('mq-live', `0 8192 snapshot ${origin.device} ${store.device} P 8`);
      const live = await count();
      expect(live.devices).toBe(51);
      expect(live.after - live.before).toBeGreaterThan(3);
      expect(live.after - live.before).toBeLessThanOrEqual(12);
      await dmRemove('mq-live');
    },
  );
});

// How often each thread of the addon in this process has gone to sleep and been woken (proc(5), status).
function switches(): ReadonlyMap<string, string> {
  const counters = readdirSync('/proc/self/task').flatMap((thread): [string, string][] => {
    const text = readFileSync(`/proc/self/task/${thread}/status`, 'utf8');
    const name = /^Name:\s+(\S+)$/m.exec(text)?.[1] ?? '';
    const count = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(text)?.[1] ?? '';
    return name === 'dm-events' || name === 'dm-query' ? [[`${name} ${thread}`, count]] : [];
  });
  return new Map(counters);
}
