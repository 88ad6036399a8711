import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState } from '../../lvm/state.ts';
import { cacheOf } from './degraded-cache.ts';
import { moveSource } from './degraded-move.ts';
import {
  componentsOf,
  errorSegment,
  imagesIn,
  type MirrorImage,
  pvsOf,
  toleratesLoss,
} from './degraded-parts.ts';

/** What has become of an LV: `degraded` has lost copies, and has its data still. */
export type Judgement = 'whole' | 'degraded' | 'lost';

/** Says what has become of an LV. */
export type Judge = (row: LvRow) => Judgement;

/**
 * What becomes of the LVs of a group without these disks, by the uuids of their PVs; with `uncached`, of what is left of
 * them when lost caches are taken off. Pure.
 */
export function judgeOf(
  group: GroupState,
  failed: ReadonlySet<string>,
  which: 'cached' | 'uncached' = 'cached',
): Judge {
  const known = new Map<string, Judgement>();
  const judge: Judge = (row) => {
    const found = known.get(row.name);
    if (found !== undefined) return found;
    // A report that goes in circles must not make this do so.
    known.set(row.name, 'whole');
    const result = judgeOne(group, row, { failed, which, judge });
    known.set(row.name, result);
    return result;
  };
  return judge;
}

/** Whether an image is lost: a part of it is, or is only errors. */
export function isLostImage(group: GroupState, { parts }: MirrorImage, judge: Judge): boolean {
  return parts.some((part) => errorSegment(group, part) || judge(part) === 'lost');
}

interface Judging {
  readonly failed: ReadonlySet<string>;
  readonly which: 'cached' | 'uncached';
  readonly judge: Judge;
}

function judgeOne(group: GroupState, row: LvRow, { failed, which, judge }: Judging): Judgement {
  const source = moveSource(row);
  if (source !== null) return failed.has(source) ? 'lost' : 'whole';
  const images = imagesIn(group, row);
  const spared = new Set(images.flatMap(({ parts }) => parts.map(({ name }) => name)));
  if (row.mirrorLog !== null) spared.add(row.mirrorLog);
  const cache = cacheOf(group, row);
  if (cache !== null && (cache.isClean || which === 'uncached')) spared.add(cache.pool.name);
  const others = componentsOf(group, row).filter(({ name }) => !spared.has(name));
  const isGone = pvsOf(group, row).some((uuid) => failed.has(uuid));
  if (isGone || others.some((part) => judge(part) === 'lost')) return 'lost';
  const lost = images.filter((image) => isLostImage(group, image, judge));
  if (lost.length === 0) return 'whole';
  return toleratesLoss(row.segtype, images, lost) ? 'degraded' : 'lost';
}
