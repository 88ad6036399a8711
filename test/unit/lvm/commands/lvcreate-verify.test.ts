import { describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../../lib/lvm/bind.ts';
import { lvColumns } from '../../../../lib/lvm/columns/lv.ts';
import { readRow } from '../../../../lib/lvm/columns/row.ts';
import { segColumns } from '../../../../lib/lvm/columns/seg.ts';
import { vgColumns } from '../../../../lib/lvm/columns/vg.ts';
import { lvcreate } from '../../../../lib/lvm/commands/lvcreate.ts';
import type { After } from '../../../../lib/lvm/operation.ts';

const mib = 1024 * 1024;
type Cells = Readonly<Record<string, string>>;

/** What an operation finds missing in a group with one volume, `vg/new`, and others, as lvm reports them. */
function missing(
  { verify }: AnyOperation,
  options: object,
  lv: Cells | null,
  seg: Cells = {},
  {
    others = [],
    notes = [],
  }: { readonly others?: readonly Cells[]; readonly notes?: readonly string[] } = {},
): string | null {
  const made = lv === null ? [] : [{ lv_name: 'new', lv_uuid: 'new', ...lv }];
  const lvs = [...made, ...others].map((cells) => readRow(lvColumns, { vg_name: 'vg', ...cells }).row);
  const segs = [
    readRow(segColumns, { lv_name: 'new', lv_uuid: 'new', vg_name: 'vg', seg_start_pe: '0', ...seg }).row,
  ];
  const vg = readRow(vgColumns, { vg_name: 'vg', vg_extent_size: String(mib) }).row;
  const state = { groups: [{ vg, lvs, pvs: [], segs, pvSegs: [] }], orphans: [] };
  const place = {
    ...{ groups: ['vg'], volumes: [{ vg: 'vg', lv: 'new' }], devices: [], flags: [], operands: [] },
  };
  const call: After<object> = { place, options, before: state, after: state, notes };
  return verify?.(call as never) ?? null;
}

const active = { lv_active: 'active', lv_attr: '-wi-a-----', lv_size: String(4 * mib) };
const linear = { segtype: 'linear' };

describe('the check of a new volume', () => {
  it('finds nothing missing where all is as asked for', () => {
    expect(
      missing(lvcreate.linear, { size: 4 * mib, tags: ['@a'] }, { ...active, lv_tags: 'b,a' }, linear),
    ).toBeNull();
    expect(missing(lvcreate.linear, { size: 3 * mib + 512 }, active, linear)).toBeNull();
    expect(missing(lvcreate.linear, { size: { extents: 4 } }, active, linear)).toBeNull();
    expect(missing(lvcreate.linear, { size: { percent: 100, of: 'FREE' } }, active, linear)).toBeNull();
  });

  it.each<[string, AnyOperation, object, Cells | null, Cells, string]>([
    ['that is not there', lvcreate.linear, {}, null, {}, 'there is no volume vg/new'],
    [
      'of another type',
      lvcreate.linear,
      {},
      active,
      { segtype: 'striped' },
      'is of type striped, not linear',
    ],
    [
      'that is too small',
      lvcreate.linear,
      { size: '5MiB' },
      active,
      linear,
      'less than the 5242880 asked for',
    ],
    [
      'with too few extents',
      lvcreate.linear,
      { size: { extents: 5 } },
      active,
      linear,
      'less than the 5242880',
    ],
    ['that is not active', lvcreate.linear, {}, { ...active, lv_active: '' }, linear, 'vg/new is not active'],
    ['that is active', lvcreate.linear, { activate: 'n' }, active, linear, 'vg/new is active'],
    [
      'without a tag',
      lvcreate.linear,
      { tags: ['a', 'b'] },
      { ...active, lv_tags: 'a' },
      linear,
      'the tag b',
    ],
    [
      'that can be written',
      lvcreate.linear,
      { permission: 'r' },
      active,
      linear,
      'permission of vg/new is not r',
    ],
    [
      'that is not passed over',
      lvcreate.linear,
      { activationSkip: true },
      { ...active, lv_active: '' },
      linear,
      '',
    ],
    [
      'activated automatically',
      lvcreate.linear,
      { autoactivation: false },
      { ...active, lv_autoactivation: '1' },
      linear,
      'autoactivation',
    ],
    [
      'with too few stripes',
      lvcreate.striped,
      { stripes: 3 },
      active,
      { segtype: 'striped', stripes: '2' },
      '2 images or stripes, not 3',
    ],
    [
      'with too few legs',
      lvcreate.mirror,
      { mirrors: 2 },
      active,
      { segtype: 'mirror', stripes: '2' },
      '2 images or stripes, not 3',
    ],
    [
      'with a log in memory',
      lvcreate.mirror,
      { mirrors: 1 },
      active,
      { segtype: 'mirror', stripes: '2' },
      'not of the kind disk',
    ],
    [
      'with a log on disk',
      lvcreate.mirror,
      { mirrors: 1, mirrorLog: 'core' },
      { ...active, mirror_log: '[new_mlog]' },
      { segtype: 'mirror', stripes: '2' },
      'not of the kind core',
    ],
    [
      'that is synchronised',
      lvcreate.raid1,
      { mirrors: 1, noSync: true },
      { ...active, lv_attr: 'rwi-a-r---' },
      { segtype: 'raid1', stripes: '2' },
      'without synchronisation',
    ],
    [
      'without parity',
      lvcreate.raid6,
      { stripes: 3 },
      active,
      { segtype: 'raid6', stripes: '4' },
      '4 images or stripes, not 5',
    ],
    [
      'of another layout',
      lvcreate.raid5,
      { stripes: 2, layout: 'ra' },
      active,
      { segtype: 'raid5', stripes: '3' },
      'is of type raid5, not raid5_ra',
    ],
    [
      'without checksums',
      lvcreate.raid1,
      { mirrors: 1, raidIntegrity: true },
      active,
      { segtype: 'raid1', stripes: '2' },
      'no integrity',
    ],
    [
      'of another origin',
      lvcreate.snapshot,
      { origin: 'o', size: mib },
      { ...active, origin: 'p' },
      linear,
      'origin of vg/new is p, not o',
    ],
    [
      'of no origin',
      lvcreate.thinSnapshot,
      { origin: 'o' },
      active,
      { segtype: 'thin' },
      'origin of vg/new is null',
    ],
    [
      'in another pool',
      lvcreate.thin,
      { pool: 'tp', virtualSize: mib },
      { ...active, pool_lv: 'tq' },
      { segtype: 'thin' },
      'pool of vg/new is tq, not tp',
    ],
    [
      'that seems too small',
      lvcreate.thin,
      { pool: 'tp', virtualSize: '5MiB' },
      { ...active, pool_lv: 'tp' },
      { segtype: 'thin' },
      'less than the 5242880',
    ],
    [
      'that waits when full',
      lvcreate.thinPool,
      { size: mib, errorWhenFull: true },
      { ...active, lv_when_full: 'queue' },
      { segtype: 'thin-pool' },
      'will queue when it is full',
    ],
    [
      'that passes discards down',
      lvcreate.thinPool,
      { size: mib, discards: 'ignore' },
      active,
      { segtype: 'thin-pool', discards: 'passdown' },
      'passdown for discards',
    ],
    [
      'that does not zero',
      lvcreate.thinPool,
      { size: mib, zero: true },
      active,
      { segtype: 'thin-pool', zero: '0' },
      'does not zero',
    ],
    [
      'with another cache',
      lvcreate.cacheWithVolume,
      { cacheVol: 'a' },
      { ...active, pool_lv: '[b_cvol]' },
      { segtype: 'cache' },
      'b_cvol, not a_cvol',
    ],
    [
      'that is not cached',
      lvcreate.cacheWithDevice,
      {},
      active,
      { segtype: 'cache' },
      'not cached by a volume of its own',
    ],
    [
      'with larger blocks',
      lvcreate.writecacheWithDevice,
      { blockSize: 512 },
      { ...active, pool_lv: '[new_cache_cvol]', writecache_block_size: '4096' },
      { segtype: 'writecache' },
      'blocks of 4096 bytes, not 512',
    ],
    [
      'that seems too small, of VDO',
      lvcreate.vdo,
      { pool: 'vp', size: '1TiB', virtualSize: '5MiB' },
      { ...active, pool_lv: 'vp' },
      { segtype: 'vdo' },
      'less than the 5242880',
    ],
  ])('names one %s', (_, operation, options, lv, seg, expected) => {
    const found = missing(operation, options, lv, seg);
    expect(found).not.toBeNull();
    expect(found).toContain(expected);
  });

  it('takes a COW store smaller than asked for only if lvm told that more is of no use', () => {
    const asked = { origin: 'o', size: { percent: 100, of: 'ORIGIN' } };
    const others = [{ lv_name: 'o', lv_uuid: 'o', lv_size: String(8 * mib) }];
    const cow = { ...active, origin: 'o' };
    expect(missing(lvcreate.snapshot, asked, cow, linear, { others })).toContain('less than the 8388608');
    const notes = ['Reducing COW size 8.00 MiB down to maximum usable size 4.00 MiB.'];
    expect(missing(lvcreate.snapshot, asked, cow, linear, { others, notes })).toBeNull();
  });

  it('does not hold against a volume what lvm could not see, or left to its configuration', () => {
    expect(missing(lvcreate.linear, {}, { ...active, lv_active: 'unknown' }, linear)).toBeNull();
    expect(missing(lvcreate.linear, { activate: 'ay' }, { ...active, lv_active: '' }, linear)).toBeNull();
    const skipped = { ...active, lv_active: '', lv_skip_activation: '1', origin: 'o' };
    expect(missing(lvcreate.thinSnapshot, { origin: 'o' }, skipped, { segtype: 'thin' })).toBeNull();
    const forced = { origin: 'o', ignoreActivationSkip: true };
    expect(missing(lvcreate.thinSnapshot, forced, skipped, { segtype: 'thin' })).toContain('is not active');
  });
});
