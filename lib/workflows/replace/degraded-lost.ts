import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState } from '../../lvm/state.ts';
import { type Cache, whyDirty } from './degraded-cache.ts';
import { partsOf } from './degraded-parts.ts';

/** Why a volume is lost, in words that follow its name. `caches`: without which it were not. Pure. */
export function whyLost(
  group: GroupState,
  row: LvRow,
  failed: ReadonlySet<string>,
  caches: readonly Cache[],
): string {
  const below = [row, ...partsOf(group, row, 'all')];
  const cache = caches.find((one) => !one.isClean && below.includes(one.row));
  if (cache !== undefined) return whyDirty(group, cache);
  const runsOf = (lvs: readonly LvRow[]): GroupState['pvSegs'] =>
    group.pvSegs.filter(({ lvUuid }) => lvs.some(({ uuid }) => uuid === lvUuid));
  const own = runsOf([row, ...partsOf(group, row)]);
  // A thin volume has its extents in its pool.
  const runs = own.some(({ pvUuid }) => failed.has(pvUuid)) ? own : runsOf(below);
  const count = (of: typeof runs): number => of.reduce((sum, { size }) => sum + size, 0);
  const there = count(runs);
  const bad = count(runs.filter(({ pvUuid }) => failed.has(pvUuid)));
  if (bad === 0) return 'stands on errors in the place of a lost disk';
  return bad === there
    ? `had all of its ${there} extents there`
    : `had ${bad} of its ${there} extents there, no copy of which is left`;
}
