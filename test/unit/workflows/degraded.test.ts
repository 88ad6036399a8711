import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { damageOf } from '../../../lib/workflows/replace/degraded.ts';
import { toleratesLoss } from '../../../lib/workflows/replace/degraded-parts.ts';
import { groupOf, mirrorOf, raidOf, uuidOf, wellMirrors } from './replace-group.ts';

const pvs = { a: 100, b: 100, c: 100, d: 100 };
const without = (...letters: readonly string[]) => new Set(letters.map(uuidOf));

const damaged = (group: ReturnType<typeof groupOf>, ...letters: readonly string[]) => {
  const { mirrors, lost, blocked, poolSpares } = damageOf(group, without(...letters), wellMirrors(group));
  return {
    mirrors: mirrors.map(({ row, lost: images, lostLog }) => [
      row.name,
      images.map(({ index }) => index),
      lostLog,
    ]),
    lost: lost.map(({ row }) => row.name),
    blocked: blocked.map(({ name }) => name),
    poolSpares: poolSpares.map(({ name }) => name),
  };
};

describe('the loss of a disk', () => {
  it('takes copies from mirrors and RAID, and volumes that have no copy', () => {
    const group = groupOf(pvs, [
      ...mirrorOf('m', 10, ['a', 'b'], 'c'),
      ...raidOf('r', 'raid1', 10, ['b', 'a']),
      ...raidOf('s', 'raid5', 10, ['a', 'b', 'c']),
      ...raidOf('z', 'raid0', 10, ['a', 'b']),
      { name: 'plain', on: { a: 5 } },
      { name: 'wide', type: 'striped', on: { a: 2, c: 2 } },
      { name: 'good', on: { c: 5 } },
    ]);
    expect(damaged(group, 'a')).toEqual({
      mirrors: [
        ['m', [0], false],
        ['r', [1], false],
        ['s', [0], false],
      ],
      lost: ['z', 'plain', 'wide'],
      blocked: [],
      poolSpares: [],
    });
    expect(damaged(group)).toEqual({ mirrors: [], lost: [], blocked: [], poolSpares: [] });
  });

  it('of a log leaves the mirror whole but for that', () => {
    const group = groupOf(pvs, mirrorOf('m', 10, ['a', 'b'], 'c'));
    expect(damaged(group, 'c').mirrors).toEqual([['m', [], true]]);
  });

  it('of all copies loses a mirror', () => {
    const group = groupOf(pvs, [
      ...mirrorOf('m', 10, ['a', 'b'], 'c'),
      ...raidOf('s', 'raid5', 10, ['a', 'b', 'c']),
    ]);
    expect(damaged(group, 'a', 'b')).toMatchObject({ mirrors: [], lost: ['m', 's'] });
  });

  it('of its pool loses a thin volume, and of a part of the pool that has a copy nothing', () => {
    const pool = (metadata: 'linear' | 'raid1') => [
      {
        name: 'pool',
        type: 'thin-pool',
        parts: ['pool_tdata'],
        fields: { data_lv: '[pool_tdata]', metadata_lv: '[pool_tmeta]' },
      },
      ...raidOf('pool_tdata', 'raid1', 10, ['a', 'b']),
      ...(metadata === 'raid1'
        ? raidOf('pool_tmeta', 'raid1', 2, ['a', 'b'])
        : [{ name: 'pool_tmeta', on: { a: 2 }, fields: { lv_name: '[pool_tmeta]' } }]),
      { name: 'thin', type: 'thin', fields: { pool_lv: 'pool' } },
      {
        name: 'lvol0_pmspare',
        on: { a: 2 },
        fields: { lv_name: '[lvol0_pmspare]', lv_role: 'private;pool;spare' },
      },
    ];
    const hide = (made: ReturnType<typeof pool>) =>
      made.map((lv) =>
        lv.name.startsWith('pool_t') ? { ...lv, fields: { ...lv.fields, lv_name: `[${lv.name}]` } } : lv,
      );
    expect(damaged(groupOf(pvs, hide(pool('raid1'))), 'a')).toEqual({
      mirrors: [
        ['pool_tdata', [0], false],
        ['pool_tmeta', [0], false],
      ],
      lost: [],
      blocked: [],
      poolSpares: ['lvol0_pmspare'],
    });
    const lost = damaged(groupOf(pvs, hide(pool('linear'))), 'a');
    expect(lost).toMatchObject({ mirrors: [], lost: ['pool', 'thin'] });
  });

  it('of a snapshot leaves its origin, which cannot be repaired while it is there', () => {
    const group = groupOf(pvs, [
      ...raidOf('o', 'raid1', 10, ['a', 'b']),
      { name: 's', on: { a: 4 }, fields: { origin: 'o', lv_role: 'public;snapshot;thicksnapshot' } },
    ]);
    expect(damaged(group, 'a')).toMatchObject({ mirrors: [], lost: ['s'], blocked: ['vg/o'] });
  });

  it('of an origin loses its snapshots', () => {
    const group = groupOf(pvs, [
      { name: 'o', on: { a: 4 } },
      { name: 's', on: { b: 4 }, fields: { origin: 'o', lv_role: 'public;snapshot;thicksnapshot' } },
    ]);
    expect(damaged(group, 'a').lost).toEqual(['o', 's']);
  });

  it('of an external origin loses the thin volumes that read through it, those of its own pool not', () => {
    const thin = (name: string, origin: string) => ({
      ...{ name, type: 'thin', fields: { pool_lv: 'pool', origin, lv_role: 'public;snapshot;thinsnapshot' } },
    });
    const group = groupOf(pvs, [
      { name: 'base', on: { a: 4 } },
      { name: 'pool', type: 'thin-pool', on: { b: 4 } },
      { name: 'old', type: 'thin', on: { c: 1 }, fields: { pool_lv: 'pool' } },
      ...[thin('reader', 'base'), thin('snapshot', 'reader'), thin('other', 'old')],
    ]);
    expect(damaged(group, 'a').lost).toEqual(['base', 'reader']);
    expect(damaged(group, 'c').lost).toEqual(['old']);
  });

  it('is seen in errors that stand in the place of an image, which nothing else tells of', () => {
    const group = groupOf(pvs, raidOf('r', 'raid1', 10, ['error', 'b']));
    const { mirrors } = damageOf(group, new Set(), []);
    expect(mirrors).toMatchObject([{ row: { name: 'r' }, hasErrorImages: true }]);
  });

  it('is said in extents', () => {
    const group = groupOf(pvs, [{ name: 'wide', type: 'striped', on: { a: 2, c: 3 } }]);
    expect(damageOf(group, without('a'), []).lost[0]?.why).toMatch(/had 2 of its 5 extents there/);
  });

  it('is judged without an end, whatever refers to whatever', () => {
    const names = ['v', 'w', 'x'];
    const lv = fc.record({
      name: fc.constantFrom(...names),
      type: fc.constantFrom('linear', 'mirror', 'raid1', 'raid5', 'thin', 'error'),
      parts: fc.array(fc.constantFrom(...names), { maxLength: 3 }),
      metadata: fc.array(fc.constantFrom(...names), { maxLength: 3 }),
      on: fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 5 }), { maxKeys: 2 }),
      fields: fc.record({ pool_lv: fc.constantFrom(...names), mirror_log: fc.constantFrom(...names) }),
    });
    fc.assert(
      fc.property(fc.array(lv, { maxLength: 4 }), fc.subarray(['a', 'b']), (lvs, letters) => {
        const group = groupOf(pvs, lvs);
        const damage = damageOf(group, without(...letters), []);
        for (const { row } of damage.lost) expect(group.lvs).toContain(row);
        for (const { row } of damage.mirrors) expect(damage.lost.map((lost) => lost.row)).not.toContain(row);
      }),
    );
  });
});

describe('a loss of images', () => {
  const images = (count: number) => Array.from({ length: count }, (_, index) => ({ index, parts: [] }));

  it.each([
    ['raid1', 3, [0, 1], true],
    ['raid1', 2, [0, 1], false],
    ['raid5_ls', 3, [0], true],
    ['raid5_ls', 3, [0, 1], false],
    ['raid6', 5, [0, 4], true],
    ['raid6', 5, [0, 1, 2], false],
    ['raid10', 4, [0, 2], true],
    ['raid10', 4, [2, 3], false],
    ['raid0', 2, [0], false],
    ['raid0', 2, [], true],
  ] as const)('%s of %d images without %j: %j', (type, count, lost, survives) => {
    const all = images(count);
    expect(
      toleratesLoss(
        type,
        all,
        all.filter(({ index }) => (lost as readonly number[]).includes(index)),
      ),
    ).toBe(survives);
  });

  it('that is survived is so with fewer lost, too', () => {
    const types = fc.constantFrom('mirror', 'raid1', 'raid4', 'raid5_n', 'raid6', 'raid10', 'raid0');
    fc.assert(
      fc.property(
        types,
        fc.integer({ min: 1, max: 8 }),
        fc.infiniteStream(fc.boolean()),
        (type, count, coins) => {
          const all = images(count);
          const lost = all.filter(() => coins.next().value === true);
          const fewer = lost.slice(1);
          if (toleratesLoss(type, all, lost)) expect(toleratesLoss(type, all, fewer)).toBe(true);
        },
      ),
    );
  });
});
