import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesText,
  fullStoreSize,
  requireSnapshotSize,
  type SnapshotSize,
  type StoreBasis,
  storeSize,
} from '../../../lib/workflows/snapshot/snapshot-size.ts';

const mebibyte = 1024n * 1024n;
const basis: StoreBasis = {
  ...{ originSize: 92n * mebibyte, extentSize: 4n * mebibyte },
  ...{ free: 400n * mebibyte, total: 1000n * mebibyte },
};

const bases = fc
  .record({
    sectors: fc.bigInt({ min: 1n, max: 2n ** 44n }),
    extent: fc.integer({ min: 0, max: 12 }).map((power) => BigInt(2 ** power) * 1024n * 1024n),
    free: fc.bigInt({ min: 0n, max: 2n ** 50n }),
  })
  .map(
    ({ sectors, extent, free }): StoreBasis => ({
      ...{ originSize: sectors * 512n, extentSize: extent, free, total: free + extent },
    }),
  );

const sizes: fc.Arbitrary<SnapshotSize> = fc.oneof(
  fc.constant<'full'>('full'),
  fc.bigInt({ min: 1n, max: 2n ** 45n }).map((sectors) => sectors * 512n),
  fc.integer({ min: 1, max: 2 ** 31 }).map((extents) => ({ extents })),
  fc.record({
    percent: fc.integer({ min: 1, max: 1000 }),
    of: fc.constantFrom<'ORIGIN' | 'FREE' | 'VG'>('ORIGIN', 'FREE', 'VG'),
  }),
  fc.record({
    writeRate: fc.integer({ min: 1, max: 2 ** 33 }),
    duration: fc.integer({ min: 1, max: 2 ** 31 }),
    margin: fc.option(fc.double({ min: 1, max: 1000, noNaN: true }), { nil: undefined }),
  }),
);

describe('the size that a store can use at most', () => {
  it.each([
    // As lvm 2.03.16 made them of 100%ORIGIN: origin, extent and store in MiB.
    [92n, 4n, 96n],
    [48n, 4n, 52n],
    [40n, 1n, 41n],
    [16n, 4n, 20n],
  ])('of %d MiB in extents of %d MiB is %d MiB', (origin, extent, store) => {
    expect(fullStoreSize({ originSize: origin * mebibyte, extentSize: extent * mebibyte })).toBe(
      store * mebibyte,
    );
  });

  it('holds every chunk of the origin, the metadata of all of them with its end, and the header', () => {
    fc.assert(
      fc.property(bases, fc.constantFrom(4096n, 8192n, 65_536n, 524_288n), (given, chunk) => {
        const full = fullStoreSize(given, chunk);
        const chunks = (given.originSize + chunk - 1n) / chunk;
        // An area has a chunk of records of 16 bytes; the first record that is not written ends them.
        const areas = (chunks + 1n + chunk / 16n - 1n) / (chunk / 16n);
        expect(full % given.extentSize).toBe(0n);
        expect(full).toBeGreaterThanOrEqual((1n + chunks + areas) * chunk);
        expect(full).toBeLessThan((1n + chunks + areas) * chunk + given.extentSize);
      }),
    );
  });
});

describe('the size of a store', () => {
  it('is in whole extents what was asked for, or all that is of use if that is less', () => {
    fc.assert(
      fc.property(bases, sizes, (given, wanted) => {
        const { requested, size, trimmed, full } = storeSize(requireSnapshotSize('size', wanted), given);
        const most = fullStoreSize(given);
        expect(size % given.extentSize).toBe(0n);
        expect(size).toBeGreaterThan(0n);
        expect(size).toBeLessThanOrEqual(most);
        expect(size >= requested || size === most).toBe(true);
        expect(trimmed).toBe(requested > most);
        expect(full).toBe(size === most);
        if (wanted === 'full') expect([size, trimmed]).toEqual([most, false]);
      }),
    );
  });

  it('is a share of the origin, of what is free or of the group', () => {
    expect(storeSize({ percent: 50, of: 'ORIGIN' }, basis).requested).toBe(48n * mebibyte);
    expect(storeSize({ percent: 10, of: 'FREE' }, basis).requested).toBe(40n * mebibyte);
    expect(storeSize({ percent: 4, of: 'VG' }, basis).requested).toBe(40n * mebibyte);
  });

  it('for a rate of writing has room for it in chunks, with their metadata', () => {
    const { requested } = storeSize({ writeRate: '1MiB', duration: 10_000, margin: 1 }, basis);
    // 2560 chunks, 10 areas, one that ends them, and the header.
    expect(requested).toBe(2572n * 4096n);
    expect(storeSize({ writeRate: '1MiB', duration: 10_000 }, basis).requested).toBe(5142n * 4096n);
  });
});

describe('requireSnapshotSize', () => {
  it.each([
    [undefined, TypeError],
    ['10', TypeError],
    ['fuller', TypeError],
    [513, RangeError],
    [{ percent: 10, of: 'PVS' }, TypeError],
    [{ percent: 10 }, TypeError],
    [{ writeRate: '1MiB' }, TypeError],
    [{ writeRate: '1MiB', duration: 0 }, RangeError],
    [{ writeRate: '1MiB', duration: 1, margin: 0.5 }, RangeError],
    [{ writeRate: '1MiB', duration: 1, more: 1 }, TypeError],
  ])('refuses %j', (value, kind) => {
    expect(() => requireSnapshotSize('size', value)).toThrow(kind);
  });

  it('throws TypeErrors and RangeErrors only, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          requireSnapshotSize('size', value);
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
        }
      }),
    );
  });
});

it('sizes are told with their unit', () => {
  expect([bytesText(96n * mebibyte), bytesText(100n)]).toEqual(['96.00 MiB', '100 B']);
});
