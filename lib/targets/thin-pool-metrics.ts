import { blocksToBytes, bytesOf, type Metric, metricsOf, metricsOfOk, unknownState } from './metric.ts';
import type { ThinPoolStatus, ThinPoolTable } from './thin-pool.ts';

const { gauge, stateset } = metricsOfOk<ThinPoolStatus, ThinPoolTable>();
const any = metricsOf<ThinPoolStatus, ThinPoolTable>();

// dm-thin-metadata.h, THIN_METADATA_BLOCK_SIZE.
const metadataBlock = 4096;

/** What is measured of a thin pool. */
export const thinPoolMetrics: readonly Metric<ThinPoolStatus, ThinPoolTable>[] = [
  gauge('dm_thin_pool_data_used_bytes', 'Space that thin volumes take in the pool.', ({ data }, { table }) =>
    blocksToBytes(data.used, bytesOf(table?.blockSectors)),
  ),
  gauge('dm_thin_pool_data_size_bytes', 'Space in the pool.', ({ data }, { table }) =>
    blocksToBytes(data.total, bytesOf(table?.blockSectors)),
  ),
  gauge(
    'dm_thin_pool_metadata_used_bytes',
    'Metadata in use, the reserve of the kernel included, as lvs shows it.',
    ({ metadata }) => blocksToBytes(metadata.used, metadataBlock),
  ),
  gauge('dm_thin_pool_metadata_size_bytes', 'Space for metadata.', ({ metadata }) =>
    blocksToBytes(metadata.total, metadataBlock),
  ),
  gauge(
    'dm_thin_pool_metadata_reserve_bytes',
    'Part of the metadata in use that the kernel only holds back for itself.',
    ({ reserveBlocks }) => blocksToBytes(reserveBlocks, metadataBlock),
  ),
  gauge(
    'dm_thin_pool_metadata_low_water_bytes',
    'Free metadata below which the kernel sends an event.',
    ({ metadataLowWatermark }) => blocksToBytes(metadataLowWatermark, metadataBlock),
  ),
  gauge('dm_thin_pool_block_size_bytes', 'Size of a block of the pool.', (_, { table }) =>
    bytesOf(table?.blockSectors),
  ),
  gauge('dm_thin_pool_low_water_bytes', 'Free space below which the kernel sends an event.', (_, { table }) =>
    blocksToBytes(table?.lowWaterBlocks, bytesOf(table?.blockSectors)),
  ),
  any.stateset(
    'dm_thin_pool_mode',
    'What the pool can do: rw, ro, out_of_data_space; fail: the metadata is unusable; error: it could not be read.',
    ['rw', 'ro', 'out_of_data_space', 'fail', 'error', unknownState],
    (status) => (status.state === 'ok' ? status.mode : status.state),
  ),
  gauge(
    'dm_thin_pool_needs_check',
    'Whether the metadata must be checked before the pool can be written again.',
    ({ needsCheck }) => needsCheck,
  ),
  gauge(
    'dm_thin_pool_error_if_no_space',
    'Whether writes fail at once, rather than wait, when there is no space.',
    ({ noSpace }) => (noSpace === null ? null : noSpace === 'error_if_no_space'),
  ),
  stateset(
    'dm_thin_pool_discard_mode',
    'What the pool does with discards.',
    ['discard_passdown', 'no_discard_passdown', 'ignore_discard', unknownState],
    ({ discard }) => discard,
  ),
  gauge(
    'dm_thin_pool_transaction_id',
    'Number of the last change to the volumes of the pool, as its owner counts them.',
    ({ transactionId }) => transactionId,
  ),
  gauge(
    'dm_thin_pool_held_root',
    'Whether a snapshot of the metadata is held, which uses metadata space.',
    ({ heldRoot }) => heldRoot !== null,
  ),
];
