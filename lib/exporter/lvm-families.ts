import type { LvmState } from '../lvm/state.ts';
import { familyOf } from '../targets/metric.ts';
import type { Declared } from './catalogue.ts';
import type { Sample } from './family.ts';
import { distinct, type Samples } from './samples.ts';

type Group = LvmState['groups'][number]['vg'];
type Volume = LvmState['orphans'][number];
type Value = Sample['value'] | boolean | null;

interface Column<R> extends Declared {
  readonly of: (row: R) => Value;
}

const column = <R>(
  name: string,
  help: string,
  labels: readonly string[],
  of: (row: R) => Value,
): Column<R> => ({
  ...familyOf(name, 'gauge', help),
  labels,
  states: [],
  of,
});
const group = (name: string, help: string, of: (row: Group) => Value) =>
  column(name, help, ['vg_uuid', 'vg_name', 'vg'], of);
const volume = (name: string, help: string, of: (row: Volume) => Value) =>
  column(name, help, ['pv_uuid', 'pv_name', 'vg_name', 'vg'], of);

// promtool reserves the ending _count, so that lvm's lv_count, pv_count and snap_count are plural here.
const groupColumns = [
  group('lvm_vg_size_bytes', 'Size of the volume group.', ({ size }) => size),
  group('lvm_vg_free_bytes', 'Unallocated space of the volume group.', ({ free }) => free),
  group('lvm_vg_extent_size_bytes', 'Size of an extent.', ({ extentSize }) => extentSize),
  group('lvm_vg_lvs', 'Visible logical volumes.', ({ lvCount }) => lvCount),
  group('lvm_vg_pvs', 'Physical volumes.', ({ pvCount }) => pvCount),
  group('lvm_vg_snapshots', 'Snapshots, thin ones not counted.', ({ snapCount }) => snapCount),
  group(
    'lvm_vg_missing_pvs',
    'Physical volumes whose device is missing.',
    ({ missingPvCount }) => missingPvCount,
  ),
  group('lvm_vg_seqno', 'Revision of the metadata: each change adds one.', ({ seqno }) => seqno),
];
const volumeColumns = [
  volume('lvm_pv_size_bytes', 'Size of the physical volume.', ({ size }) => size),
  volume('lvm_pv_free_bytes', 'Unallocated space of the physical volume.', ({ free }) => free),
  volume('lvm_pv_missing', 'Whether the device is missing.', ({ missing }) => missing),
  volume('lvm_pv_allocatable', 'Whether extents may be allocated on it.', ({ allocatable }) => allocatable),
];
const age: Declared = {
  ...familyOf(
    'lvm_report_age_seconds',
    'gauge',
    'How old the report is that the other lvm families are from: it is made in the background and kept.',
  ),
  labels: [],
  states: [],
};

/** What `lvm fullreport --readonly` tells. */
export const lvmFamilies: readonly Declared[] = [...groupColumns, ...volumeColumns, age];

/** Adds what a report tells that is so many seconds old. */
export function addReport(samples: Samples, { groups, orphans }: LvmState, ageSeconds: number): void {
  const vgs = groups.map(({ vg }) => vg);
  addRows(samples, groupColumns, vgs, (vg) => ({ vg_uuid: vg.uuid, vg_name: vg.name, vg: vg.name }));
  addRows(samples, volumeColumns, [...groups.flatMap(({ pvs }) => pvs), ...orphans], (pv) => ({
    pv_uuid: pv.uuid ?? '',
    pv_name: pv.name ?? '',
    vg_name: pv.vgName ?? '',
    vg: pv.vgName ?? '',
  }));
  samples.add(age, {}, ageSeconds);
}

function addRows<R>(
  samples: Samples,
  columns: readonly Column<R>[],
  rows: readonly R[],
  labelsOf: (row: R) => Sample['labels'],
): void {
  for (const each of columns) {
    const readings = rows.flatMap((row) => {
      const value = each.of(row);
      return value === null ? [] : [{ labels: labelsOf(row), value }];
    });
    for (const { labels, value } of distinct(readings.map(exact))) samples.add(each, labels, value);
  }
}

function exact({ labels, value }: { readonly labels: Sample['labels']; readonly value: Value }) {
  return { labels, value: typeof value === 'boolean' || value === null ? Number(value) : value };
}
