import { bytesOf, type Metric, metricsOf, metricsOfOk, stateOf, unknownState } from './metric.ts';
import type { SnapshotStatus, SnapshotTable } from './snapshot-status.ts';

const { gauge } = metricsOfOk<SnapshotStatus, SnapshotTable>();
const any = metricsOf<SnapshotStatus, SnapshotTable>();

/** What is measured of a snapshot, be it merging or not. */
export const snapshotMetrics: readonly Metric<SnapshotStatus, SnapshotTable>[] = [
  any.info('dm_snapshot_info', 'What the snapshot is of.', ['origin'], (_, { table, name }) =>
    table === undefined ? undefined : { origin: name(table.origin) },
  ),
  gauge(
    'dm_snapshot_used_bytes',
    'Space in use in the store of the snapshot, metadata included.',
    ({ fill }) => bytesOf(fill.used),
  ),
  gauge('dm_snapshot_size_bytes', 'Space in the store of the snapshot.', ({ fill }) => bytesOf(fill.total)),
  gauge('dm_snapshot_metadata_bytes', 'Part of the space in use that is metadata.', ({ metadataSectors }) =>
    bytesOf(metadataSectors),
  ),
  any.stateset(
    'dm_snapshot_state',
    'ok; invalid: the snapshot is lost; overflow: full; merge_failed; unknown: the store cannot tell its usage.',
    ['ok', 'invalid', 'overflow', 'merge_failed', unknownState],
    ({ state }) => stateOf(state),
  ),
];
