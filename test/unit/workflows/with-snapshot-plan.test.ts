import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pvColumns } from '../../../lib/lvm/columns/pv.ts';
import { readRow } from '../../../lib/lvm/columns/row.ts';
import type { LvmState } from '../../../lib/lvm/state.ts';
import { Refusal } from '../../../lib/workflows/errors.ts';
import { leftoversOf } from '../../../lib/workflows/snapshot/snapshot-leftovers.ts';
import { allocatable } from '../../../lib/workflows/snapshot/snapshot-origin.ts';
import {
  toSettings,
  type WithSnapshotOptions,
} from '../../../lib/workflows/snapshot/with-snapshot-options.ts';
import { planStores } from '../../../lib/workflows/snapshot/with-snapshot-stores.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const mebibyte = 1024n * 1024n;
const home: Fields = {
  ...{ lv_name: 'home', lv_size: String(40n * mebibyte), lv_active: 'active', lv_layout: 'linear' },
  ...{ lv_role: 'public', lv_attr: '-wi-a-----' },
};
const ours = 'devmapper.withSnapshot;devmapper.origin=home';
const snapshot = (more: Partial<Fields>): Fields => ({
  ...{ lv_name: 'home_snap', lv_size: String(41n * mebibyte), lv_layout: 'linear' },
  ...{ lv_role: 'public;snapshot;thicksnapshot', origin: 'home', lv_attr: 'swi-a-s---' },
  ...more,
});

// Extents of 1 MiB; the first disk may be allocated from, the second is missing, the third must not be.
function withFree(free: number, ...volumes: readonly Fields[]): LvmState {
  const state = stateOf(...volumes);
  const disks = [
    { pv_missing: '0', pv_allocatable: '1', pv_pe_count: String(free + 100), pv_pe_alloc_count: '100' },
    { pv_missing: '1', pv_allocatable: '1', pv_pe_count: '1000', pv_pe_alloc_count: '0' },
    { pv_missing: '0', pv_allocatable: '0', pv_pe_count: '1000', pv_pe_alloc_count: '0' },
  ];
  const pvs = disks.map((cells, index) => readRow(pvColumns, { pv_name: `/dev/sd${index}`, ...cells }).row);
  return { ...state, groups: state.groups.map((group) => ({ ...group, pvs })) };
}

const plan = (state: LvmState, options: Partial<WithSnapshotOptions> = {}) =>
  planStores(state, toSettings({ volumes: 'vg/home', ...options }));

function refusal(call: () => unknown): Refusal {
  try {
    call();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was to be refused');
}

describe('the stores of snapshots', () => {
  it('are as large as can be of use, on disks that are there and may be used', () => {
    const [one] = plan(withFree(41, home));
    expect(one).toMatchObject({
      ...{ origin: 'vg/home', name: 'vg/home_snap', device: '/dev/mapper/vg-home_snap' },
      store: { size: 41n * mebibyte, full: true, trimmed: false },
    });
    expect(refusal(() => plan(withFree(40, home)))).toMatchObject({
      reason: 'not-enough-space',
      message: 'the snapshot of vg/home needs 41 extents (41.00 MiB), and vg has 40 extents (40.00 MiB) free',
      next: expect.stringContaining(
        'what fits is 40.00 MiB; it can overflow then, see guard), or add a disk with at least 1.00 MiB',
      ),
    });
  });

  it('are counted together', () => {
    const both = { volumes: ['vg/home', 'vg/srv'], size: '20MiB' };
    const state = (free: number) => withFree(free, home, { ...home, lv_name: 'srv' });
    expect(plan(state(40), both)).toHaveLength(2);
    const { message, next } = refusal(() => plan(state(39), both));
    expect(message).toContain('vg/home, vg/srv need 40 extents (40.00 MiB), and vg has 39');
    expect(next).toContain('19.00 MiB each');
  });

  it('get the space of what an earlier run has left', () => {
    const left = snapshot({ lv_tags: ours });
    const [one] = plan(withFree(0, home, left));
    expect(one?.old.map(({ name }) => name)).toEqual(['home_snap']);
    expect(one?.store?.size).toBe(41n * mebibyte);
  });

  it('are none of thin volumes, whose snapshots need no space of the group', () => {
    const thin = { ...home, lv_layout: 'thin;sparse', pool_lv: 'pool', segtype: 'thin' };
    expect(plan(withFree(0, thin))[0]?.store).toBeNull();
  });
});

describe('a snapshot is refused', () => {
  it.each<[string, Partial<Fields>, string]>([
    ['of a snapshot', { lv_role: 'public;snapshot;thicksnapshot', origin: 'root' }, 'wrong-type'],
    ['of a pool', { lv_layout: 'thin;pool' }, 'wrong-type'],
    ['of a part of a volume', { lv_role: 'private;raid;image' }, 'wrong-type'],
    ['of what is inactive', { lv_active: '' }, 'wrong-type'],
    ['of what a snapshot is merged into', { lv_merging: '1' }, 'busy'],
    ['of what is suspended', { lv_suspended: '1' }, 'busy'],
  ])('%s', (_what, more, reason) => {
    expect(refusal(() => plan(withFree(100, { ...home, ...more })))).toMatchObject({ reason });
  });

  it('of a volume that is not there, and where the name is taken by what is none of ours', () => {
    expect(refusal(() => plan(withFree(100)))).toMatchObject({ reason: 'not-found' });
    for (const more of [{}, { lv_tags: 'devmapper.origin=home' }, { lv_tags: ours, origin: 'other' }])
      expect(refusal(() => plan(withFree(100, home, snapshot(more))))).toMatchObject({ reason: 'foreign' });
  });
});

describe('what an earlier run has left', () => {
  it('is what has its tag and is of this volume, half-made or not, and nothing else', () => {
    const tags = fc.subarray([
      'devmapper.withSnapshot',
      'devmapper.origin=home',
      'devmapper.origin=srv',
      'devmapper.originUuid=later',
      'mine',
    ]);
    const origins = fc.constantFrom('home', 'srv', '');
    fc.assert(
      fc.property(fc.array(fc.tuple(tags, origins), { maxLength: 8 }), (given) => {
        const volumes = given.map(([own, origin], index) =>
          snapshot({ lv_name: `s${index}`, lv_tags: own.join(';'), origin }),
        );
        const state = withFree(0, home, ...volumes);
        const [row] = state.groups[0]?.lvs ?? [];
        if (row === undefined) throw new Error('there is no volume');
        const found = leftoversOf(state, row).map(({ name }) => name);
        const wanted = given.flatMap(([own, origin], index) => {
          const tagged = own.includes('devmapper.withSnapshot');
          const isOf = origin === 'home' || (origin === '' && own.includes('devmapper.origin=home'));
          const ofAnother = own.includes('devmapper.originUuid=later');
          return tagged && isOf && !ofAnother ? [`s${index}`] : [];
        });
        expect(found).toEqual(wanted);
      }),
    );
  });

  it('is of this very volume, if its uuid was noted, whatever that was called then', () => {
    const left = (more: Partial<Fields>): number => {
      const noted = 'devmapper.withSnapshot;devmapper.origin=house;devmapper.originUuid=u0';
      const state = withFree(0, home, snapshot({ lv_tags: noted, ...more }));
      return plan(state)[0]?.old.length ?? 0;
    };
    expect(left({})).toBe(1);
    expect(left({ origin: '' })).toBe(1);
  });

  it('is no thin volume whose origin was removed: it may hold the only copy', () => {
    const thin = { lv_layout: 'thin;sparse', pool_lv: 'pool', segtype: 'thin', origin: '' };
    for (const tags of [ours, `${ours};devmapper.originUuid=u0`]) {
      const kept = snapshot({ ...thin, lv_tags: tags });
      const volume = { ...home, lv_layout: 'thin;sparse', pool_lv: 'pool', segtype: 'thin' };
      expect(refusal(() => plan(withFree(0, volume, kept)))).toMatchObject({
        reason: 'foreign',
        message: expect.stringContaining('vg/home_snap already, which withSnapshot has made, and'),
      });
      const renamed = { ...kept, lv_name: 'home_restored' };
      expect(plan(withFree(0, volume, renamed))[0]?.old).toEqual([]);
    }
  });
});

it('the space of a group is what its disks can give', () => {
  const [group] = withFree(7).groups;
  expect(group === undefined ? null : allocatable(group)).toBe(7n * mebibyte);
});
