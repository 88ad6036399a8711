import type { CacheStatus } from '../targets/cache.ts';
import type { CloneStatus } from '../targets/clone.ts';
import type { EraStatus } from '../targets/era.ts';
import type { ThinStatus } from '../targets/thin.ts';
import type { ThinPoolOk, ThinPoolStatus } from '../targets/thin-pool.ts';
import type { VdoStatus } from '../targets/vdo.ts';
import type { WritecacheStatus } from '../targets/writecache.ts';
import { minus } from '../units.ts';
import { type News, newsIf } from './changes-news.ts';

/** What changed in a thin pool. What is wrong with one that has just recovered is told anew. */
export function poolNews(before: ThinPoolStatus, after: ThinPoolStatus): readonly News[] {
  if (after.state !== 'ok') return failureNews(before.state, after.state);
  const old = before.state === 'ok' ? before : undefined;
  const isNew = (is: (pool: ThinPoolOk) => boolean): boolean => is(after) && (old === undefined || !is(old));
  return [
    ...failureNews(before.state, after.state),
    ...modeNews(old?.mode, after.mode),
    ...newsIf(
      isNew(({ mode }) => mode === 'out_of_data_space'),
      'out-of-data-space',
    ),
    ...newsIf(
      isNew(({ needsCheck }) => needsCheck === true),
      'needs-check',
    ),
    ...newsIf(isNew(isMetadataLow), 'metadata-low'),
  ];
}

// The watermark of kernels that print none is the same (drivers/md/dm-thin.c, calc_metadata_threshold); the event is
// sent when it is reached (drivers/md/persistent-data/dm-space-map-metadata.c, below_threshold).
function isMetadataLow({ metadata: { total, used }, metadataLowWatermark }: ThinPoolOk): boolean {
  const watermark = metadataLowWatermark ?? Math.min(1024, Math.floor(Number(total) / 4));
  return minus(total, used) <= watermark;
}

/** What changed in a thin volume. */
export function thinNews(before: ThinStatus, after: ThinStatus): readonly News[] {
  return failureNews(before.state, after.state);
}

/** What changed in a cache. */
export function cacheNews(before: CacheStatus, after: CacheStatus): readonly News[] {
  if (after.state !== 'ok') return failureNews(before.state, after.state);
  const old = before.state === 'ok' ? before : undefined;
  return [
    ...failureNews(before.state, after.state),
    ...modeNews(old?.mode, after.mode),
    ...newsIf(after.needsCheck === true && old?.needsCheck !== true, 'needs-check'),
  ];
}

/** What changed in a clone. */
export function cloneNews(before: CloneStatus, after: CloneStatus): readonly News[] {
  const failures = failureNews(cloneState(before), cloneState(after));
  if (after.state !== 'ok' || before.state !== 'ok') return failures;
  const { ratio } = after.hydration;
  const moved = ratio !== before.hydration.ratio;
  return [
    ...failures,
    ...modeNews(before.mode, after.mode),
    ...(moved ? [{ kind: 'progressed', progress: 'hydration', ratio } as const] : []),
  ];
}

function cloneState(status: CloneStatus): string {
  return status.state === 'ok' && status.mode === 'Fail' ? 'fail' : status.state;
}

/** What changed in an era device. */
export function eraNews(before: EraStatus, after: EraStatus): readonly News[] {
  return failureNews(before.state, after.state);
}

/** What changed in a writecache. */
export function writecacheNews(before: WritecacheStatus, after: WritecacheStatus): readonly News[] {
  return failureNews(before.error === 0 ? 'ok' : 'fail', after.error === 0 ? 'ok' : 'fail');
}

/** What changed in a VDO pool. */
export function vdoNews(before: VdoStatus, after: VdoStatus): readonly News[] {
  return modeNews(before.mode, after.mode);
}

// `error` is for this time, `fail` for good: one after the other is news again.
function failureNews(before: string, after: string): readonly News[] {
  if (before === after) return [];
  const isRecovered = (before === 'fail' || before === 'error') && after === 'ok';
  const isFailed = after === 'fail' || (after === 'error' && before !== 'fail');
  return [...newsIf(isFailed, 'target-failed'), ...newsIf(isRecovered, 'target-recovered')];
}

function modeNews(before: string | null | undefined, after: string | null): readonly News[] {
  const isKnown = before !== undefined && before !== null && after !== null;
  return newsIf(isKnown && before !== after, 'mode-changed');
}
