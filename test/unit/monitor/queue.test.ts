import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChangeQueue, changeQueue } from '../../../lib/monitor/queue.ts';
import type { Change } from '../../../lib/monitor/types.ts';
import { decode } from '../../../lib/targets/index.ts';

const status = decode('linear', '');

function device(minor: number) {
  return { name: `d${minor}`, uuid: null, major: 254, minor };
}

function transition(at: number, minor = 0): Change {
  return { kind: 'degraded', at, device: device(minor), segment: 0, before: status, after: status };
}

function progress(at: number, minor = 0, segment = 0): Change {
  const place = { device: device(minor), segment, before: status, after: status };
  return { kind: 'progressed', at, ...place, progress: 'sync', ratio: at / 1000 };
}

function crossing(at: number, kind: 'usage-above' | 'usage-below', threshold: number): Change {
  return { kind, at, device: device(0), segment: 0, usage: 'data', threshold, ratio: 0.5 };
}

async function takeAll(queue: ChangeQueue): Promise<readonly Change[]> {
  queue.close();
  const taken: Change[] = [];
  for await (const change of queue) taken.push(change);
  return taken;
}

async function times(queue: ChangeQueue): Promise<readonly number[]> {
  return (await takeAll(queue)).map(({ at }) => at);
}

describe('a queue of changes', () => {
  it('gives what was pushed, in order, and ends when it is closed', async () => {
    const queue = changeQueue();
    for (const at of [1, 2, 3]) queue.push(transition(at));
    expect(queue.size).toBe(3);
    expect(await times(queue)).toEqual([1, 2, 3]);
    expect(queue.size).toBe(0);
  });

  it('lets several wait, and serves them in order', async () => {
    const queue = changeQueue();
    const waiting = [queue.next(), queue.next(), queue.next()];
    queue.push(transition(1));
    queue.push(transition(2));
    queue.close();
    expect(await Promise.all(waiting)).toMatchObject([
      { done: false, value: { at: 1 } },
      { done: false, value: { at: 2 } },
      { done: true, value: undefined },
    ]);
  });

  it('takes nothing more once it is closed, and may be closed again', async () => {
    const queue = changeQueue();
    queue.close();
    queue.close();
    queue.push(transition(1));
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it('forgets all and says so once when the consumer leaves', async () => {
    let returns = 0;
    const queue = changeQueue(10, () => returns++);
    const waiting = changeQueue(10);
    const pending = waiting.next();
    await waiting.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    for (const at of [1, 2, 3]) queue.push(transition(at));
    for await (const { at } of queue) if (at === 2) break;
    expect(queue.size).toBe(0);
    await queue.return();
    expect(returns).toBe(1);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it('keeps only the newest progress of each segment, in its place in time', async () => {
    const queue = changeQueue();
    queue.push(progress(1));
    queue.push(progress(2, 0, 1));
    queue.push(progress(3, 1));
    queue.push(transition(4));
    queue.push(progress(5));
    expect(queue.size).toBe(4);
    expect(await times(queue)).toEqual([2, 3, 4, 5]);
  });

  it('still knows what to replace after it has tidied up', async () => {
    const queue = changeQueue();
    for (let at = 0; at < 20; at++) queue.push(progress(at));
    queue.push(progress(20, 1));
    for (let at = 21; at < 50; at++) queue.push(progress(at));
    queue.push(progress(50, 1));
    expect(queue.size).toBe(2);
    expect(await times(queue)).toEqual([49, 50]);
  });

  it('keeps every crossing of a threshold, there and back', async () => {
    const queue = changeQueue();
    queue.push(crossing(1, 'usage-above', 0.8));
    queue.push(crossing(2, 'usage-above', 0.9));
    queue.push(crossing(3, 'usage-below', 0.9));
    expect(await times(queue)).toEqual([1, 2, 3]);
  });

  it('drops the oldest beyond its limit, and says in their place how many', async () => {
    const queue = changeQueue(3);
    for (const at of [1, 2, 3, 4, 5]) queue.push(transition(at));
    expect(queue.size).toBe(3);
    const [first, ...others] = await takeAll(queue);
    expect(first).toEqual({ kind: 'overflowed', at: 2, dropped: 2 });
    expect(others.map(({ at }) => at)).toEqual([3, 4, 5]);
  });

  it('says so each time it happens', async () => {
    const queue = changeQueue(1);
    for (const at of [1, 2]) queue.push(transition(at));
    expect((await queue.next()).value).toMatchObject({ kind: 'overflowed', dropped: 1 });
    queue.push(transition(3));
    expect((await queue.next()).value).toMatchObject({ kind: 'overflowed', dropped: 1 });
    expect((await queue.next()).value).toMatchObject({ at: 3 });
  });

  it('holds 10,000 by default', () => {
    const queue = changeQueue();
    for (let at = 0; at < 10_050; at++) queue.push(transition(at));
    expect(queue.size).toBe(10_000);
  });

  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ what: fc.constant('transition' as const), minor: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ what: fc.constant('progress' as const), minor: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('take' as const), minor: fc.constant(0) }) },
  );

  it('keeps order and loses nothing but progress that newer progress has replaced', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
        const queue = changeQueue();
        const pushed: Change[] = [];
        const taken: Change[] = [];
        for (const [at, { what, minor }] of steps.entries()) {
          if (what === 'take') {
            const result = queue.size > 0 ? await queue.next() : undefined;
            if (result !== undefined && !result.done) taken.push(result.value);
            continue;
          }
          const change = what === 'transition' ? transition(at, minor) : progress(at, minor);
          pushed.push(change);
          queue.push(change);
        }
        taken.push(...(await takeAll(queue)));
        expect(taken.map(({ at }) => at)).toEqual(taken.map(({ at }) => at).sort((a, b) => a - b));
        const isTransition = ({ kind }: Change): boolean => kind === 'degraded';
        expect(taken.filter(isTransition)).toEqual(pushed.filter(isTransition));
        for (const minor of [0, 1, 2, 3]) {
          const isOf = (change: Change): boolean =>
            change.kind === 'progressed' && change.device.minor === minor;
          expect(taken.findLast(isOf)).toBe(pushed.findLast(isOf));
        }
      }),
    );
  });

  it('accounts for every transition beyond its limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(step, { maxLength: 100 }),
        async (limit, steps) => {
          const queue = changeQueue(limit);
          let pushed = 0;
          let seen = 0;
          const count = (change: Change): void => {
            seen += change.kind === 'overflowed' ? change.dropped : 1;
          };
          for (const [at, { what }] of steps.entries()) {
            if (what === 'take' && queue.size > 0) {
              const result = await queue.next();
              if (!result.done) count(result.value);
            } else if (what !== 'take') {
              queue.push(transition(at));
              pushed++;
            }
            expect(queue.size).toBeLessThanOrEqual(limit);
          }
          for (const change of await takeAll(queue)) count(change);
          expect(seen).toBe(pushed);
        },
      ),
    );
  });

  it('needs no more memory for a consumer that never takes anything', () => {
    const queue = changeQueue(100);
    const push = (count: number): void => {
      for (let at = 0; at < count; at++) queue.push(at % 2 === 0 ? progress(at, at % 10) : transition(at));
    };
    push(10_000);
    const before = heapAfterCollection();
    push(500_000);
    expect(heapAfterCollection() - before).toBeLessThan(1_000_000);
    expect(queue.size).toBe(100);
  });
});

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
