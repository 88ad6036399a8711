import { describe, expect, it } from 'vitest';
import type { DeviceStatus } from '../../../lib/device.ts';
import { damageOf } from '../../../lib/workflows/replace/degraded.ts';
import {
  groupOf,
  integrityOf,
  kernelMirror,
  type MadeLv,
  mirrorOf,
  raidOf,
  uuidOf,
} from './replace-group.ts';

const pvs = { a: 100, b: 100, c: 100 };

function judged(
  lost: string,
  kernel: readonly [letters: string, used: number, total: number] | null,
  fields: Readonly<Record<string, string>> = {},
): string {
  const group = groupOf(pvs, mirrorOf('m', 20, ['a', 'b'], 'c', fields));
  const statuses: readonly DeviceStatus[] = kernel === null ? [] : [kernelMirror(group, 'm', ...kernel)];
  const { mirrors, blocked } = damageOf(group, new Set([uuidOf(lost)]), statuses);
  expect(mirrors.length + blocked.length).toBe(1);
  return blocked[0]?.why ?? 'repaired';
}

describe('a dm-mirror whose first copy is lost', () => {
  it('is repaired if the others were filled: but for the writes that were under way', () => {
    expect(judged('a', ['DA', 1000, 1000])).toBe('repaired');
    expect(judged('a', ['DA', 990, 1000])).toBe('repaired');
    expect(judged('a', ['RA', 99_984, 100_000])).toBe('repaired');
    expect(judged('a', ['AA', 1000, 1000])).toBe('repaired');
    expect(judged('a', ['DA', 5, 6])).toBe('repaired');
  });

  it.each([
    ['its first copy was broken off', ['DA', 300, 1000], {}, /700 of 1000 regions/],
    ['its first copy was broken off shortly before its end', ['DA', 99_983, 100_000], {}, /17 of 100000/],
    ['it is being copied from', ['AA', 999, 1000], {}, /the others lack 1 regions of it: wait/],
    ['it failed while it was copied from', ['SA', 1000, 1000], {}, /while it was copied from/],
    ['a conversion is under way', ['DA', 1000, 1000], { lv_converting: '1' }, /one was being made/],
    ['it was made with --nosync', ['DA', 1000, 1000], { lv_initial_image_sync: '0' }, /--nosync/],
    ['its tag says so', ['DA', 1000, 1000], { lv_tags: 'devmapper.filling' }, /its tag/],
    ['the lost one had all', ['DA', 1000, 1000], { lv_tags: `devmapper.filling:${uuidOf('a')}` }, /--deltag/],
    ['nobody knows', null, {}, /only the kernel knows/],
  ] as const)('is not repaired onto a copy that may not be filled: %s', (_, kernel, fields, why) => {
    expect(judged('a', kernel, fields)).toMatch(why);
  });

  it('is repaired if the copy that the others are filled from is there', () => {
    expect(judged('a', ['DA', 1000, 1000], { lv_tags: `devmapper.filling:${uuidOf('b')}` })).toBe('repaired');
  });

  it('is not asked for that while the first copy is there', () => {
    expect(judged('b', ['AD', 300, 1000])).toBe('repaired');
    expect(judged('c', null)).toBe('repaired');
  });
});

describe('a RAID that has lost an image', () => {
  const inactive = (lvs: readonly MadeLv[]): readonly MadeLv[] =>
    lvs.map((lv) => ({ ...lv, fields: { ...lv.fields, lv_active: '', lv_image_synced: '' } }));
  const why = (lvs: readonly MadeLv[]): string | undefined =>
    damageOf(groupOf(pvs, lvs), new Set([uuidOf('a')]), []).blocked[0]?.why;

  it('is to be activated if it is not, as lvm repairs it then only', () => {
    expect(why(raidOf('r', 'raid1', 20, ['a', 'b']))).toBeUndefined();
    expect(why(inactive(raidOf('r', 'raid1', 20, ['a', 'b'])))).toMatch(
      /not active.*"lvchange --activate y --activationmode degraded vg\/r"/,
    );
  });

  it('with integrity is to lose that before, as lvm activates it in no mode with a disk missing', () => {
    const lvs = inactive(integrityOf('r', 20, ['a', 'b']));
    expect(why(lvs)).toMatch(/"lvconvert --raidintegrity n vg\/r", then "lvchange --activate y/);
  });

  it('below a pool is to be activated with that', () => {
    const [raid, ...parts] = raidOf('pool_tdata', 'raid1', 20, ['a', 'b']);
    const pool = { name: 'pool', type: 'thin-pool', parts: ['pool_tdata'] };
    const hidden = { name: '', ...raid, fields: { lv_name: '[pool_tdata]', lv_role: 'private' } };
    expect(why(inactive([pool, hidden, ...parts]))).toContain('degraded vg/pool"');
  });
});

it('a dm-mirror to which another copy is being added is named with what to do, its hidden part not', () => {
  const [old, ...parts] = mirrorOf('m_mimagetmp_2', 20, ['a', 'b'], 'c');
  const lvs: readonly MadeLv[] = [
    { name: 'm', type: 'mirror', parts: ['m_mimagetmp_2', 'm_mimage_2'], fields: { lv_converting: '1' } },
    { name: '', ...old, fields: { ...old?.fields, lv_name: '[m_mimagetmp_2]', lv_role: 'private' } },
    ...parts,
    { name: 'm_mimage_2', on: { c: 20 }, fields: { lv_name: '[m_mimage_2]', lv_role: 'private' } },
  ];
  for (const lost of ['a', 'b', 'bc']) {
    const all = new Set([...lost].map(uuidOf));
    const { mirrors, blocked } = damageOf(groupOf(pvs, lvs), all, []);
    expect(mirrors).toEqual([]);
    expect(blocked).toEqual([
      { name: 'vg/m', why: expect.stringMatching(/"lvconvert --repair vg\/m".*--poll/) },
    ]);
  }
});
