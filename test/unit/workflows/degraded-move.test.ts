import { describe, expect, it } from 'vitest';
import { damageOf } from '../../../lib/workflows/replace/degraded.ts';
import { groupOf, type MadeLv, uuidOf } from './replace-group.ts';

const move = { lv_name: '[pvmove0]', lv_role: 'private', move_pv: '/dev/sda', move_pv_uuid: uuidOf('a') };
const data: MadeLv = { name: 'data', parts: ['pvmove0'], on: { c: 2 } };
const moves: readonly (readonly [string, RegExp, readonly MadeLv[]])[] = [
  [
    'a plain one',
    /"lvm lvpoll .*--abort --handlemissingpvs vg\/pvmove0"/,
    [{ name: 'pvmove0', type: 'mirror', on: { a: 5, b: 5 }, fields: move }],
  ],
  [
    'an atomic one',
    /when that disk is back: then "pvmove --abort \/dev\/sda"/,
    [
      { name: 'pvmove0', type: 'mirror', parts: ['pvmove0_mimage_0', 'pvmove0_mimage_1'], fields: move },
      { name: 'pvmove0_mimage_0', on: { a: 5 }, fields: { lv_name: '[pvmove0_mimage_0]' } },
      { name: 'pvmove0_mimage_1', on: { b: 5 }, fields: { lv_name: '[pvmove0_mimage_1]' } },
    ],
  ],
];

describe.each(moves)('a pvmove, %s,', (_, next, lvs) => {
  const group = groupOf({ a: 50, b: 50, c: 50 }, [data, ...lvs]);
  const damage = (letter: string) => damageOf(group, new Set([uuidOf(letter)]), []);

  it('that has lost its destination has not lost what it moves, and is to be ended', () => {
    expect(damage('b')).toMatchObject({
      mirrors: [],
      lost: [],
      blocked: [{ name: 'vg/pvmove0', why: expect.stringMatching(next) }],
    });
  });

  it('that has lost its source has lost what it moves', () => {
    expect(damage('a')).toMatchObject({ mirrors: [], lost: [{ row: { name: 'data' } }], blocked: [] });
  });
});
