import { afterEach, describe, expect, it, vi } from 'vitest';
import { lvmError } from '../../../lib/lvm/errors.ts';
import type { Guard, GuardEvent } from '../../../lib/workflows/guard/guard-events.ts';
import { guardFeed } from '../../../lib/workflows/guard/guard-feed.ts';
import { startGuard } from '../../../lib/workflows/guard/guard-loop.ts';
import { toGuardSettings } from '../../../lib/workflows/guard/guard-options.ts';
import type { FirstLook, Guarded, GuardReading } from '../../../lib/workflows/guard/guard-reading.ts';

const mebibyte = 1024n * 1024n;

interface Script {
  used: bigint;
  size: bigint;
  free: bigint;
  reading: GuardReading | null;
  readonly extensions: bigint[];
  ended: number;
}

function scripted(more: Partial<Guarded> = {}): { readonly script: Script; readonly guarded: Guarded } {
  const script: Script = {
    ...{ used: 0n, size: 10n * mebibyte, free: 100n * mebibyte, reading: null, extensions: [], ended: 0 },
  };
  const guarded: Guarded = {
    volume: 'vg/snap',
    extentSize: mebibyte,
    settings: new Map([['snapshot', toGuardSettings({ threshold: 0.5 })]]),
    read: async () =>
      script.reading ?? {
        kind: 'parts',
        parts: [{ part: 'snapshot', used: script.used, size: script.size, most: 40n * mebibyte, full: null }],
      },
    extend: async (_part, to) => {
      script.extensions.push(to);
      script.size = to;
      return to;
    },
    free: async () => script.free,
    ended: async () => {
      script.ended++;
    },
    ...more,
  };
  return { script, guarded };
}

const looked = (free = 100n * mebibyte): FirstLook => ({
  duration: 1,
  free: new Map([['snapshot', free]]),
});

async function seen(guard: Guard, kind: GuardEvent['kind']): Promise<GuardEvent> {
  for await (const event of guard) if (event.kind === kind) return event;
  throw new Error(`the guard ended without ${kind}`);
}

describe('the loop of a guard', () => {
  it('extends what is above its line, tells of it, and ends when it is as large as is of use', async () => {
    const { script, guarded } = scripted();
    script.used = 9n * mebibyte;
    const guard = startGuard(guarded, looked());
    expect(await seen(guard, 'extended')).toMatchObject({ from: 10n * mebibyte, volume: 'vg/snap' });
    const safe = seen(guard, 'safe');
    script.used = 39n * mebibyte;
    expect(await safe).toMatchObject({ size: 40n * mebibyte });
    await guard.done;
    expect([script.extensions.at(-1), script.ended]).toEqual([40n * mebibyte, 1]);
  });

  it.each(['overflowed', 'failed', 'gone'] as const)('ends when it is %s', async (kind) => {
    const { script, guarded } = scripted();
    script.reading = { kind, part: 'snapshot', message: 'so it is' };
    const guard = startGuard(guarded, looked());
    expect(await seen(guard, kind)).toMatchObject({ message: 'so it is' });
    await guard.done;
    expect(script.ended).toBe(1);
  });

  it.each([
    [
      'budget',
      { budget: 3n * mebibyte, maximum: null },
      /the budget of 3\.00 MiB for data and metadata is used up/,
    ],
    [
      'maximum',
      { budget: null, maximum: 15n * mebibyte },
      /it may have 15\.00 MiB for data and metadata at most/,
    ],
  ] as const)('has all parts of a pool together keep to one %s', async (why, together, message) => {
    const sizes = new Map([
      ['data', 10n * mebibyte],
      ['metadata', 2n * mebibyte],
    ] as const);
    const line = toGuardSettings({ threshold: 0.5, step: mebibyte });
    const { guarded } = scripted({
      ...{ volume: 'vg/pool', together, settings: new Map([...sizes.keys()].map((part) => [part, line])) },
      read: async () => ({
        kind: 'parts',
        parts: [...sizes].map(([part, size]) => ({ part, used: size - 1n, size, most: null, full: null })),
      }),
      extend: async (part, to) => {
        if (part !== 'snapshot') sizes.set(part, to);
        return to;
      },
    });
    const guard = startGuard(guarded, looked());
    const troubled = new Set<string>();
    for await (const event of guard)
      if (event.kind === 'unprotectable') {
        expect(event).toMatchObject({ why, message: expect.stringMatching(message) });
        if (troubled.add(event.part).size === 2) break;
      }
    await guard.close();
    expect([...sizes.values()].reduce((one, other) => one + other)).toBe(15n * mebibyte);
  });

  it('tells once of what keeps it from extending, goes on, and tells of it again when it was helped between', async () => {
    const { script, guarded } = scripted();
    script.used = 9n * mebibyte;
    script.free = 0n;
    let looks = 0;
    const read = (): Promise<GuardReading> => {
      looks++;
      return guarded.read();
    };
    const guard = startGuard({ ...guarded, read }, looked(0n));
    const moreLooks = async (): Promise<void> => {
      for (const before = looks; looks < before + 3; ) await new Promise(setImmediate);
    };
    const told: GuardEvent[] = [];
    guard.on((event) => told.push(event));
    expect(await seen(guard, 'unprotectable')).toMatchObject({ why: 'no-space', fullIn: null });
    const times = (): number => told.filter(({ kind }) => kind === 'unprotectable').length;
    await moreLooks();
    expect(times()).toBe(1);
    script.used = 1n * mebibyte;
    await moreLooks();
    const again = seen(guard, 'unprotectable');
    script.used = 9n * mebibyte;
    await again;
    expect(times()).toBe(2);
    await guard.close();
    await guard.close();
    expect(script.ended).toBe(1);
  });

  it('looks at the space again when lvm refuses for want of it, and tells if it does so again', async () => {
    let asked = 0;
    const extensions: bigint[] = [];
    const { script, guarded } = scripted({
      extend: async (_part, to) => {
        extensions.push(to);
        throw lvmError('not-enough-space', { command: ['lvm', 'lvextend'], message: 'none is left' });
      },
      free: async () => {
        asked++;
        return 2n * mebibyte;
      },
    });
    script.used = 6n * mebibyte;
    const guard = startGuard(guarded, looked());
    expect(await seen(guard, 'unprotectable')).toMatchObject({
      ...{ why: 'no-space', message: expect.stringContaining('none is left') },
    });
    expect(asked).toBe(1);
    // First as much as it wanted, then what there was said to be.
    expect(extensions).toEqual([13n * mebibyte, 12n * mebibyte]);
    await guard.close();
  });

  it('tells of any other failure of lvm at once, and goes on', async () => {
    let fails = true;
    const { script, guarded } = scripted();
    const extend: Guarded['extend'] = async (part, to, signal) => {
      if (!fails) return guarded.extend(part, to, signal);
      fails = false;
      throw lvmError('locked', { command: ['lvm', 'lvextend'], message: 'it is so' });
    };
    script.used = 9n * mebibyte;
    const guard = startGuard({ ...guarded, extend }, looked());
    const extended = seen(guard, 'extended');
    expect(await seen(guard, 'unprotectable')).toMatchObject({
      ...{ why: 'failed', message: expect.stringContaining('it is so') },
    });
    expect(await extended).toMatchObject({ from: 10n * mebibyte });
    await guard.close();
  });

  it('goes on when a look fails, and rejects `done` when looking is no longer possible', async () => {
    const { script, guarded } = scripted();
    script.reading = { kind: 'unknown' };
    const guard = startGuard(guarded, looked());
    await guard.close();
    const broken = startGuard({ ...guarded, read: () => Promise.reject(new Error('closed')) }, looked());
    await expect(broken.done).rejects.toThrow('closed');
    for await (const event of broken) expect(event).toBeUndefined();
    expect(script.ended).toBe(2);
  });
});

describe('a guard whose lvm hangs', () => {
  afterEach(() => void vi.restoreAllMocks());
  const hangs = <T>(signal: AbortSignal): Promise<T> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))));

  it('extends by what the group was known to have before it looks at that again', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { script, guarded } = scripted({ free: (_part, signal) => hangs(signal) });
    script.used = 6n * mebibyte;
    const extend: Guarded['extend'] = async (part, to, signal) => {
      // Ten seconds later 3 MiB more: what is left of 8 MiB does not suffice for the next minute.
      now = 10_000;
      script.used = 9n * mebibyte;
      return guarded.extend(part, to, signal);
    };
    const guard = startGuard({ ...guarded, extend }, looked(8n * mebibyte));
    const told: string[] = [];
    guard.on(({ kind }) => told.push(kind));
    while (script.extensions.length < 2) await new Promise(setImmediate);
    expect(script.extensions).toEqual([13n * mebibyte, 18n * mebibyte]);
    await guard.close();
    expect(told).not.toContain('unprotectable');
  });

  it('gives the extension up when it is closed, and calls that no trouble', async () => {
    let begun = (): void => {};
    const extending = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { script, guarded } = scripted({
      extend: (_part, _to, signal) => {
        begun();
        return hangs(signal);
      },
    });
    script.used = 9n * mebibyte;
    const guard = startGuard(guarded, looked());
    const told: string[] = [];
    guard.on(({ kind }) => told.push(kind));
    await extending;
    await guard.close();
    expect([told, script.ended]).toEqual([['usage'], 1]);
  });
});

describe('the events of a guard', () => {
  const usage = (at: number): GuardEvent => ({
    ...{ kind: 'usage', at, volume: 'vg/a', part: 'data', used: 1n, size: 2n, ratio: 0.5, rate: 0 },
  });
  const gone = (at: number): GuardEvent => ({
    ...{ kind: 'gone', at, volume: 'vg/a', part: 'data', message: '' },
  });

  it('wait for a slow reader in their order, of usage the newest only, and a thousand at most', async () => {
    const feed = guardFeed();
    const reader = feed.iterate();
    feed.push(usage(1));
    feed.push(gone(2));
    feed.push(usage(3));
    feed.end();
    const all = [await reader.next(), await reader.next(), await reader.next()];
    expect(all.map(({ done, value }) => (done === true ? 'end' : value?.at))).toEqual([2, 3, 'end']);

    const many = guardFeed();
    const slow = many.iterate();
    for (let at = 0; at < 1500; at++) many.push(gone(at));
    expect((await slow.next()).value?.at).toBe(500);
  });

  it('reach listeners until they leave, and a reader that waits', async () => {
    const feed = guardFeed();
    const heard: number[] = [];
    const leave = feed.on(({ at }) => heard.push(at));
    const reader = feed.iterate();
    const next = reader.next();
    feed.push(gone(1));
    leave();
    feed.push(gone(2));
    expect([(await next).value?.at, heard]).toEqual([1, [1]]);
    const waiting = guardFeed().iterate();
    const over = waiting.next();
    await waiting.return?.();
    expect(await over).toEqual({ done: true, value: undefined });
  });
});
