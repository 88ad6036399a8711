import { type LvRow, lvColumns } from './columns/lv.ts';
import { type PvRow, pvColumns } from './columns/pv.ts';
import { type PvSegRow, pvSegColumns } from './columns/pvseg.ts';
import type { Columns } from './columns/row.ts';
import { type SegRow, segColumns } from './columns/seg.ts';
import { type VgRow, vgColumns } from './columns/vg.ts';
import { inDoubt } from './kernel-known.ts';
import { type Cells, reportOf, sectionOf, wholeRow } from './report-outcome.ts';
import type { Outcome } from './run.ts';

/** A volume group and all that is in it, seen at one moment. */
export interface GroupState {
  readonly vg: VgRow;
  /** All its LVs, hidden ones too. */
  readonly lvs: readonly LvRow[];
  readonly pvs: readonly PvRow[];
  /** The segments of its LVs. */
  readonly segs: readonly SegRow[];
  /** What is where on its PVs, free extents too. */
  readonly pvSegs: readonly PvSegRow[];
}

/** What lvm knows of some groups, or of all there is. */
export interface LvmState {
  readonly groups: readonly GroupState[];
  /** PVs of no group; none if only some groups were asked for. */
  readonly orphans: readonly PvRow[];
}

/**
 * The command line of one `lvm fullreport` of these groups, or of all and the orphans. Pure; the names are operands
 * behind `--`.
 */
export function fullreportArguments(groups: readonly string[]): readonly string[] {
  return [
    ...['fullreport', '--all', '--units', 'b', '--nosuffix', '--binary'],
    ...sections.flatMap(({ name, ask }) => ['--configreport', name, '--options', ask.join(',')]),
    ...(groups.length === 0 ? [] : ['--', ...groups]),
  ];
}

/** Reads what {@link fullreportArguments} asked for. Throws an {@link LvmError}: lvm's own, or `report-invalid`. */
export function parseState(outcome: Outcome): LvmState {
  const { elements, kernelAsked } = reportOf(outcome);
  const groups = elements.map((element) => {
    const read = <C extends Columns>(
      section: string,
      columns: C,
      complete = (cells: Cells): Cells => cells,
    ) => sectionOf(outcome, element, section).map((cells) => wholeRow(outcome, columns, complete(cells)));
    const vgs = read('vg', vgColumns);
    const segs = read('seg', segColumns);
    const types = new Map(
      segs.toSorted((a, b) => b.startPe - a.startPe).map(({ lvUuid, segtype }) => [lvUuid, segtype]),
    );
    return {
      vgs,
      // A field of segments in the section of volumes would make it one of segments, which lvm refuses.
      lvs: read('lv', lvColumns, (cells) => ({ ...cells, segtype: types.get(String(cells.lv_uuid)) })).map(
        (row) => inDoubt(row, kernelAsked),
      ),
      pvs: read('pv', pvColumns),
      segs,
      pvSegs: read('pvseg', pvSegColumns),
    };
  });
  return {
    groups: groups.flatMap(({ vgs: [vg], ...rest }) => (vg === undefined ? [] : [{ vg, ...rest }])),
    orphans: groups.flatMap(({ vgs, pvs }) => (vgs.length === 0 ? pvs : [])),
  };
}

/** The group of this name. */
export function groupOf(state: LvmState, name: string): GroupState | undefined {
  return state.groups.find(({ vg }) => vg.name === name);
}

/** The LV of this name, `vg/lv`, hidden ones without brackets. */
export function volumeOf(state: LvmState, name: string): LvRow | undefined {
  const [vg = '', lv] = name.split('/');
  return groupOf(state, vg)?.lvs.find((row) => row.name === lv);
}

/** The segments of an LV, in the order of its extents. */
export function segmentsOf(state: LvmState, { vgName, uuid }: LvRow): readonly SegRow[] {
  const segs = groupOf(state, vgName)?.segs.filter(({ lvUuid }) => lvUuid === uuid) ?? [];
  return segs.toSorted((a, b) => a.startPe - b.startPe);
}

/** All PVs, those of no group too. */
export function devicesOf({ groups, orphans }: LvmState): readonly PvRow[] {
  return [...groups.flatMap(({ pvs }) => pvs), ...orphans];
}

// All fields of this lvm, whatever they are: it refuses a command that names one that it does not have.
const sections = [
  { name: 'vg', ask: ['vg_all'] },
  { name: 'lv', ask: ['lv_all', 'vg_name', 'vg_uuid'] },
  { name: 'pv', ask: ['pv_all', 'vg_name'] },
  { name: 'seg', ask: ['seg_all', 'lv_name', 'lv_uuid', 'vg_name'] },
  { name: 'pvseg', ask: ['pvseg_all', 'pv_name', 'pv_uuid', 'lv_name', 'lv_uuid'] },
] as const;
