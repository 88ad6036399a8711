import { describe, expect, it } from 'vitest';
import type { DeviceStatus } from '../../../lib/device.ts';
import type { GroupState } from '../../../lib/lvm/state.ts';
import { deadLegs } from '../../../lib/workflows/replace/degraded-kernel.ts';
import type { FailedDisk, Judging } from '../../../lib/workflows/replace/replace-find.ts';
import { judgeLeg } from '../../../lib/workflows/replace/replace-find-leg.ts';
import { judgeNamed } from '../../../lib/workflows/replace/replace-find-named.ts';
import { refreshTag } from '../../../lib/workflows/replace/replace-note.ts';
import { syncingIn } from '../../../lib/workflows/replace/replace-result.ts';
import { groupOf, kernelMirror, kernelOf, mirrorOf, raidOf, uuidOf } from './replace-group.ts';

const pvs = { a: 100, b: 100 };

// All that is there can be read.
function judging(group: GroupState, statuses: readonly DeviceStatus[] = []) {
  const disks: FailedDisk[] = [];
  const all: Judging = {
    ...{ group, disks, dead: deadLegs(group, statuses) },
    add: ({ uuid, name: path }, kind, why) =>
      void disks.push({ uuid: uuid ?? '', path, number: null, kind, why }),
    probe: async () => null,
  };
  return { all, disks };
}

function raidWith(tags: string): GroupState {
  const lvs = raidOf('r', 'raid1', 10, ['a', 'b']).map((lv) =>
    lv.name === 'r' ? { ...lv, fields: { lv_tags: tags } } : lv,
  );
  return groupOf(pvs, lvs);
}

describe('a leg of a RAID that the kernel has let go, on a disk that can be read', () => {
  const dead = (group: GroupState) => kernelOf(group, 'r', 'raid', 'raid1 2 DA 20480/20480 idle 0 0 -');

  it('is taken back once', async () => {
    const group = raidWith(`mine,${refreshTag(uuidOf('b'))}`);
    const { all, disks } = judging(group, [dead(group)]);
    expect(await Promise.all(all.dead.map((leg) => judgeLeg(all, leg, [])))).toEqual([true]);
    expect(disks).toEqual([]);
  });

  it('is on a failing disk if it has died again after that', async () => {
    const group = raidWith(refreshTag(uuidOf('a')));
    const { all, disks } = judging(group, [dead(group)]);
    expect(await Promise.all(all.dead.map((leg) => judgeLeg(all, leg, [])))).toEqual([false]);
    expect(disks).toMatchObject([{ path: '/dev/sda', kind: 'failing' }]);
    expect(disks[0]?.why).toMatch(/let go of image 0 of vg\/r again, after it was taken back/);
  });

  it('and is below a pool, is known by the tag of that', async () => {
    const tagged = { lv_tags: refreshTag(uuidOf('a')), data_lv: '[r]' };
    const group = groupOf(pvs, [
      { name: 'pool', type: 'thin-pool', parts: ['r'], fields: tagged },
      ...raidOf('r', 'raid1', 10, ['a', 'b']).map((lv) =>
        lv.name === 'r' ? { ...lv, fields: { lv_name: '[r]', lv_role: 'private' } } : lv,
      ),
    ]);
    const { all, disks } = judging(group, [dead(group)]);
    expect(await Promise.all(all.dead.map((leg) => judgeLeg(all, leg, [])))).toEqual([false]);
    expect(disks).toMatchObject([{ path: '/dev/sda', kind: 'failing' }]);
  });
});

describe('a disk that is named', () => {
  const group = groupOf(pvs, raidOf('r', 'raid1', 10, ['a', 'b']));
  const state = { groups: [group], orphans: [] };
  const said = (named: string, isClean = true, one = judging(group)) =>
    judgeNamed(one.all, state, named, isClean).catch((error: unknown) => error);

  it('is not found if there is no such device and nothing has failed', async () => {
    expect(await said('/dev/no-such-disk')).toMatchObject({ reason: 'not-found' });
  });

  it('but not in the group is warned of, as it may have left it already', async () => {
    expect(await said('/dev/no-such-disk', false)).toEqual([
      expect.stringMatching(/no disk of vg has failed/),
    ]);
    expect(await said(uuidOf('x'))).toEqual([expect.stringMatching(/not in vg .any more./)]);
    const one = judging(groupOf(pvs, [], ['a']));
    one.disks.push({ uuid: uuidOf('a'), path: null, number: null, kind: 'missing', why: 'is missing' });
    expect(await said('/dev/no-such-disk', true, one)).toEqual([
      expect.stringMatching(/whether it was aaaaaa/),
    ]);
  });

  it('is refused if it is well', async () => {
    expect(await said('/dev/sda')).toMatchObject({ reason: 'unsafe' });
  });
});

describe('what gets in sync', () => {
  it('is what has all its legs and is behind', () => {
    const group = groupOf({ a: 200, b: 200 }, [
      ...raidOf('r', 'raid1', 10, ['a', 'b']),
      ...raidOf('s', 'raid1', 10, ['a', 'b']),
      ...raidOf('t', 'raid1', 10, ['a', 'b']),
      ...mirrorOf('m', 10, ['a', 'b'], null),
      ...mirrorOf('n', 10, ['a', 'b'], null),
    ]);
    const names = syncingIn(group, [
      kernelOf(group, 'r', 'raid', 'raid1 2 Aa 2048/20480 recover 0 0 -'),
      kernelOf(group, 's', 'raid', 'raid1 2 AA 20480/20480 idle 0 0 -'),
      kernelOf(group, 't', 'raid', 'raid1 2 AD 20480/20480 idle 0 0 -'),
      kernelMirror(group, 'm', 'AA', 3, 10),
      kernelMirror(group, 'n', 'DA', 9, 10),
    ]);
    expect(names.map(({ name }) => name)).toEqual(['r', 'm']);
  });

  it('is not what a pvmove is at', () => {
    const hidden = { lv_name: '[pvmove0]', lv_role: 'private' };
    const group = groupOf(pvs, [{ name: 'pvmove0', type: 'mirror', on: { a: 5, b: 5 }, fields: hidden }]);
    expect(syncingIn(group, [kernelMirror(group, 'pvmove0', 'AA', 3, 10)])).toEqual([]);
  });
});
