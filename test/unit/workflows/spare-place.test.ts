import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sparesApart } from '../../../lib/workflows/replace/spare.ts';
import { type Need, placeAll } from '../../../lib/workflows/replace/spare-place.ts';

const path = (letter: string): string => `/dev/sd${letter}`;
const letters = ['a', 'b', 'c', 'd'];

const need = fc.record({
  images: fc.integer({ min: 0, max: 3 }),
  extents: fc.integer({ min: 1, max: 30 }),
  log: fc.integer({ min: 0, max: 2 }),
  avoid: fc.subarray(letters).map((all) => new Set(all.map(path))),
  spareLog: fc.constantFrom(null, ...letters.map(path)),
});
const spares = fc
  .array(fc.integer({ min: 0, max: 60 }), { maxLength: letters.length })
  .map((sizes) => sizes.map((free, index) => ({ path: path(letters[index] ?? ''), uuid: null, free })));

describe('the places of new copies', () => {
  it('are on disks of their own, never on one that has a copy, and never more than there is room', () => {
    fc.assert(
      fc.property(fc.array(need, { maxLength: 4 }), spares, (given, disks) => {
        const needs: readonly Need[] = given.map((one, index) => ({ ...one, name: `vg/v${index}` }));
        const placed = placeAll(needs, disks);
        if ('shortage' in placed) {
          expect(needs).toContain(placed.shortage.need);
          return;
        }
        const room = disks.reduce((sum, { free }) => sum + free, 0);
        expect(needs.reduce((sum, one) => sum + one.images * one.extents + one.log, 0)).toBeLessThanOrEqual(
          room,
        );
        for (const one of needs) {
          const place = placed.places.get(one.name);
          const used = (place?.images ?? []).flat();
          expect(place?.images).toHaveLength(one.images);
          expect(new Set(used).size).toBe(used.length);
          expect(used.filter((name) => one.avoid.has(name))).toEqual([]);
          expect(place?.log === null).toBe(one.log === 0);
        }
      }),
    );
  });

  it('leave the disk of the log to the log if there is another', () => {
    const one: Need = { name: 'vg/m', images: 1, extents: 10, log: 0, avoid: new Set(), spareLog: path('a') };
    const disks = [
      { path: path('a'), uuid: null, free: 90 },
      { path: path('b'), uuid: null, free: 20 },
    ];
    expect(placeAll([one], disks)).toEqual({
      places: new Map([['vg/m', { images: [[path('b')]], log: null }]]),
    });
  });

  it('may be pieces of several disks for a single copy', () => {
    const one: Need = { name: 'vg/m', images: 1, extents: 30, log: 0, avoid: new Set(), spareLog: null };
    const disks = ['a', 'b'].map((letter) => ({ path: path(letter), uuid: null, free: 20 }));
    expect(placeAll([one], disks)).toMatchObject({
      places: new Map([['vg/m', { images: [[path('a'), path('b')]], log: null }]]),
    });
    expect(placeAll([{ ...one, images: 2 }], disks)).toMatchObject({ shortage: { need: { name: 'vg/m' } } });
  });

  it('are on another disk than the copy that is left, also if both are partitions of one', () => {
    const disks = ['a', 'c', 'd'].map((letter) => ({ path: path(letter), uuid: null, free: 90 }));
    const bases = new Map([
      [path('a'), ['one']],
      [path('b'), ['one']],
      [path('c'), ['two']],
      [path('d'), ['two']],
    ]);
    const one = { name: 'vg/r', images: 1, extents: 10, log: 0, avoid: new Set([path('b')]), spareLog: null };
    expect(placeAll([one], disks, bases)).toMatchObject({
      places: new Map([['vg/r', { images: [[path('c')]], log: null }]]),
    });
    expect(placeAll([{ ...one, images: 2 }], disks, bases)).toMatchObject({ shortage: { candidates: [] } });
    expect(sparesApart(disks, bases, [path('b')], false).map((spare) => spare.path)).toEqual([
      ...[path('c'), path('d')],
    ]);
    expect(() => sparesApart(disks, bases, [path('b')], true)).toThrow(/same disk as \/dev\/sdb/);
  });
});
