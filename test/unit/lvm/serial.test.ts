import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSerial, type Turn } from '../../../lib/lvm/serial.ts';

describe('the turns of commands that change groups', () => {
  it('come one after another in one group, in the order of the calls', async () => {
    const serial = createSerial();
    const order: string[] = [];
    const one = await serial.enter(['vg']);
    const two = serial.enter(['vg']).then((leave) => {
      order.push('two');
      leave();
    });
    const three = serial.enter(['vg']).then((leave) => {
      order.push('three');
      leave();
    });
    await settle();
    expect(order).toEqual([]);
    one();
    await Promise.all([two, three]);
    expect(order).toEqual(['two', 'three']);
    expect(serial.size()).toBe(0);
  });

  it('come at once in different groups, and beside each other', async () => {
    const serial = createSerial();
    const leaves = await Promise.all([serial.enter(['a']), serial.enter(['b']), serial.enter(['c', 'd'])]);
    expect(serial.size()).toBe(3);
    for (const leave of leaves) leave();
    expect(serial.size()).toBe(0);
  });

  it('come at once for what changes no group, even beside a command on everything', async () => {
    const serial = createSerial();
    await serial.enter('everything');
    const waiting = serial.enter(['a']);
    const leave = await serial.enter([]);
    leave();
    expect(serial.size()).toBe(2);
    await expect(Promise.race([waiting, settle()])).resolves.toBeUndefined();
  });

  it('of everything wait for all before, and hold back all after', async () => {
    const serial = createSerial();
    const log: string[] = [];
    const a = await serial.enter(['a']);
    const all = serial.enter('everything').then((leave) => {
      log.push('everything');
      return leave;
    });
    const b = serial.enter(['b']).then((leave) => {
      log.push('b');
      leave();
    });
    await settle();
    expect(log).toEqual([]);
    a();
    const leaveAll = await all;
    await settle();
    expect(log).toEqual(['everything']);
    leaveAll();
    await b;
    expect(log).toEqual(['everything', 'b']);
  });

  it('are given up by an abort, with an AbortError that has the reason, and without a trace', async () => {
    const serial = createSerial();
    const leave = await serial.enter(['vg']);
    const control = new AbortController();
    const waiting = serial.enter(['vg'], control.signal);
    const next = serial.enter(['vg']);
    control.abort('enough');
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' });
    expect(serial.size()).toBe(2);
    leave();
    (await next)();
    expect(serial.size()).toBe(0);
  });

  it('are refused to a signal that has fired already, even if nobody is before', async () => {
    const serial = createSerial();
    await expect(serial.enter(['vg'], AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(serial.size()).toBe(0);
  });

  it('are not taken away by an abort that comes later', async () => {
    const serial = createSerial();
    const control = new AbortController();
    const leave = await serial.enter(['vg'], control.signal);
    control.abort();
    expect(serial.size()).toBe(1);
    leave();
    expect(serial.size()).toBe(0);
  });

  it('that do not come in time end with timed-out, nothing changed, and say for which group', async () => {
    const serial = createSerial();
    await serial.enter(['vg']);
    await expect(serial.enter(['vg', 'other'], undefined, 20)).rejects.toMatchObject({
      name: 'LvmError',
      reason: 'timed-out',
      changed: 'no',
      message: expect.stringContaining('vg, other'),
    });
    expect(serial.size()).toBe(1);
  });

  it('end once: leaving again does not end the turn of another', async () => {
    const serial = createSerial();
    const leave = await serial.enter(['vg']);
    const second = serial.enter(['vg']);
    const third = serial.enter(['vg']);
    leave();
    leave();
    await second;
    leave();
    expect(serial.size()).toBe(2);
    (await second)();
    (await third)();
    expect(serial.size()).toBe(0);
  });

  it('never overlap in a group, are never forgotten and keep their order, whatever is called, aborted and left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ turn: turns, aborted: fc.boolean(), pauses: fc.nat(3) }), { maxLength: 25 }),
        async (calls) => {
          const serial = createSerial();
          const inside = new Set<Turn>();
          const begun = new Map<string, number[]>();
          const run = async ({ turn, aborted, pauses }: (typeof calls)[number], index: number) => {
            const control = new AbortController();
            const entered = serial.enter(turn, control.signal);
            if (aborted) queueMicrotask(() => control.abort());
            const leave = await entered;
            for (const other of inside) expect(conflict(turn, other)).toBe(false);
            inside.add(turn);
            for (const group of turn === 'everything' ? groups : turn)
              begun.set(group, [...(begun.get(group) ?? []), index]);
            for (let pause = 0; pause < pauses; pause++) await null;
            inside.delete(turn);
            leave();
          };
          const ends = await Promise.allSettled(calls.map(run));
          for (const [index, end] of ends.entries())
            if (end.status === 'rejected') {
              expect(calls[index]?.aborted).toBe(true);
              expect(end.reason).toMatchObject({ name: 'AbortError' });
            }
          for (const order of begun.values()) expect(order).toEqual(order.toSorted((a, b) => a - b));
          expect(serial.size()).toBe(0);
        },
      ),
    );
  });

  it('of a thousand commands in one group are all served', async () => {
    const serial = createSerial();
    let served = 0;
    await Promise.all(
      Array.from({ length: 1000 }, async () => {
        const leave = await serial.enter(['vg']);
        served++;
        leave();
      }),
    );
    expect([served, serial.size()]).toEqual([1000, 0]);
  });
});

const groups = ['a', 'b', 'c'];

// A copy for each call: a turn is told from another by its identity.
const turns: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 4, arbitrary: fc.subarray(groups).map((names): Turn => [...names]) },
  { weight: 1, arbitrary: fc.constant<Turn>('everything') },
);

function conflict(one: Turn, other: Turn): boolean {
  if (one.length === 0 || other.length === 0) return false;
  if (one === 'everything' || other === 'everything') return true;
  return one.some((group) => other.includes(group));
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
