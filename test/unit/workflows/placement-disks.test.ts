import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroupState } from '../../../lib/lvm/state.ts';
import { rangesOf } from '../../../lib/workflows/mirror/placement.ts';
import { basesOf, disksOf, namesOn } from '../../../lib/workflows/mirror/placement-disks.ts';
import { groupOf } from './replace-group.ts';

let sys = '';
beforeEach(async () => {
  sys = await mkdtemp(join(tmpdir(), 'devmapper-sys-'));
  // sda with two partitions, sdb with a partition that a device-mapper device stands on, sdc.
  for (const device of ['sda/sda1', 'sda/sda2', 'sdb/sdb1', 'sdc', 'dm-0/slaves'])
    await mkdir(join(sys, 'devices', device), { recursive: true });
  for (const partition of ['sda/sda1', 'sda/sda2', 'sdb/sdb1'])
    await writeFile(join(sys, 'devices', partition, 'partition'), '1\n');
  await symlink('../../sdb/sdb1', join(sys, 'devices/dm-0/slaves/sdb1'));
  await mkdir(join(sys, 'dev/block'), { recursive: true });
  const numbers = { '8:1': 'sda/sda1', '8:2': 'sda/sda2', '254:0': 'dm-0', '8:16': 'sdb', '8:32': 'sdc' };
  for (const [number, device] of Object.entries(numbers))
    await symlink(join('../../devices', device), join(sys, 'dev/block', number));
});
afterEach(() => rm(sys, { recursive: true }));

// PVs a to d by these numbers; what `groupOf` makes has none.
function numbered(numbers: readonly (readonly [number, number])[]): GroupState {
  const group = groupOf({ a: 10, b: 8, c: 6, d: 4 }, [{ name: 'm', on: { a: 3 } }]);
  return {
    ...group,
    pvs: group.pvs.map((pv, index) => ({
      ...pv,
      major: numbers[index]?.[0] ?? null,
      minor: numbers[index]?.[1] ?? null,
    })),
  };
}

describe('the disks that PVs stand on', () => {
  it('are those of their partitions, and of what is below device-mapper', async () => {
    const group = numbered([
      [8, 1],
      [8, 2],
      [254, 0],
      [8, 16],
    ]);
    const bases = await basesOf(group, sys);
    expect([...bases.values()]).toEqual([['sda'], ['sda'], ['sdb'], ['sdb']]);
    const disks = disksOf(group, bases);
    expect(disks.map(({ name, rooms }) => [name, ...rooms.map(rangesOf)])).toEqual([
      ['sda', '/dev/sdb:0-7', '/dev/sda:3-9'],
      ['sdb', '/dev/sdc:0-5', '/dev/sdd:0-3'],
    ]);
    expect(namesOn(disks, ['/dev/sdd'], bases)).toEqual(['sdb']);
  });

  it('are the devices themselves where sysfs tells nothing', async () => {
    const group = numbered([
      [8, 1],
      [9, 9],
    ]);
    const bases = await basesOf(group, join(sys, 'nowhere'));
    expect(disksOf(group, bases).map(({ name }) => name)).toEqual([
      '/dev/sdb',
      '/dev/sda',
      '/dev/sdc',
      '/dev/sdd',
    ]);
  });

  it('leave out what lvm may not allocate on, and count one run only under the policy contiguous', () => {
    const group = numbered([]);
    const pvs = group.pvs.map((pv) => (pv.name === '/dev/sdb' ? { ...pv, allocatable: false } : pv));
    const [first] = group.pvSegs.filter(({ lvName }) => lvName === null);
    const more = first === undefined ? [] : [{ ...first, start: 20, size: 9 }];
    const split = { ...group, pvs, pvSegs: [...group.pvSegs, ...more] };
    expect(disksOf(split, new Map())[0]?.rooms.map(rangesOf)).toEqual(['/dev/sda:3-9:20-28']);
    const contiguous = { ...split, vg: { ...split.vg, allocationPolicy: 'contiguous' } };
    expect(disksOf(contiguous, new Map()).map(({ rooms }) => rooms.map(rangesOf))).toEqual([
      ['/dev/sda:20-28'],
      ['/dev/sdc:0-5'],
      ['/dev/sdd:0-3'],
    ]);
  });
});
