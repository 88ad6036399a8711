import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Count,
  formatSectors,
  lvsPercent,
  minus,
  sectorsToBytes,
  usage,
  usageShownAs,
} from '../../lib/units.ts';
import { count } from './arbitraries.ts';

describe('lvsPercent', () => {
  it.each<readonly [Count, Count, string, string]>([
    [4, 128, '3.12', 'rounds an exact tie to the even digit, as printf does'],
    [12, 128, '9.38', 'rounds an exact tie to the even digit, upwards too'],
    [0, 0, '100.00', 'calls nothing of nothing complete, as libdm does'],
    [0, 7, '0.00', 'is 0.00 at exactly none'],
    [7, 7, '100.00', 'is 100.00 at exactly all'],
    [1, 2 ** 40, '0.01', 'never shows something as nothing'],
    [2 ** 40 - 1, 2 ** 40, '99.99', 'never shows something missing as all'],
    [3456, 1234, '280.06', 'goes above 100 when the kernel does'],
    [2n ** 64n - 1n, 1, '2147.48', 'stops at what dm_percent_t can hold'],
    [2n ** 64n - 2n, 2n ** 64n - 1n, '99.99', 'tells neighbours apart at any size'],
    [5n, 5, '100.00', 'takes a bigint and a number for the same count'],
    [111, 1024, '10.84', 'is what lvs printed for a new thin pool'],
  ])('of %s in %s is %s: %s', (part, whole, percent) => {
    expect(lvsPercent(part, whole)).toBe(percent);
  });

  it('has two decimals and never throws', () => {
    fc.assert(
      fc.property(count(), count(), (part, whole) => {
        expect(lvsPercent(part, whole)).toMatch(/^\d+\.\d\d$/);
      }),
    );
  });

  it('is 0.00 or 100.00 only when exact', () => {
    const partAndWhole = fc
      .tuple(count(), count())
      .map(([one, other]) => (one < other ? ([one, other] as const) : ([other, one] as const)));
    fc.assert(
      fc.property(partAndWhole, ([part, whole]) => {
        const percent = lvsPercent(part, whole);
        const isNothing = Number(part) === 0 && Number(whole) !== 0;
        const isAll = BigInt(part) === BigInt(whole);
        expect([percent === '0.00', percent === '100.00']).toEqual([isNothing, isAll]);
      }),
    );
  });

  it('never falls when more is used', () => {
    const three = fc
      .tuple(count(), count(), count())
      .map((counts) => counts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    fc.assert(
      fc.property(three, ([less = 0, more = 0, whole = 0]) => {
        expect(Number(lvsPercent(less, whole))).toBeLessThanOrEqual(Number(lvsPercent(more, whole)));
      }),
    );
  });
});

describe('usage', () => {
  it('keeps both counts, and tells ratio and percent', () => {
    expect(usage(1, 4)).toEqual({ used: 1, total: 4, ratio: 0.25, percent: '25.00' });
  });

  it('of nothing in nothing is 1, as libdm says', () => {
    expect(usage(0, 0)).toEqual({ used: 0, total: 0, ratio: 1, percent: '100.00' });
  });

  it('can show the share of other counts, as lvs does for a mirror', () => {
    expect(usageShownAs(31, 32, 15, 16)).toEqual({ used: 31, total: 32, ratio: 15 / 16, percent: '93.75' });
  });
});

describe('minus', () => {
  it('is exact at any size and never below 0', () => {
    fc.assert(
      fc.property(count(), count(), (from, less) => {
        const exact = BigInt(from) - BigInt(less);
        const difference = minus(from, less);
        expect(BigInt(difference)).toBe(exact < 0n ? 0n : exact);
        expect(typeof difference).toBe(exact > BigInt(Number.MAX_SAFE_INTEGER) ? 'bigint' : 'number');
      }),
    );
  });
});

describe('a difference of 2^53-1', () => {
  it('is a number still', () => {
    expect(minus(2n ** 53n, 1)).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('sectorsToBytes', () => {
  it('is exact at any size', () => {
    expect(sectorsToBytes(2n ** 64n - 1n)).toBe((2n ** 64n - 1n) * 512n);
    expect(sectorsToBytes(Number.MAX_SAFE_INTEGER)).toBe(BigInt(Number.MAX_SAFE_INTEGER) * 512n);
  });
});

describe('formatSectors', () => {
  it.each([
    [0, '0 B'],
    [1, '512 B'],
    [2, '1.00 KiB'],
    [8, '4.00 KiB'],
    [2 ** 21, '1.00 GiB'],
    [3 * 2 ** 30, '1.50 TiB'],
    [2 ** 31 - 1, '1.00 TiB'],
    [2n ** 55n, '16.00 EiB'],
  ])('shows %s sectors as %s', (sectors, text) => {
    expect(formatSectors(sectors)).toBe(text);
  });

  it('is within half a hundredth of the unit, and below 1024 of any unit but the largest', () => {
    const power = { B: 0, KiB: 1, MiB: 2, GiB: 3, TiB: 4, PiB: 5, EiB: 6 };
    fc.assert(
      fc.property(count(), (sectors) => {
        const text = formatSectors(sectors);
        const [, number = '', unit = ''] = /^(\d+(?:\.\d\d)?) (B|[KMGTPE]iB)$/.exec(text) ?? [];
        const scale = 1024 ** (power[unit as keyof typeof power] ?? Number.NaN);
        const shown = Number(number) * scale;
        expect(Math.abs(shown - Number(sectors) * 512)).toBeLessThanOrEqual(scale * 0.0051);
        if (unit !== 'EiB') expect(Number(number)).toBeLessThan(1024);
      }),
    );
  });
});
