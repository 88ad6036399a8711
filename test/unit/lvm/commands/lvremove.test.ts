import { describe, expect, it } from 'vitest';
import { lvremove } from '../../../../lib/lvm/commands/lvremove.ts';
import { removalPlan } from '../../../../lib/lvm/commands/lvremove-plan.ts';
import { lvrename } from '../../../../lib/lvm/commands/lvrename.ts';
import { commandLine } from '../../../../lib/lvm/operation.ts';
import { type Fields, stateOf } from './rows.ts';

const thick = (lv_name: string, origin: string): Fields => ({
  lv_name,
  origin,
  lv_role: 'public;snapshot;thicksnapshot',
});
const pool: Fields = { lv_name: 'pool', lv_layout: 'thin;pool' };
const thin = (lv_name: string, origin = ''): Fields => ({
  lv_name,
  origin,
  pool_lv: 'pool',
  lv_layout: 'thin;sparse',
});

const plan = (names: readonly string[], ...volumes: readonly Fields[]) =>
  removalPlan(
    stateOf(...volumes),
    names.map((name) => `vg/${name}`),
  ).map(({ row }) => row.name);

const denied = (options: object, ...volumes: readonly Fields[]) => {
  const { place } = commandLine(lvremove, 'vg/lv', options);
  const questions = lvremove.asks?.({ place, options, before: stateOf({ lv_name: 'lv' }, ...volumes) }) ?? [];
  return questions.filter(({ granted, certain }) => certain && !granted).map(({ consent }) => consent);
};

describe('what goes with a volume', () => {
  it('is nothing for one that nothing needs', () => {
    expect(plan(['a'], { lv_name: 'a' }, { lv_name: 'b' }, thick('s', 'b'))).toEqual([]);
  });

  it('is all snapshots of an origin, also one that is being merged', () => {
    const merging = { ...thick('[m]', 'a'), lv_merging: '1' };
    expect(plan(['a'], { lv_name: 'a' }, thick('s', 'a'), merging)).toEqual(['s', 'm']);
    expect(plan(['a', 's'], { lv_name: 'a' }, thick('s', 'a'))).toEqual([]);
    expect(plan(['s'], { lv_name: 'a' }, thick('s', 'a'))).toEqual([]);
  });

  it('is all volumes of a pool and their snapshots outside of it', () => {
    expect(plan(['pool'], pool, thin('t'), thin('ts', 't'), thick('k', 't'))).toEqual(['t', 'ts', 'k']);
  });

  it('is no thin snapshot of the same pool, but one that is to replace it', () => {
    expect(plan(['t'], pool, thin('t'), thin('ts', 't'))).toEqual([]);
    expect(plan(['t'], pool, thin('t'), { ...thin('[ts]', 't'), lv_merging: '1' })).toEqual(['ts']);
  });

  it('is what reads through an external origin', () => {
    expect(plan(['e'], pool, { lv_name: 'e', lv_layout: 'linear' }, thin('t', 'e'))).toEqual(['t']);
  });

  it('is an image that is tracked, and no hidden part', () => {
    expect(
      plan(
        ['r'],
        { lv_name: 'r' },
        { lv_name: 'r_rimage_0', lv_role: 'private;raid;image' },
        { lv_name: '[r_rimage_1]', lv_parent: 'r', lv_role: 'private;raid;image' },
        { lv_name: 'rr_rimage_0', lv_role: 'private;raid;image' },
      ),
    ).toEqual(['r_rimage_0']);
  });

  it('is no cached volume for its cache', () => {
    const cached: Fields = { lv_name: 'c', pool_lv: '[fast]', lv_layout: 'cache' };
    expect(plan(['fast'], cached, { lv_name: '[fast]', lv_layout: 'cache;pool' })).toEqual([]);
  });

  it('is a VDO pool with its last volume', () => {
    const vdo = (name: string): Fields => ({ lv_name: name, pool_lv: 'vpool', lv_layout: 'vdo;sparse' });
    const vpool: Fields = { lv_name: 'vpool', lv_layout: 'vdo;pool' };
    expect(plan(['v'], vdo('v'), vpool)).toEqual(['vpool']);
    expect(plan(['v'], vdo('v'), vdo('w'), vpool)).toEqual([]);
    expect(plan(['v', 'w'], vdo('v'), vdo('w'), vpool)).toEqual(['vpool']);
    expect(plan(['vpool'], vdo('v'), vpool)).toEqual(['v']);
  });
});

describe('lvremove', () => {
  const s1 = thick('s1', 'lv');
  const s2 = thick('s2', 'lv');

  it('needs leave for just what goes along', () => {
    expect(denied({})).toEqual([]);
    expect(denied({}, s1, s2)).toEqual(['allowDestroy']);
    expect(denied({ allowDestroy: ['vg/s1'] }, s1, s2)).toEqual(['allowDestroy']);
    expect(denied({ allowDestroy: ['vg/s2', 'vg/s1'] }, s1, s2)).toEqual([]);
    expect(denied({ allowDestroy: ['vg/s2', 'vg/s1', 'vg/x'] }, s1, s2)).toEqual(['allowDestroy']);
    expect(denied({ allowDestroy: ['vg/x'] })).toEqual(['allowDestroy']);
    expect(denied({ withSnapshots: true }, s1, s2)).toEqual([]);
    expect(denied({ withSnapshots: true })).toEqual([]);
  });

  it('needs leave for a snapshot whose merge failed, and for the spare of pools', () => {
    const ask = (options: object, fields: Fields) => {
      const { place } = commandLine(lvremove, `vg/${fields.lv_name}`, options);
      const questions = lvremove.asks?.({ place, options, before: stateOf(fields) }) ?? [];
      return questions.filter(({ granted }) => !granted).map(({ consent }) => consent);
    };
    const failed = { ...thick('s', 'o'), lv_merge_failed: '1' };
    const spare = { lv_name: 'lvol0_pmspare', lv_role: 'private;pool;spare' };
    expect([ask({}, failed), ask({ allowFailedMerge: true }, failed)]).toEqual([['allowFailedMerge'], []]);
    expect([ask({}, spare), ask({ allowNoSpare: true }, spare)]).toEqual([['allowNoSpare'], []]);
  });
});

describe('the command lines of lvremove and lvrename', () => {
  it('name volumes behind --', () => {
    expect(commandLine(lvremove, ['vg/a', 'vh/b'], { noHistory: true, allowDestroy: ['vg/x'] }).argv).toEqual(
      [...['lvremove', '--nohistory', '--', 'vg/a', 'vh/b']],
    );
    expect(commandLine(lvrename, 'vg/a', { name: 'b' }).argv).toEqual(['lvrename', '--', 'vg/a', 'b']);
  });

  it.each(['-b', 'x_rimage_1', 'snapshot', 'a/b', '', '..', 'a-'.repeat(50)])(
    'take no new name %s',
    (name) => {
      expect(() => commandLine(lvrename, 'vg/a', { name })).toThrow(TypeError);
    },
  );
});
