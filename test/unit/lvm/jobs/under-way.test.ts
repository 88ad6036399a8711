import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOf, extentsBack } from '../../../../lib/lvm/jobs/ending.ts';
import { type UnderWay, underWayIn, underWayOf } from '../../../../lib/lvm/jobs/under-way.ts';
import type { GroupState, LvmState } from '../../../../lib/lvm/state.ts';

// As much of a report's row as these functions look at.
type Row = Readonly<Record<string, unknown>>;

function lv(name: string, row: Row = {}): Row {
  return {
    ...{
      vgName: 'vg',
      name,
      uuid: `uuid-${name}`,
      segtype: 'linear',
      movePv: null,
      origin: null,
      parent: null,
    },
    ...{ merging: null, mergeFailed: null, converting: false, convertLv: null, raidSyncAction: null },
    ...{ copyPercent: null, dataPercent: null, attributes: { volumeType: null }, ...row },
  };
}

function seg(lvName: string, segtype: string, ...devices: readonly string[]): Row {
  return {
    ...{ lvName, lvUuid: `uuid-${lvName}`, segtype },
    devices: devices.map((name) => ({ name, extent: 0 })),
  };
}

function used(pvName: string, start: number, size: number, lvName: string | null): Row {
  return { pvName, start, size, lvName };
}

function group(lvs: readonly Row[], segs: readonly Row[] = [], pvSegs: readonly Row[] = []): GroupState {
  return { vg: { name: 'vg' }, lvs, segs, pvSegs, pvs: [] } as unknown as GroupState;
}

function state(...groups: readonly GroupState[]): LvmState {
  return { groups, orphans: [] };
}

const moving = group(
  [
    lv('a'),
    lv('b'),
    lv('pvmove0', { attributes: { volumeType: 'pvmove' }, movePv: '/dev/sdb', copyPercent: 40 }),
  ],
  [
    ...[seg('a', 'linear', '/dev/sdc'), seg('b', 'linear', 'pvmove0')],
    seg('pvmove0', 'mirror', '/dev/sdb', '/dev/sdc'),
  ],
  [used('/dev/sdb', 0, 20, 'pvmove0'), used('/dev/sdb', 20, 5, null), used('/dev/sdc', 0, 20, 'pvmove0')],
);

describe('what goes on in a group', () => {
  it('is a pvmove, with what it moves from which extents', () => {
    expect(underWayIn(moving)).toMatchObject([
      {
        ...{ kind: 'pvmove', lv: 'pvmove0', converting: '/dev/sdb', volumes: ['b'], needsLvm: true },
        extents: [{ device: '/dev/sdb', start: 0, size: 20 }],
      },
    ]);
  });

  it('is found by what is moved, images included, and not by what is not', () => {
    expect(underWayOf(state(moving), 'vg/b')?.lv).toBe('pvmove0');
    expect(underWayOf(state(moving), 'vg/pvmove0')?.lv).toBe('pvmove0');
    expect(underWayOf(state(moving), 'vg/a')).toBeUndefined();
    expect(underWayOf(state(moving), 'other/b')).toBeUndefined();
  });

  it('is an atomic pvmove by the images below it, and the array whose image is moved', () => {
    const atomic = group(
      [
        ...[lv('r'), lv('r_rimage_1', { parent: 'r' })],
        lv('pvmove0', { attributes: { volumeType: 'pvmove' }, movePv: '/dev/sdb' }),
      ],
      [
        ...[seg('r', 'raid1', 'r_rimage_0', 'r_rimage_1'), seg('r_rimage_1', 'linear', 'pvmove0')],
        seg('pvmove0', 'mirror', 'pvmove0_mimage_0', 'pvmove0_mimage_1'),
        seg('pvmove0_mimage_0', 'linear', '/dev/sdb'),
      ],
      [used('/dev/sdb', 3, 8, 'pvmove0_mimage_0')],
    );
    expect(underWayOf(state(atomic), 'vg/r')).toMatchObject({
      ...{ kind: 'pvmove', volumes: ['r_rimage_1', 'r'] },
      extents: [{ start: 3, size: 8 }],
    });
  });

  it('is a merge, found by origin and snapshot', () => {
    const merging = group(
      [
        ...[lv('o', { dataPercent: 60 }), lv('s', { merging: true, origin: 'o', hidden: true })],
        lv('t', { merging: false, origin: 'o' }),
      ],
      [seg('o', 'linear', '/dev/sdb')],
    );
    expect(underWayOf(state(merging), 'vg/o')).toMatchObject({
      kind: 'merge',
      percent: 40,
      volumes: ['o', 's'],
    });
    expect(underWayOf(state(merging), 'vg/s')?.uuid).toBe('uuid-o');
    expect(underWayOf(state(merging), 'vg/t')).toBeUndefined();
  });

  it('is a mirror that is behind or converted, and an array with its action; not what is at rest', () => {
    const one = (type: string, row: Row) =>
      underWayIn(group([lv('a', row)], [seg('a', type)])).map(({ kind }) => kind);
    expect(one('mirror', { copyPercent: 40 })).toEqual(['mirror']);
    expect(one('mirror', { copyPercent: 100, converting: true })).toEqual(['mirror']);
    expect(one('mirror', { copyPercent: 100 })).toEqual([]);
    expect(one('mirror', { copyPercent: null })).toEqual([]);
    expect(one('raid1', { copyPercent: 40, raidSyncAction: 'recover' })).toEqual(['raid']);
    expect(one('raid5_ls', { copyPercent: 100, raidSyncAction: 'reshape' })).toEqual(['raid']);
    expect(one('raid1', { copyPercent: 40, raidSyncAction: 'check' })).toEqual(['scrub']);
    expect(one('raid1', { copyPercent: 100, raidSyncAction: 'idle' })).toEqual([]);
    expect(one('raid0', { copyPercent: null })).toEqual([]);
    expect(one('linear', {})).toEqual([]);
  });
});

describe('the end of what went on', () => {
  const [move] = underWayIn(moving) as readonly [UnderWay];

  it('of a pvmove is proper if none of its extents are where they were', () => {
    const arrived = group([lv('b')], [], [used('/dev/sdb', 0, 25, null), used('/dev/sdc', 0, 20, 'b')]);
    expect(endOf(state(arrived), move)).toEqual({ volume: null, mismatches: null });
    const back = group([lv('b')], [], [used('/dev/sdb', 0, 20, 'b')]);
    expect(() => endOf(state(back), move)).toThrow(/20 extents are on \/dev\/sdb/);
  });

  it('of a merge is proper if the snapshot is gone', () => {
    const was = underWayOf(
      state(group([lv('o', { dataPercent: 60 }), lv('s', { merging: true, origin: 'o' })])),
      'vg/o',
    ) as UnderWay;
    expect(endOf(state(group([lv('o')])), was).volume).toMatchObject({ name: 'o' });
    expect(() => endOf(state(group([lv('o'), lv('s', { origin: 'o' })])), was)).toThrow(
      /vg\/s .* is there still/,
    );
    expect(() => endOf(state(group([])), was)).toThrow(/vg\/o is not there/);
  });

  it('of an array is none if it was deactivated, or rests out of sync', () => {
    const raid = (row: Row) => group([lv('a', { active: true, ...row })], [seg('a', 'raid1')]);
    const was = underWayIn(raid({ copyPercent: 40, raidSyncAction: 'recover' }))[0] as UnderWay;
    expect(endOf(state(raid({ copyPercent: 100 })), was).volume).toMatchObject({ name: 'a' });
    expect(() => endOf(state(raid({ active: false })), was)).toThrow(/no longer active.*lvchange -ay/);
    expect(() => endOf(state(raid({ copyPercent: 40 })), was)).toThrow(/not in sync/);
  });

  it('of a mirror is none if it was made linear', () => {
    const was = underWayIn(group([lv('a', { copyPercent: 40 })], [seg('a', 'mirror')]))[0] as UnderWay;
    expect(() => endOf(state(group([lv('a')], [seg('a', 'linear')])), was)).toThrow(/no mirror any more/);
  });
});

it('extents that have come back are counted once each, and only those of the same volumes', () => {
  const run = fc.record({
    ...{ start: fc.integer({ min: 0, max: 60 }), size: fc.integer({ min: 1, max: 10 }) },
    lvName: fc.constantFrom('b', 'other', null),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(run, { selector: ({ start }) => Math.floor(start / 10), maxLength: 7 }),
      (runs) => {
        const apart = runs.map((one) => ({ ...one, start: Math.floor(one.start / 10) * 10 }));
        const move = { vg: 'vg', volumes: ['b'], extents: [{ device: '/dev/sdb', start: 5, size: 40 }] };
        const pvSegs = apart.map(({ start, size, lvName }) => used('/dev/sdb', start, size, lvName));
        let expected = 0;
        for (const { start, size, lvName } of apart)
          for (let extent = start; extent < start + size; extent++)
            if (lvName === 'b' && extent >= 5 && extent < 45) expected++;
        expect(extentsBack(state(group([], [], pvSegs)), move as unknown as UnderWay)).toBe(expected);
      },
    ),
  );
});
