import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../lib/workflows/errors.ts';
import { damageOf } from '../../../lib/workflows/replace/degraded.ts';
import type { FailedDisk } from '../../../lib/workflows/replace/replace-find.ts';
import { disksToLetGo } from '../../../lib/workflows/replace/replace-let-go.ts';
import { changeOf, requireLost } from '../../../lib/workflows/replace/replace-look-again.ts';
import { groupOf, kernelMirror, type MadeLv, mirrorOf, raidOf, uuidOf } from './replace-group.ts';

const pvs = { a: 100, b: 100, c: 100, d: 100 };
const disk = (letter: string, kind: FailedDisk['kind'] = 'failing'): FailedDisk => ({
  ...{ uuid: uuidOf(letter), path: `/dev/sd${letter}`, number: '8:0', kind, why: 'fails' },
});

function letGo(
  lvs: readonly MadeLv[],
  doomed: readonly string[] = [],
  used = 10,
  others: readonly FailedDisk[] = [],
): string {
  const group = groupOf(pvs, lvs);
  const statuses = group.lvs
    .filter(({ segtype }) => segtype === 'mirror')
    .map(({ name }) => kernelMirror(group, name, 'DA', used, 10));
  const disks = [disk('a'), ...others];
  const damage = damageOf(group, new Set(disks.map(({ uuid }) => uuid)), statuses);
  try {
    return disksToLetGo(group, damage, disks, new Set(doomed))
      .map(({ path }) => path)
      .join();
  } catch (error) {
    if (error instanceof Refusal) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

const mirror = mirrorOf('m', 20, ['a', 'b'], 'c');

describe('the label of a disk that fails', () => {
  it('is wiped if it has the first copy of a mirror, and all else on it has a copy or is to be destroyed', () => {
    expect(letGo(mirror)).toBe('/dev/sda');
    expect(letGo([...mirror, ...raidOf('r', 'raid1', 10, ['a', 'b'])])).toBe('/dev/sda');
    expect(letGo([...mirror, { name: 'plain', on: { a: 5 } }], ['vg/plain'])).toBe('/dev/sda');
    expect(letGo(mirrorOf('m', 20, ['b', 'a'], 'c'))).toBe('');
  });

  it('is wiped while another is missing, as lvm takes no copy off it then, but not if it has nothing', () => {
    const six = raidOf('six', 'raid1', 10, ['a', 'b', 'c']);
    expect(letGo(six, [], 10, [disk('b', 'missing')])).toBe('/dev/sda');
    expect(letGo(six, [], 10, [disk('b')])).toBe('');
    expect(letGo(raidOf('r', 'raid1', 10, ['b', 'c']), [], 10, [disk('b', 'missing')])).toBe('');
    const plain = { name: 'plain', on: { a: 5 } };
    expect(letGo([...six, plain], [], 10, [disk('b', 'missing')])).toMatch(/^unsafe: .*vg\/plain/);
  });

  it('is not if something else is on it that has no copy', () => {
    expect(letGo([...mirror, { name: 'plain', on: { a: 5 } }])).toMatch(/^unsafe: .*vg\/plain/);
  });

  it('is not if it has the only good copy of a volume that cannot be repaired now', () => {
    const behind = raidOf('r', 'raid1', 10, ['a', 'b']).map((lv) =>
      lv.name === 'r_rimage_1' ? { ...lv, fields: { ...lv.fields, lv_image_synced: '0' } } : lv,
    );
    expect(letGo([...mirror, ...behind])).toMatch(/^unsafe: .*vg\/r/);
    expect(letGo([...mirror, ...mirrorOf('n', 20, ['a', 'b'], 'c', { lv_converting: '1' })])).toMatch(
      /^unsafe: .*vg\/n/,
    );
    expect(letGo(mirror, [], 3)).toBe('');
  });

  it('is not if nobody knows whether the other copy is in sync', () => {
    const unknown = raidOf('r', 'raid1', 10, ['a', 'b']).map((lv) =>
      lv.name === 'r_rimage_1' ? { ...lv, fields: { ...lv.fields, lv_image_synced: '' } } : lv,
    );
    expect(letGo([...mirror, ...unknown])).toMatch(/^unsafe: .*vg\/r/);
  });
});

describe('a second look', () => {
  const group = groupOf(pvs, mirror, ['a']);
  const there = {
    ...group,
    pvs: group.pvs.map((pv) => (pv.uuid === uuidOf('b') ? { ...pv, major: 8, minor: 16 } : pv)),
  };
  const gone = { ...disk('a', 'missing'), path: null, number: null };

  it('finds the disks as they were judged', () => {
    expect(changeOf(there, [gone])).toBeNull();
    expect(changeOf(there, [gone, { ...disk('b'), number: '8:16' }])).toBeNull();
  });

  it('finds one that is back, that has become another, that has gone, and another that is missing', () => {
    expect(changeOf(there, [gone, { ...disk('b'), path: null }])).toMatch(/is back/);
    expect(changeOf(there, [gone, { ...disk('b'), number: '8:32' }])).toMatch(/8:16.*not .*8:32/);
    expect(changeOf(there, [gone, { ...disk('b'), path: '/dev/sdx', number: '8:16' }])).toMatch(
      /not \/dev\/sdx/,
    );
    expect(changeOf(there, [gone, disk('x')])).toMatch(/in it no more/);
    expect(changeOf(there, [])).toMatch(/is missing, too/);
  });

  it('lets only that be destroyed which is lost still, and is no other of the name', () => {
    const lvs = [{ name: 'plain', on: { a: 5 } }];
    const before = groupOf(pvs, lvs, ['a']);
    const damage = damageOf(before, new Set([uuidOf('a')]), []);
    const state = { groups: [before], orphans: [] };
    expect(() => requireLost(damage, state, ['vg/plain'])).not.toThrow();
    expect(() => requireLost(damageOf(before, new Set(), []), state, ['vg/plain'])).toThrow(/not the lost/);
    const other = groupOf(pvs, [{ name: 'first' }, ...lvs], ['a']);
    expect(() => requireLost(damage, { groups: [other], orphans: [] }, ['vg/plain'])).toThrow(/not the lost/);
  });
});
