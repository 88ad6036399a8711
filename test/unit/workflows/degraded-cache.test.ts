import { describe, expect, it } from 'vitest';
import { damageOf } from '../../../lib/workflows/replace/degraded.ts';
import { withoutDestroyed } from '../../../lib/workflows/replace/replace-destroy.ts';
import { cachedOf, concealed, groupOf, type MadeLv, raidOf, uuidOf } from './replace-group.ts';

const pvs = { a: 100, b: 100, c: 100, d: 100 };

function damage(lvs: readonly MadeLv[], ...letters: readonly string[]) {
  const group = groupOf(pvs, lvs);
  return { group, damage: damageOf(group, new Set(letters.map(uuidOf)), []) };
}

function told(lvs: readonly MadeLv[], ...letters: readonly string[]) {
  const { mirrors, lost, blocked } = damage(lvs, ...letters).damage;
  return {
    mirrors: mirrors.map(({ row }) => row.name),
    lost: lost.map(({ row, why }) => `${row.name} ${why}`),
    blocked: blocked.map(({ name, why }) => `${name} ${why}`),
  };
}

/** `data`, whose origin is a raid1 on a and b, with a cache on c. */
const cached = (mode: string): readonly MadeLv[] => [
  ...cachedOf('data', mode, 'c'),
  ...concealed(raidOf(mode === 'writecache' ? 'data_wcorig' : 'data_corig', 'raid1', 20, ['a', 'b'])),
];

describe('the loss of a cache through which writes go', () => {
  it.each([
    ['writethrough', '"lvconvert --uncache vg/data"'],
    ['passthrough', '"lvconvert --uncache --force vg/data"'],
  ])('(%s) loses no data, and what to do is said', (mode, command) => {
    const { mirrors, lost, blocked } = told(cached(mode), 'c');
    expect({ mirrors, lost }).toEqual({ mirrors: [], lost: [] });
    expect(blocked).toEqual([expect.stringMatching(/^vg\/data it has lost its cache fast_cpool and none/)]);
    expect(blocked[0]).toContain(command);
  });

  it('leaves the RAID below to be repaired as any other', () => {
    expect(told(cached('writethrough'), 'a', 'c')).toMatchObject({
      ...{ mirrors: ['data_corig'], lost: [] },
      blocked: [expect.stringContaining('vg/data it has lost its cache')],
    });
    expect(told(cached('writethrough'), 'a')).toEqual({ mirrors: ['data_corig'], lost: [], blocked: [] });
  });

  it('under a thin pool is told of the pool', () => {
    const [tdata, ...parts] = cachedOf('pool_tdata', 'writethrough', 'c');
    const lvs = [
      {
        ...{ name: 'pool', type: 'thin-pool', parts: ['pool_tdata'] },
        fields: { data_lv: '[pool_tdata]', metadata_lv: '[pool_tmeta]' },
      },
      ...concealed(tdata === undefined ? [] : [tdata]),
      ...parts,
      ...concealed([{ name: 'pool_tmeta', on: { b: 1 } }]),
      ...concealed(raidOf('pool_tdata_corig', 'raid1', 20, ['a', 'b'])),
      { name: 'thin', type: 'thin', fields: { pool_lv: 'pool' } },
    ];
    expect(told(lvs, 'a', 'c')).toEqual({
      mirrors: ['pool_tdata_corig'],
      lost: [],
      blocked: [expect.stringMatching(/^vg\/pool .*"lvconvert --uncache vg\/pool"/)],
    });
    // What is lost in any case has nothing to be taken off, nor repaired.
    expect(told(lvs, 'b', 'c')).toMatchObject({
      mirrors: [],
      lost: [expect.stringMatching(/^pool had \d/), expect.stringMatching(/^thin had \d/)],
      blocked: [],
    });
  });

  it('and of all that is below it, is the loss of the volume', () => {
    const { mirrors, lost, blocked } = told(cached('writethrough'), 'a', 'b', 'c');
    expect({ mirrors, blocked }).toEqual({ mirrors: [], blocked: [] });
    expect(lost).toEqual(['data had all of its 51 extents there']);
  });
});

describe('the loss of a cache that may have what is nowhere else', () => {
  it.each(['writeback', 'writecache', ''])(
    '(%s) loses the volume, and the RAID below it is worth repairing',
    (mode) => {
      const { mirrors, lost, blocked } = told(cached(mode), 'a', 'c');
      expect({ mirrors, blocked }).toEqual({
        mirrors: [mode === 'writecache' ? 'data_wcorig' : 'data_corig'],
        blocked: [],
      });
      expect(lost).toEqual([
        expect.stringMatching(
          /^data had in fast_c.* what was not written back yet; .*--uncache --force vg\/data/,
        ),
      ]);
    },
  );

  it('leaves nothing to be repaired of a volume that is destroyed', () => {
    const { group, damage: found } = damage(cached('writeback'), 'a', 'c');
    const doomed = new Set(['vg/data']);
    expect(withoutDestroyed(group, found, doomed)).toMatchObject({ mirrors: [], lost: [{}] });
  });
});

it('the loss of a part of a cache loses no more than the loss of all of it, and is not repaired by itself', () => {
  const lvs = cached('writethrough').map((lv) => (lv.name === 'fast_cmeta' ? { ...lv, on: { d: 1 } } : lv));
  expect(told(lvs, 'd')).toMatchObject({
    mirrors: [],
    lost: [],
    blocked: [expect.stringContaining('vg/data ')],
  });
});
