import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toGuardSettings } from '../../../lib/workflows/guard/guard-options.ts';
import { decide, type GuardedNow } from '../../../lib/workflows/guard/guard-policy.ts';

const mebibyte = 1024n * 1024n;
const now = (more: Partial<GuardedNow>): GuardedNow => ({
  ...{ used: 1n * mebibyte, size: 16n * mebibyte, most: 100n * mebibyte, rate: 0, extendTime: 1000 },
  ...{ free: 1000n * mebibyte, extended: 0n, extentSize: mebibyte },
  ...more,
});

describe('a guard', () => {
  it('waits while it is neither full nor filling', () => {
    expect(decide(now({}), toGuardSettings({}))).toMatchObject({
      extendTo: null,
      trouble: null,
      safe: false,
    });
  });

  it('extends above the threshold, to below it', () => {
    const { extendTo } = decide(now({ used: 12n * mebibyte }), toGuardSettings({}));
    // 12 MiB are 0.7 of 17.2 MiB; the step, a fifth of 16 MiB, is more.
    expect(extendTo).toBe(20n * mebibyte);
  });

  it('extends when it would be full before that is done: twice the time of extending, and the headroom', () => {
    const fast = now({ used: 4n * mebibyte, rate: 3 * 1024 * 1024 });
    // 4 s at 3 MiB/s are 12 MiB, and 12 are left.
    expect(decide(fast, toGuardSettings({ headroom: 2000 })).extendTo).toBeNull();
    expect(decide(fast, toGuardSettings({ headroom: 2001 })).extendTo).toBe(29n * mebibyte);
  });

  it('of what cannot overflow is safe', () => {
    expect(decide(now({ size: 100n * mebibyte, used: 99n * mebibyte }), toGuardSettings({}))).toMatchObject({
      ...{ safe: true, extendTo: null, trouble: null },
    });
  });

  it.each([
    ['no-space', { free: 0n }, {}],
    ['budget', {}, { budget: '1KiB' }],
    ['maximum', {}, { maximum: '16MiB' }],
  ])('says %s when nothing more can be given', (why, more, line) => {
    const decision = decide(now({ used: 12n * mebibyte, ...more }), toGuardSettings(line));
    expect(decision).toMatchObject({ extendTo: null, trouble: { why, fullIn: null } });
  });

  it('says early that it will not be able to, by how long all that can be given will last', () => {
    const filling = now({ used: 1n * mebibyte, rate: 1024 * 1024, free: 10n * mebibyte });
    const { trouble } = decide(filling, toGuardSettings({ notice: 30_000 }));
    expect(trouble).toEqual({ why: 'no-space', fullIn: 25_000 });
    expect(decide(filling, toGuardSettings({ notice: 20_000 })).trouble).toBeNull();
  });

  it('never takes more than there is, nor less than whole extents, and looks 1 to 50 times a second', () => {
    const states = fc.record({
      used: fc.bigInt({ min: 0n, max: 2n ** 45n }),
      extents: fc.bigInt({ min: 1n, max: 2n ** 25n }),
      most: fc.option(fc.bigInt({ min: 1n, max: 2n ** 25n }), { nil: null }),
      rate: fc.double({ min: 0, max: 1e12, noNaN: true }),
      extendTime: fc.double({ min: 0, max: 1e6, noNaN: true }),
      free: fc.bigInt({ min: 0n, max: 2n ** 50n }),
      extended: fc.bigInt({ min: 0n, max: 2n ** 40n }),
    });
    const lines = fc.record({
      threshold: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      headroom: fc.integer({ min: 0, max: 60_000 }),
      step: fc.oneof(
        fc.bigInt({ min: 1n, max: 2n ** 40n }),
        fc.record({ percent: fc.integer({ min: 1, max: 10_000 }) }),
      ),
      budget: fc.option(fc.bigInt({ min: 1n, max: 2n ** 41n }), { nil: undefined }),
      maximum: fc.option(fc.bigInt({ min: 1n, max: 2n ** 45n }), { nil: undefined }),
    });
    fc.assert(
      fc.property(states, lines, ({ extents, most, ...rest }, line) => {
        const size = extents * mebibyte;
        const state = { ...rest, size, most: most === null ? null : most * mebibyte, extentSize: mebibyte };
        const { extendTo, interval, safe } = decide(state, toGuardSettings(line));
        expect(interval).toBeGreaterThanOrEqual(20);
        expect(interval).toBeLessThanOrEqual(1000);
        if (extendTo === null) return;
        expect(safe).toBe(false);
        expect(extendTo % mebibyte).toBe(0n);
        expect(extendTo > size && extendTo <= size + state.free).toBe(true);
        if (state.most !== null) expect(extendTo).toBeLessThanOrEqual(state.most);
        if (line.maximum !== undefined) expect(extendTo).toBeLessThanOrEqual(line.maximum);
        if (line.budget !== undefined)
          expect(extendTo - size + state.extended).toBeLessThanOrEqual(line.budget);
      }),
    );
  });
});

describe('the line of a guard', () => {
  it.each([
    [{ threshold: 0 }, RangeError],
    [{ threshold: 1 }, RangeError],
    [{ threshold: '0.5' }, TypeError],
    [{ headroom: -1 }, RangeError],
    [{ step: { percent: 0 } }, RangeError],
    [{ step: { share: 1 } }, TypeError],
    [{ budget: '5' }, TypeError],
    [{ maximum: 0 }, RangeError],
    [{ notice: 0.5 }, RangeError],
  ])('refuses %j', (line, kind) => {
    expect(() => toGuardSettings(line as never)).toThrow(kind);
  });
});
