import { describe, expect, it } from 'vitest';
import type { GroupState } from '../../../lib/lvm/state.ts';
import type { StaleRaid } from '../../../lib/workflows/replace/replace-find.ts';
import { refreshTag } from '../../../lib/workflows/replace/replace-note.ts';
import { refreshesOf } from '../../../lib/workflows/replace/replace-stale.ts';
import { groupOf, type MadeLv, raidOf, uuidOf } from './replace-group.ts';

const pvs = { a: 100, b: 100 };
const tags = [refreshTag(uuidOf('a'))];

function staleIn(group: GroupState, ...names: readonly string[]): readonly StaleRaid[] {
  return group.lvs.filter(({ name }) => names.includes(name)).map((row) => ({ row, pvs: [uuidOf('a')] }));
}

function hiddenRaid(name: string): readonly MadeLv[] {
  return raidOf(name, 'raid1', 10, ['a', 'b']).map((lv) =>
    lv.name === name ? { ...lv, fields: { lv_name: `[${name}]`, lv_role: 'private' } } : lv,
  );
}

function thinPool(active: string): GroupState {
  return groupOf(pvs, [
    {
      ...{ name: 'pool', type: 'thin-pool', parts: ['pool_tdata'] },
      fields: { data_lv: '[pool_tdata]', metadata_lv: '[pool_tmeta]', lv_active: active },
    },
    ...hiddenRaid('pool_tdata'),
    ...hiddenRaid('pool_tmeta'),
    { name: 'off', type: 'thin', fields: { pool_lv: 'pool', lv_active: '' } },
    { name: 'thin', type: 'thin', fields: { pool_lv: 'pool' } },
  ]);
}

describe('a RAID that is to take a leg back', () => {
  it('is refreshed itself if it is visible', () => {
    const group = groupOf(pvs, raidOf('r', 'raid1', 10, ['a', 'b']));
    expect(refreshesOf(group, staleIn(group, 'r'), new Set())).toEqual([
      { volume: 'vg/r', refresh: 'vg/r', raids: ['vg/r'], tags },
    ]);
  });

  it.each([
    ['active', 'vg/pool'],
    ['', 'vg/thin'],
  ])(
    'is refreshed with its pool, once, or with an active volume of that if it is not active',
    (active, refresh) => {
      const group = thinPool(active);
      expect(refreshesOf(group, staleIn(group, 'pool_tdata', 'pool_tmeta'), new Set())).toEqual([
        { volume: 'vg/pool', refresh, raids: ['vg/pool_tdata', 'vg/pool_tmeta'], tags },
      ]);
    },
  );

  it('is not if it is repaired, or has errors in the place of an image; its neighbour in name is', () => {
    const group = groupOf(pvs, [
      ...raidOf('r', 'raid1', 10, ['a', 'b']),
      ...raidOf('r_root', 'raid1', 10, ['error', 'b']),
    ]);
    const stale = staleIn(group, 'r', 'r_root');
    expect(refreshesOf(group, stale, new Set()).map(({ volume }) => volume)).toEqual(['vg/r']);
    expect(refreshesOf(group, stale, new Set(['vg/r']))).toEqual([]);
  });
});
