import { hashSync } from 'bcryptjs';
import { afterEach, describe, expect, it } from 'vitest';
import { openAuth } from '../../../lib/exporter/auth.ts';

// Cost 4, the least there is: what is tested is not the time.
const users = new Map([
  ['alice', hashSync('secret', 4)],
  ['bob', hashSync('b\u00f6b:s', 4).replace('$2b$', '$2y$')],
]);
const auth = openAuth();
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

afterEach(() => auth.close());

describe('basic authentication', () => {
  it.each([
    [basic('alice:secret'), 'allowed'],
    [basic('alice:secret').replace('Basic', 'bAsIc'), 'allowed'],
    [basic('bob:b\u00f6b:s'), 'allowed'],
    [basic('alice:Secret'), 'denied'],
    [basic('alice:'), 'denied'],
    [basic('carol:secret'), 'denied'],
    [basic(':secret'), 'denied'],
    [basic('alice'), 'denied'],
    ['Basic !', 'denied'],
    ['Basic', 'denied'],
    ['Bearer x', 'denied'],
    ['', 'denied'],
    [undefined, 'denied'],
    [basic('__proto__:secret'), 'denied'],
  ])('of %j: %s', async (header, verdict) => {
    expect(await auth.judge(users, header)).toBe(verdict);
    expect(await auth.judge(users, header)).toBe(verdict);
  });

  it('allows everybody where there are no users', async () => {
    expect(await auth.judge(new Map(), undefined)).toBe('allowed');
  });

  it('forgets a password that has changed', async () => {
    expect(await auth.judge(users, basic('alice:secret'))).toBe('allowed');
    expect(await auth.judge(new Map([['alice', hashSync('other', 4)]]), basic('alice:secret'))).toBe(
      'denied',
    );
    expect(await auth.judge(new Map([['bob', hashSync('secret', 4)]]), basic('alice:secret'))).toBe('denied');
  });
});

describe('a password that is expensive to compare', () => {
  const expensive = new Map([['alice', hashSync('secret', 9)]]);

  it('does not hold up the event loop, and is compared once', async () => {
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const own = openAuth();
    const begun = performance.now();
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, () => own.judge(expensive, basic('alice:secret'))),
    );
    const first = performance.now() - begun;
    const again = performance.now();
    await own.judge(expensive, basic('alice:secret'));
    clearInterval(watch);
    own.close();
    expect(new Set(verdicts)).toEqual(new Set(['allowed']));
    expect(performance.now() - again).toBeLessThan(first / 10);
    expect(longest).toBeLessThan(first);
  });

  it('costs the same for a user that there is and for one that there is not', async () => {
    const own = openAuth();
    const time = async (user: string, round: number): Promise<number> => {
      const begun = performance.now();
      await own.judge(expensive, basic(`${user}:wrong${round}`));
      return performance.now() - begun;
    };
    await time('alice', -1);
    const known: number[] = [];
    const unknown: number[] = [];
    for (let round = 0; round < 7; round++) {
      known.push(await time('alice', round));
      unknown.push(await time('mallory', round));
    }
    own.close();
    const ratio = Math.min(...unknown) / Math.min(...known);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });

  it('is turned away where too many wait, which is soon over, and one that is known is not', async () => {
    const own = openAuth();
    expect(await own.judge(users, basic('alice:secret'))).toBe('allowed');
    const guesses = Array.from({ length: 100 }, (_, each) => own.judge(expensive, basic(`alice:${each}`)));
    const begun = performance.now();
    expect(await own.judge(users, basic('alice:secret'))).toBe('allowed');
    expect(performance.now() - begun).toBeLessThan(50);
    const verdicts = await Promise.all(guesses);
    expect(verdicts.filter((each) => each === 'denied')).toHaveLength(9);
    expect(verdicts.filter((each) => each === 'busy')).toHaveLength(91);
    expect(await own.judge(users, basic('alice:other'))).toBe('denied');
    own.close();
  });

  it('has its turn soon, however many wrong ones another client keeps in flight', async () => {
    const own = openAuth();
    let isOver = false;
    let refused = 0;
    const guessing = Array.from({ length: 16 }, async (_, each) => {
      for (let round = 0; !isOver; round++) {
        const verdict = await own.judge(expensive, basic(`alice:${each} ${round}`), '192.0.2.1');
        if (verdict === 'busy') refused++;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const verdict = await own.judge(expensive, basic('alice:secret'), '192.0.2.2');
    isOver = true;
    await Promise.all(guessing);
    own.close();
    expect(verdict).toBe('allowed');
    expect(refused).toBeGreaterThan(0);
  });

  it('is known after any number of wrong ones', async () => {
    const own = openAuth();
    expect(await own.judge(users, basic('alice:secret'))).toBe('allowed');
    for (let round = 0; round < 150; round++) await own.judge(users, basic(`alice:${round}`));
    const begun = performance.now();
    expect(await own.judge(expensive, basic('alice:secret'))).toBe('allowed');
    const fresh = performance.now() - begun;
    const again = performance.now();
    expect(await own.judge(users, basic('alice:secret'))).toBe('allowed');
    expect(performance.now() - again).toBeLessThan(fresh / 4);
    own.close();
  });
});
