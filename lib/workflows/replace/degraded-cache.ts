import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState } from '../../lvm/state.ts';
import type { Judge } from './degraded-judge.ts';
import { visibleOf } from './degraded-parts.ts';

/** The cache of an LV. */
export interface Cache {
  /** The LV that is cached. */
  readonly row: LvRow;
  /** Its cache pool, or the volume in the place of one. */
  readonly pool: LvRow;
  /** How it caches: `writethrough`, `passthrough`, `writeback`; `writecache` for a cache of that type. */
  readonly mode: string;
  /** Whether all that was written is below it, too. */
  readonly isClean: boolean;
}

/** The cache of an LV; null if it has none. Pure. */
export function cacheOf(group: GroupState, row: LvRow): Cache | null {
  if (row.segtype !== 'cache' && row.segtype !== 'writecache') return null;
  const pool = group.lvs.find(({ name }) => name === row.poolLv);
  if (pool === undefined) return null;
  const told = group.segs.find(({ lvUuid }) => lvUuid === row.uuid)?.cacheMode ?? null;
  const mode = row.segtype === 'writecache' ? row.segtype : (told ?? 'writeback');
  return { row, pool, mode, isClean: mode === 'writethrough' || mode === 'passthrough' };
}

/** The caches that are lost, of LVs that are not but for that. `uncached` judges without them. Pure. */
export function lostCaches(group: GroupState, judge: Judge, uncached: Judge): readonly Cache[] {
  return group.lvs.flatMap((row) => {
    const cache = cacheOf(group, row);
    return cache !== null && judge(cache.pool) === 'lost' && uncached(row) !== 'lost' ? [cache] : [];
  });
}

/** Why a volume whose clean cache is lost is not whole, and what to do about it. Pure. */
export function whyUncached(group: GroupState, { row, pool, mode }: Cache): string {
  // lvm counts any other mode as writeback here.
  const force = mode === 'writethrough' ? '' : ' --force';
  return `it has lost its cache ${pool.name} and none of its data, as that was ${mode}: take the cache off with "lvconvert --uncache${force} ${visibleOf(group, row).fullName}"`;
}

/** Why a volume is lost with a cache that is not clean, in words that follow its name. Pure. */
export function whyDirty(group: GroupState, { row, pool, mode }: Cache): string {
  const type = mode === 'writecache' ? 'a writecache' : `its ${mode} cache`;
  return `had in ${pool.name}, ${type}, there what was not written back yet; without that, "lvconvert --uncache --force ${visibleOf(group, row).fullName}" leaves the rest of it`;
}
