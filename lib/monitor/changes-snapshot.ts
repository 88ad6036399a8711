import type { SnapshotStatus } from '../targets/snapshot-status.ts';
import { type News, newsIf } from './changes-news.ts';
import { mergeRatio } from './progress.ts';

/** What changed in a snapshot, or in one that is merging. */
export function snapshotNews(
  before: SnapshotStatus,
  after: SnapshotStatus,
  isMerging = false,
): readonly News[] {
  const becomes = (state: SnapshotStatus['state']): boolean =>
    before.state !== state && after.state === state;
  const ratio = mergeRatio(after);
  const moved = isMerging && ratio !== undefined && ratio !== mergeRatio(before);
  return [
    ...newsIf(becomes('invalid'), 'snapshot-invalid'),
    ...newsIf(becomes('overflow'), 'snapshot-overflowed'),
    ...newsIf(becomes('merge-failed'), 'merge-failed'),
    ...(moved ? [{ kind: 'progressed', progress: 'merge', ratio } as const] : []),
  ];
}
