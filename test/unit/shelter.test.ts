import { describe, expect, it } from 'vitest';
import { isSheltered, runSheltered, sheltered } from '../../lib/shelter.ts';

describe('what has to come to its end', () => {
  const ending = (...signals: readonly (NodeJS.Signals | null)[]) => {
    let ran = 0;
    const run = async () => signals[ran++] ?? null;
    return { run, ran: () => ran };
  };

  it('is known by all that it calls and awaits, and by nothing else', async () => {
    expect(isSheltered()).toBe(false);
    const inside = sheltered(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return isSheltered();
    });
    expect(isSheltered()).toBe(false);
    expect(await inside).toBe(true);
  });

  it('starts a program again that SIGINT has ended before it began, not without end', async () => {
    const twice = ending('SIGINT', 'SIGINT');
    expect(await sheltered(() => runSheltered(twice.run, (by) => by))).toBeNull();
    expect(twice.ran()).toBe(3);
    const always = ending(...Array.from({ length: 1000 }, () => 'SIGINT' as const));
    expect(await sheltered(() => runSheltered(always.run, (by) => by))).toBe('SIGINT');
    expect(always.ran()).toBe(100);
  });

  it('starts none again that another signal has ended, nor one that is not sheltered', async () => {
    const other = ending('SIGTERM');
    expect(await sheltered(() => runSheltered(other.run, (by) => by))).toBe('SIGTERM');
    const outside = ending('SIGINT');
    expect(await runSheltered(outside.run, (by) => by)).toBe('SIGINT');
    expect([other.ran(), outside.ran()]).toEqual([1, 1]);
  });
});
