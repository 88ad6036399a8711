import { describe, expect, it } from 'vitest';
import type { Change, Monitor } from '../../../lib/monitor/types.ts';
import { bellOf } from '../../../lib/workflows/replace/watch-and-repair-bell.ts';

// A monitor that tells and ends when it is told to.
function ringing() {
  let tell = (_: Change): void => {};
  let fail = (_: Error): void => {};
  const monitor = {
    on: (listener: typeof tell) => {
      tell = listener;
      return () => {};
    },
    until: () =>
      new Promise((_, reject) => {
        fail = reject;
      }),
  } as unknown as Monitor;
  return {
    bell: bellOf(monitor),
    fail: (error: Error) => fail(error),
    failed: (type: string) => tell({ kind: 'leg-failed', after: { type } } as Change),
  };
}

const { signal } = new AbortController();
const long = 600_000;

describe('the bell of a watch', () => {
  it('says whether writers wait, also of what was told before; and that nothing was', async () => {
    const { bell, failed } = ringing();
    failed('mirror');
    failed('raid');
    expect(await bell.next(long, signal)).toBe('at-once');
    const next = bell.next(long, signal);
    failed('raid');
    expect(await next).toBe('settle');
    expect(await bell.next(1, signal)).toBe('timer');
  });

  it('rings when it is time to look, which counts for less than a failure', async () => {
    const { bell, failed } = ringing();
    const next = bell.next(long, signal);
    bell.ring();
    expect(await next).toBe('timer');
    failed('raid');
    bell.ring();
    expect(await bell.next(long, signal)).toBe('settle');
  });

  it('ends with the monitor, whether anybody waits for it then or not', async () => {
    const { bell, fail } = ringing();
    const next = bell.next(long, signal);
    fail(new Error('no more events'));
    await expect(next).rejects.toThrow('no more events');
    await expect(bell.next(long, signal)).rejects.toThrow('no more events');
  });
});
