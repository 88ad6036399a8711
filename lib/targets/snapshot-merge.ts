import { formatSectors, minus } from '../units.ts';
import { bytesOf, metricsOfOk } from './metric.ts';
import { snapshotMetrics } from './snapshot-metrics.ts';
import {
  readSnapshotStatus,
  readSnapshotTable,
  type SnapshotStatus,
  type SnapshotTable,
} from './snapshot-status.ts';
import { defineTarget, type Summary } from './target.ts';

const { gauge } = metricsOfOk<SnapshotStatus, SnapshotTable>();

/**
 * A snapshot on its way back into its origin (`drivers/md/dm-snap.c`). Usage and metadata both count down;
 * when only metadata is left the merge is done, and LVM swaps this target for another.
 */
export const snapshotMerge = defineTarget({
  name: 'snapshot-merge',
  status: readSnapshotStatus,
  table: readSnapshotTable,
  summary: summarize,
  live: ({ state }) => state === 'ok' || state === 'unknown',
  metrics: [
    ...snapshotMetrics,
    gauge(
      'dm_snapshot_merge_remaining_bytes',
      'What of the store is still to be merged into the origin.',
      ({ fill, metadataSectors }) => bytesOf(minus(fill.used, metadataSectors ?? 0)),
    ),
  ],
});

function summarize(status: SnapshotStatus): Summary {
  switch (status.state) {
    case 'ok': {
      const { ratio, percent, used } = status.fill;
      const left = minus(used, status.metadataSectors ?? 0);
      const bar = { ratio, percent };
      if (left === 0) return { health: 'ok', text: 'merged', bar };
      return { health: 'busy', text: `merging, ${formatSectors(left)} left`, bar };
    }
    case 'invalid':
      return { health: 'failed', text: 'invalid: the snapshot is lost' };
    case 'overflow':
      return { health: 'warning', text: 'overflow: the snapshot was full' };
    case 'merge-failed':
      return { health: 'failed', text: 'merge failed' };
    case 'unknown':
      return { health: 'busy', text: 'merging' };
  }
}
