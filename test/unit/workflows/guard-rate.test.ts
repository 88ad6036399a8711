import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FillSample, fillRate, observeFill } from '../../../lib/workflows/guard/guard-rate.ts';

const windowOf = (samples: readonly FillSample[]): readonly FillSample[] =>
  samples.reduce<readonly FillSample[]>(observeFill, []);

describe('the rate at which something fills', () => {
  it('is not known of one sample', () => {
    expect(fillRate([])).toBe(0);
    expect(fillRate(windowOf([{ at: 0, used: 5n }]))).toBe(0);
  });

  it('is that of the last two seconds', () => {
    const samples = [0, 500, 1000, 1500, 2000, 2500, 3000].map((at) => ({ at, used: BigInt(at) * 4n }));
    expect(fillRate(windowOf(samples))).toBe(4000);
  });

  it('is that of a burst at its end if that is faster', () => {
    const quiet = [0, 500, 1000, 1500].map((at) => ({ at, used: 100n }));
    expect(fillRate(windowOf([...quiet, { at: 1750, used: 1100n }]))).toBe(4000);
  });

  it('is of a quarter of a second at least: two looks at once make no rate of their own', () => {
    const window = windowOf([
      { at: 0, used: 0n },
      { at: 20, used: 1000n },
    ]);
    expect(fillRate(window)).toBe(4000);
  });

  it('begins anew when less is used', () => {
    const window = windowOf([
      { at: 0, used: 0n },
      { at: 1000, used: 1000n },
      { at: 2000, used: 10n },
    ]);
    expect(window).toEqual([{ at: 2000, used: 10n }]);
  });

  it('is never negative nor endless, and remembers little, whatever comes', () => {
    const samples = fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1e9, noNaN: true }),
        used: fc.bigInt({ min: 0n, max: 2n ** 60n }),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(samples, fc.boolean(), (given, sorted) => {
        const window = windowOf(sorted ? given.toSorted((one, other) => one.at - other.at) : given);
        expect(window.length).toBeLessThanOrEqual(128);
        const rate = fillRate(window);
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(Number.isNaN(rate)).toBe(false);
      }),
    );
  });
});
