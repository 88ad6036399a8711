import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  forecast,
  longestWindow,
  mostObservations,
  type Observation,
  observe,
} from '../../../lib/monitor/forecast.ts';

const second = 1000;

function windowOf(observations: readonly Observation[]): readonly Observation[] {
  return observations.reduce<readonly Observation[]>(observe, []);
}

/** One ratio a second. */
function every(ratios: readonly number[]): readonly Observation[] {
  return ratios.map((ratio, index) => ({ at: 5_000_000 + index * second, ratio }));
}

function line(length: number, rate: number, start = 0.1): readonly number[] {
  return Array.from({ length }, (_, index) => start + rate * index);
}

const rates = fc.double({ min: 1e-6, max: 0.004, noNaN: true });

describe('a forecast', () => {
  it('gives the exact rate and time of what goes steadily, however long it is watched', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 3, max: 200 }), (rate, length) => {
        const found = forecast(windowOf(every(line(length, rate))));
        expect(found?.rate).toBeCloseTo(rate, 9);
        const seconds = (0.9 - rate * (length - 1)) / rate;
        expect((found?.etaSeconds ?? 0) / seconds).toBeCloseTo(1, 6);
      }),
    );
  });

  it('does not depend on how evenly the observations come', () => {
    const gap = fc.integer({ min: 1, max: 20_000 });
    fc.assert(
      fc.property(rates, fc.array(gap, { minLength: 3, maxLength: 40 }), (rate, gaps) => {
        let at = 0;
        const observations = gaps.map((ms) => {
          at += ms;
          return { at, ratio: (at / second) * rate };
        });
        expect((forecast(windowOf(observations))?.rate ?? 0) / rate).toBeCloseTo(1, 5);
      }),
    );
  });

  it('stays within a tenth if every step is within a tenth', () => {
    const steps = fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 3, maxLength: 150 });
    fc.assert(
      fc.property(rates, steps, (rate, factors) => {
        let ratio = 0;
        const found = forecast(windowOf(every(factors.map((factor) => (ratio += rate * factor)))));
        expect((found?.rate ?? 0) / rate).toBeGreaterThan(0.8999);
        expect((found?.rate ?? 0) / rate).toBeLessThan(1.1001);
      }),
    );
  });

  it('is not moved at all by a tenth of the observations, whatever they say', () => {
    const odd = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 58 }), fc.double({ min: 0, max: 1, noNaN: true })),
      {
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(rates, odd, (rate, outliers) => {
        const ratios = [...line(60, rate)];
        for (const [index, ratio] of outliers) ratios[index] = ratio;
        expect((forecast(every(ratios))?.rate ?? 0) / rate).toBeCloseTo(1, 6);
      }),
    );
  });

  it('is off by less than a factor of two if all are off by a tenth of the whole way, or says nothing', () => {
    const noise = fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(rates, noise, (rate, off) => {
        const way = rate * off.length;
        const found = forecast(every(off.map((share, index) => 0.2 + rate * index + share * way)));
        if (found === undefined) return;
        expect(found.rate / rate).toBeGreaterThan(0.5);
        expect(found.rate / rate).toBeLessThan(2);
      }),
    );
  });

  it('sees the slope of a staircase', () => {
    const found = forecast(
      windowOf(every(Array.from({ length: 60 }, (_, index) => 0.05 * Math.floor(index / 5)))),
    );
    expect(found?.rate).toBeGreaterThan(0.007);
    expect(found?.rate).toBeLessThan(0.014);
  });

  it.each([
    ['is seen twice only', [0.1, 0.2]],
    ['does not move', [0.5, 0.5, 0.5, 0.5]],
    ['falls', [0.5, 0.4, 0.3, 0.2]],
    ['goes up and down', [0.5, 0.51, 0.5, 0.51, 0.5, 0.51]],
    ['has moved once', [0.1, 0.1, 0.1, 0.2, 0.2, 0.2]],
  ])('says nothing of what %s', (_, ratios) => {
    expect(forecast(every(ratios))).toBeUndefined();
    expect(forecast(windowOf(every(ratios)))).toBeUndefined();
  });

  it('says that what is full is full', () => {
    expect(forecast(every([0.8, 0.9, 1]))?.etaSeconds).toBe(0);
  });

  it('is never negative, never infinite, and never throws', () => {
    const number = fc.oneof(fc.double(), fc.double({ min: 0, max: 1 }), fc.constantFrom(0, 1, 5e-324, 1e308));
    const observation = fc.record({
      at: fc.oneof(number, fc.nat()),
      ratio: number,
      total: fc.constantFrom(undefined, 1, 2n ** 64n - 1n),
    });
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 80 }), (observations) => {
        for (const found of [forecast(observations), forecast(windowOf(observations))]) {
          if (found === undefined) continue;
          expect(found.rate).toBeGreaterThan(0);
          expect(found.etaSeconds).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(found.rate) && Number.isFinite(found.etaSeconds)).toBe(true);
        }
      }),
    );
  });
});

describe('a window of observations', () => {
  const old = every(line(10, 0.01));
  const next = { at: 5_010_000, ratio: 0.2 };

  it('grows by what goes on', () => {
    expect(observe(old, next)).toEqual([...old, next]);
  });

  it.each([
    ['the ratio falls', { ...next, ratio: 0.1 }],
    ['the total is another', { ...next, total: 5 }],
    ['the clock has gone back', { ...next, at: 0 }],
  ])('starts anew when %s', (_, observation) => {
    expect(observe(old, observation)).toEqual([observation]);
  });

  it('bears a fall that is small beside what it has seen', () => {
    expect(observe(old, { ...next, ratio: 0.18 })).toHaveLength(11);
  });

  it('keeps the newer of two at one moment', () => {
    const again = { at: 5_009_000, ratio: 0.195 };
    expect(observe(old, again)).toEqual([...old.slice(0, -1), again]);
  });

  it('leaves out what is not finite', () => {
    expect(observe(old, { ...next, ratio: Number.NaN })).toBe(old);
    expect(observe(old, { ...next, at: Number.POSITIVE_INFINITY })).toBe(old);
  });

  it('holds so many observations at most, spread over its time, and no older ones', () => {
    let window: readonly Observation[] = [];
    for (const observation of every(line(2000, 0.0004))) {
      window = observe(window, observation);
      expect(window.length).toBeLessThanOrEqual(mostObservations);
    }
    const [first, last] = [window[0]?.at ?? 0, window.at(-1)?.at ?? 0];
    expect(last - first).toBeLessThanOrEqual(longestWindow);
    expect(last - first).toBeGreaterThan(longestWindow * 0.9);
    const gaps = window.slice(1).map(({ at }, index) => at - (window[index]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual((4 * longestWindow) / mostObservations);
  });
});
