import type { CacheStatus, CacheTable } from './cache.ts';
import { blocksToBytes, bytesOf, type Metric, metricsOf, metricsOfOk, unknownState } from './metric.ts';

const { counter, gauge, info, stateset } = metricsOfOk<CacheStatus, CacheTable>();
const any = metricsOf<CacheStatus, CacheTable>();

// dm-cache-target.c prints them with %u. Hits and misses stay apart: of a sum, rate() would take a wrap of one part for
// a restart, and count the other part again.
const wraps = 'since the table was loaded. A 32-bit counter of the kernel, which wraps.';

/** What is measured of a cache. */
export const cacheMetrics: readonly Metric<CacheStatus, CacheTable>[] = [
  info('dm_cache_info', 'Policy of the cache.', ['policy'], ({ policy }) => ({ policy })),
  gauge('dm_cache_used_bytes', 'Space in use in the cache. A full cache is nothing bad.', (status) =>
    blocksToBytes(status.data.used, bytesOf(status.blockSectors)),
  ),
  gauge('dm_cache_size_bytes', 'Space in the cache.', (status) =>
    blocksToBytes(status.data.total, bytesOf(status.blockSectors)),
  ),
  gauge('dm_cache_dirty_bytes', 'Space in use whose data is not on the slow device yet.', (status) =>
    blocksToBytes(status.dirty.used, bytesOf(status.blockSectors)),
  ),
  gauge('dm_cache_metadata_used_bytes', 'Metadata in use.', (status) =>
    blocksToBytes(status.metadata.used, bytesOf(status.metadataBlockSectors)),
  ),
  gauge('dm_cache_metadata_size_bytes', 'Space for metadata.', (status) =>
    blocksToBytes(status.metadata.total, bytesOf(status.metadataBlockSectors)),
  ),
  counter('dm_cache_read_hits_total', `Reads found in the cache, ${wraps}`, ({ readHits }) => readHits),
  counter(
    'dm_cache_read_misses_total',
    `Reads not found in the cache, ${wraps}`,
    ({ readMisses }) => readMisses,
  ),
  counter('dm_cache_write_hits_total', `Writes found in the cache, ${wraps}`, ({ writeHits }) => writeHits),
  counter(
    'dm_cache_write_misses_total',
    `Writes not found in the cache, ${wraps}`,
    ({ writeMisses }) => writeMisses,
  ),
  counter(
    'dm_cache_promotions_total',
    `Blocks that came into the cache, ${wraps}`,
    ({ promotions }) => promotions,
  ),
  counter('dm_cache_demotions_total', `Blocks that left the cache, ${wraps}`, ({ demotions }) => demotions),
  stateset(
    'dm_cache_mode',
    'What the cache does with writes.',
    ['writeback', 'writethrough', 'passthrough', unknownState],
    ({ features }) => features.find((feature) => modes.has(feature)),
  ),
  any.stateset(
    'dm_cache_metadata_mode',
    'rw, ro; fail: the metadata is unusable; error: it could not be read.',
    ['rw', 'ro', 'fail', 'error', unknownState],
    (status) => (status.state === 'ok' ? status.mode : status.state),
  ),
  gauge('dm_cache_needs_check', 'Whether the metadata must be checked.', ({ needsCheck }) => needsCheck),
];

const modes: ReadonlySet<string> = new Set(['writeback', 'writethrough', 'passthrough']);
