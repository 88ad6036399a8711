import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState } from '../../lvm/state.ts';
import { errorSegment, imagesIn, visibleOf } from './degraded-parts.ts';
import type { StaleRaid } from './replace-find.ts';
import { refreshTag } from './replace-note.ts';

/** A volume whose tables are loaded anew, so that a RAID takes back a leg that the kernel has let go. */
export interface Refresh {
  /** The visible volume, `vg/lv`: lvm refreshes and tags no hidden one, such as the data of a thin pool. */
  readonly volume: string;
  /** What is named to lvm for that: the same, or of a pool that is not active itself, a volume of it that is. */
  readonly refresh: string;
  /** The RAID volumes, `vg/lv`, that it is or stands on, with such a leg. */
  readonly raids: readonly string[];
  /** The tags that it has until they are in sync, one for each PV of those legs. */
  readonly tags: readonly string[];
}

/** What is refreshed, each visible volume once. RAID volumes in `repairing`, `vg/lv`, are not refreshed for. Pure. */
export function refreshesOf(
  group: GroupState,
  found: readonly StaleRaid[],
  repairing: ReadonlySet<string>,
): readonly Refresh[] {
  const stale = found.filter(({ row }) => !repairing.has(row.fullName) && !hasErrors(group, row));
  return group.lvs.flatMap((row) => {
    const own = stale.filter((one) => visibleOf(group, one.row) === row);
    if (own.length === 0) return [];
    const raids = new Set(own.map((one) => one.row.fullName));
    const pvs = new Set(own.flatMap((one) => one.pvs));
    return [
      {
        ...{ volume: row.fullName, refresh: activeOf(group, row).fullName },
        ...{ raids: [...raids], tags: [...pvs].map(refreshTag) },
      },
    ];
  });
}

// A pool is active for its volumes while lvm counts it as inactive, and refreshes it with each of them only.
function activeOf({ lvs }: GroupState, row: LvRow): LvRow {
  if (row.active !== false) return row;
  return lvs.find((lv) => lv.poolLv === row.name && !lv.hidden && lv.active === true) ?? row;
}

function hasErrors(group: GroupState, row: LvRow): boolean {
  return imagesIn(group, row).some(({ parts }) => parts.some((part) => errorSegment(group, part)));
}
