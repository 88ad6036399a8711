import { lvColumns } from '../../../../lib/lvm/columns/lv.ts';
import { readRow } from '../../../../lib/lvm/columns/row.ts';
import { segColumns } from '../../../../lib/lvm/columns/seg.ts';
import { vgColumns } from '../../../../lib/lvm/columns/vg.ts';
import type { LvmState } from '../../../../lib/lvm/state.ts';

/** A volume of the group `vg` by the fields of lvm's report; what is left out is as of a field that is not there. */
export interface Fields {
  readonly lv_name: string;
  readonly segtype?: string;
  readonly [field: string]: string | undefined;
}

/** A state with one group, `vg`, whose extents have 1 MiB, and these volumes, a segment each. */
export function stateOf(...volumes: readonly Fields[]): LvmState {
  const { row: vg } = readRow(vgColumns, {
    vg_name: 'vg',
    vg_uuid: 'g',
    vg_extent_size: '1048576',
    vg_seqno: '5',
  });
  const cells = volumes.map((fields, index) => {
    const name = fields.lv_name.replace(/[[\]]/g, '');
    return {
      lv_uuid: `u${index}`,
      lv_full_name: `vg/${name}`,
      vg_name: 'vg',
      lv_attr: '-wi-a-----',
      ...fields,
    };
  });
  return {
    groups: [
      {
        vg,
        lvs: cells.map((cell) => readRow(lvColumns, cell).row),
        pvs: [],
        segs: cells.map((cell) => readRow(segColumns, { segtype: 'linear', stripes: '1', ...cell }).row),
        pvSegs: [],
      },
    ],
    orphans: [],
  };
}
