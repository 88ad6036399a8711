import { snapshotMetrics } from './snapshot-metrics.ts';
import { readSnapshotStatus, readSnapshotTable, type SnapshotStatus } from './snapshot-status.ts';
import { defineTarget, type Summary, warningRatio } from './target.ts';

/**
 * A thick snapshot: the origin's old blocks in a COW store (`drivers/md/dm-snap.c`). Its filling sends no
 * event.
 */
export const snapshot = defineTarget({
  name: 'snapshot',
  status: readSnapshotStatus,
  table: readSnapshotTable,
  summary: summarize,
  live: ({ state }) => state === 'ok' || state === 'unknown',
  metrics: snapshotMetrics,
});

function summarize(status: SnapshotStatus): Summary {
  switch (status.state) {
    case 'ok': {
      const { ratio, percent } = status.fill;
      if (ratio < warningRatio) return { health: 'ok', text: '', bar: { ratio, percent } };
      const text = ratio >= 1 ? 'full' : 'nearly full';
      return { health: 'warning', text, bar: { ratio, percent } };
    }
    case 'invalid':
      return { health: 'failed', text: 'invalid: the snapshot is lost', bar: full };
    case 'overflow':
      return { health: 'warning', text: 'overflow: full, takes no more writes', bar: full };
    case 'merge-failed':
      return { health: 'failed', text: 'merge failed' };
    case 'unknown':
      return { health: 'ok', text: 'fill unknown' };
  }
}

// lvs shows 100 % in both cases (lib/metadata/lv.c).
const full = { ratio: 1, percent: '100.00' };
