import type { DeviceStatus } from '../../device.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { deviceRow } from '../../lvm/commands/pv-rows.ts';
import type { GroupState } from '../../lvm/state.ts';
import { joinVolumes } from '../../lvm/volumes.ts';
import { lookAtGroup } from '../lvm-step.ts';
import { hasCopies } from '../sync-refusal.ts';
import type { Tools } from '../tools.ts';
import { damageOf } from './degraded.ts';
import { imagesIn } from './degraded-parts.ts';
import type { Replacement } from './replace-steps.ts';

/** What came of {@link replaceFailedDevice}, as a look at the end tells. */
export interface ReplaceResult {
  /** Uuids of the PVs that are no longer in the group. */
  readonly removed: readonly string[];
  /** Paths of the disks that came into it. */
  readonly added: readonly string[];
  /** Mirrors and RAID volumes, `vg/lv`, hidden parts too, that have all their copies again; in sync if it waited. */
  readonly repaired: readonly string[];
  /** Volumes that are gone, as `allowDestroy` named them. */
  readonly destroyed: readonly string[];
  /** Volumes that have lost data and are there still, as `keepLost` has it. */
  readonly kept: readonly string[];
  /** Volumes that have their data, and cannot be made whole again now, also a pvmove; `keepLost` let them be. */
  readonly blocked: readonly string[];
  /** Mirrors and RAID volumes that the kernel is still getting in sync, as it was not to wait. */
  readonly syncing: readonly string[];
}

/** Looks at what has become of a group. `repaired`: those volumes that were to have their copies again. */
export async function resultOf(
  tools: Tools,
  plan: Replacement,
  repaired: readonly string[],
): Promise<ReplaceResult> {
  const { vg, disks, add, destroy, destroyWith } = plan;
  const { state, group } = await lookAtGroup(tools, vg);
  const statuses = await tools.dm.status();
  const isIn = (name: string): boolean => group.lvs.some(({ fullName }) => fullName === name);
  const removed = disks.flatMap(({ uuid }) => (group.pvs.some((pv) => pv.uuid === uuid) ? [] : [uuid]));
  const damage = damageOf(group, new Set(disks.map(({ uuid }) => uuid)), statuses);
  const blocked = damage.blocked.map(({ name }) => name);
  const lacking = new Set([...blocked, ...damage.mirrors.map(({ row }) => row.fullName)]);
  return {
    removed,
    added: add.filter((path) => deviceRow(state, path)?.vgName === vg),
    repaired: repaired.filter((name) => isIn(name) && !lacking.has(name)),
    destroyed: [...destroy, ...destroyWith].filter((name) => !isIn(name)),
    kept: damage.lost.map(({ row }) => row.fullName),
    blocked,
    syncing: syncingIn(group, statuses).map(({ fullName }) => fullName),
  };
}

/** The mirrors and RAID volumes that have all their legs and that the kernel is getting in sync. Pure. */
export function syncingIn(group: GroupState, statuses: readonly DeviceStatus[]): readonly LvRow[] {
  return joinVolumes(group.lvs, statuses).flatMap(({ lv, devices }) => {
    const targets = devices.flatMap(({ segments }) => segments.map(({ status }) => status));
    const isBehind = targets.some((target) => {
      if (target.type === 'raid') return target.inSync === false && !target.degraded;
      if (target.type !== 'mirror') return false;
      return target.sync.used !== target.sync.total && target.legs.every(({ health }) => health === 'alive');
    });
    // The mirror of a pvmove stands on no images, and has one copy when it is done.
    const images = imagesIn(group, lv).filter(({ parts }) => parts.length > 0);
    return isBehind && hasCopies(lv.segtype) && images.length > 1 ? [lv] : [];
  });
}
