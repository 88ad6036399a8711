import type { LvRow } from '../../lvm/columns/lv.ts';
import { groupOf, type LvmState } from '../../lvm/state.ts';
import { lvmDeviceName } from '../../names.ts';
import { requireVolumeIn } from '../lvm-step.ts';
import type { Leftovers } from './snapshot-clean-up.ts';
import { leftoversOf, requireFreeName } from './snapshot-leftovers.ts';
import type { MountPlan } from './snapshot-mount.ts';
import { allocatable, isThin, requireSnapshotable, requireSpace } from './snapshot-origin.ts';
import { type StoreSize, storeSize } from './snapshot-size.ts';
import type { WithSnapshotSettings } from './with-snapshot-options.ts';

/** One snapshot that is to be taken. */
export interface Taking {
  readonly row: LvRow;
  /** `vg/lv` of the volume, and of the snapshot. */
  readonly origin: string;
  readonly name: string;
  /** Path of the snapshot's device. */
  readonly device: string;
  /** Null: it is thin. */
  readonly store: StoreSize | null;
  readonly mount: MountPlan;
  readonly leftovers: Leftovers;
}

/** The snapshots and the sizes of their stores. Pure; throws a {@link Refusal}. */
export function planStores(
  state: LvmState,
  settings: WithSnapshotSettings,
): readonly (Omit<Taking, 'mount' | 'leftovers'> & { readonly old: readonly LvRow[] })[] {
  const found = settings.volumes.map(({ origin: { vg, lv }, snapshot }) => {
    const row = requireVolumeIn(state, `${vg}/${lv}`);
    requireSnapshotable(state, row);
    const old = leftoversOf(state, row);
    const [, made = ''] = snapshot.split('/');
    requireFreeName(state, vg, made, old);
    return {
      row,
      vg,
      old,
      origin: `${vg}/${lv}`,
      name: snapshot,
      device: `/dev/mapper/${lvmDeviceName(vg, made)}`,
    };
  });
  // What an earlier run has left goes before anything is made. A thin snapshot gives nothing back to the group.
  const reclaimed = new Map<string, bigint>();
  for (const { vg, old, row } of found)
    for (const { size } of isThin(row) ? [] : old) reclaimed.set(vg, (reclaimed.get(vg) ?? 0n) + size);
  const takings = found.map(({ vg, ...one }) => {
    const group = groupOf(state, vg);
    const free = group === undefined ? 0n : allocatable(group) + (reclaimed.get(vg) ?? 0n);
    const { extentSize = 1n, size: total = 0n } = group?.vg ?? {};
    const store = isThin(one.row)
      ? null
      : storeSize(settings.size, { originSize: one.row.size, extentSize, free, total });
    return { ...one, store };
  });
  requireSpace(
    state,
    takings.flatMap(({ row, origin, store }) =>
      store === null ? [] : [{ origin, vg: row.vgName, size: store.size }],
    ),
    reclaimed,
  );
  return takings;
}
