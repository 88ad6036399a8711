import type { DeviceStatus } from '../../device.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { joinVolumes } from '../../lvm/volumes.ts';
import { fillingIn } from '../mirror/filling.ts';
import { outOfSync } from '../sync-refusal.ts';

/**
 * The volumes, `vg/lv`, with a tag `devmapper.filling` whose copies are in sync now, so that they have been filled,
 * whether anybody has waited for that or not. Pure.
 */
export function filledIn(
  state: LvmState,
  group: GroupState,
  statuses: readonly DeviceStatus[],
): ReadonlySet<string> {
  const tagged = group.lvs.filter(({ tags }) => fillingIn(tags).length > 0);
  // Of one that was made with --nosync the kernel knows what it has filled since, which is what the tag is about.
  const filled = joinVolumes(tagged, statuses).filter(
    ({ lv, status }) => outOfSync(state, { ...lv, initialImageSync: null }, status) === null,
  );
  return new Set(filled.map(({ lv }) => lv.fullName));
}
