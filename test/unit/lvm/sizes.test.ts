import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Size, sizeArguments, toBytes, toSectorBytes } from '../../../lib/lvm/sizes.ts';

describe('a number of bytes', () => {
  it.each([
    [512, 512n],
    [10n ** 18n, 10n ** 18n],
    ['10GiB', 10n << 30n],
    ['1.5 TiB', 3n << 39n],
    ['512KiB', 512n << 10n],
    ['4096B', 4096n],
    ['0.5KiB', 512n],
  ])('%s is read exactly', (given, bytes) => {
    expect(toBytes('size', given)).toBe(bytes);
  });

  it.each([
    '10',
    '10G',
    '10g',
    '4MM',
    '10GB',
    '-1MiB',
    '1e3B',
    '',
    'MiB',
    '1,5GiB',
    '0x10B',
    ' 1MiB',
    '1MiB ',
  ])('is not taken from %j, which lvm would guess at', (given) => {
    expect(() => toBytes('size', given)).toThrow(TypeError);
  });

  it.each([
    0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    0n,
    -1n,
    1n << 64n,
    '0B',
    '16384PiB',
    '0.3B',
  ])('is not %s', (given) => {
    expect(() => toBytes('size', given)).toThrow(RangeError);
  });

  it.each([null, undefined, true, {}, [], Symbol.iterator])('is not %s', (given) => {
    expect(() => toBytes('size', given)).toThrow(TypeError);
  });

  it('is a multiple of 512 for lvm', () => {
    expect(() => toSectorBytes('size', 1000)).toThrow('a multiple of 512 bytes');
  });

  it('comes back from its text in every unit', () => {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(5), (count, unit) => {
        const bytes = BigInt(count) << BigInt(10 * unit);
        expect(toBytes('size', `${count}${units[unit]}`)).toBe(bytes);
        expect(toBytes('size', bytes)).toBe(bytes);
      }),
    );
  });
});

describe('the size of a volume', () => {
  it.each([
    [{ extents: 10 }, ['--extents', '10']],
    [{ percent: 100, of: 'FREE' }, ['--extents', '100%FREE']],
    [{ percent: 20, of: 'ORIGIN' }, ['--extents', '20%ORIGIN']],
    ['1GiB', ['--size', '1073741824b']],
    [4096n, ['--size', '4096b']],
  ])('%o goes out as %o', (given, argv) => {
    expect(sizeArguments('size', given)).toEqual(argv);
  });

  it('has a sign where it is a change', () => {
    expect(sizeArguments('by', '1MiB', '+')).toEqual(['--size', '+1048576b']);
    expect(sizeArguments('by', { extents: 3 }, '-')).toEqual(['--extents', '-3']);
  });

  it.each([
    {},
    { extents: 1, percent: 2 },
    { percent: 10 },
    { of: 'FREE' },
    { percent: 10, of: 'free' },
    { extents: 1, size: 3 },
    { bytes: 3 },
    [],
  ])('is not %j', (given) => {
    expect(() => sizeArguments('size', given)).toThrow(TypeError);
  });

  it('is of whole extents and percent, at least one', () => {
    for (const extents of [0, -1, 1.5, Number.NaN, 2 ** 40])
      expect(() => sizeArguments('size', { extents })).toThrow(RangeError);
  });

  it('becomes two arguments without blanks, or an error, whatever is given', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true }), (given) => {
        try {
          const argv = sizeArguments('size', given);
          expect(argv).toHaveLength(2);
          expect(argv[1]).toMatch(/^\d+(?:b|%(?:FREE|VG|PVS|ORIGIN))?$/);
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
        }
      }),
    );
  });

  it('is extents or a share, not both', () => {
    // @ts-expect-error: lvm takes one of them
    const both: Size = { extents: 1, percent: 1, of: 'VG' };
    expect(() => sizeArguments('size', both)).toThrow(TypeError);
  });
});
