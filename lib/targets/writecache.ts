import type { Fields } from '../fields.ts';
import { type Count, minus, type Usage, usage } from '../units.ts';
import { blocksToBytes, type Metric, metricsOf } from './metric.ts';
import { defineTarget, type Summary } from './target.ts';
import { phrase, plural } from './words.ts';

const { counter, gauge } = metricsOf<WritecacheStatus, WritecacheTable>();
const unit = 'since the table was loaded: blocks, requests before target version 1.6.0.';

const metrics: readonly Metric<WritecacheStatus, WritecacheTable>[] = [
  gauge('dm_writecache_used_bytes', 'Space in use in the cache.', ({ data }, { table }) =>
    blocksToBytes(data.used, table?.blockBytes),
  ),
  gauge('dm_writecache_size_bytes', 'Space in the cache.', ({ data }, { table }) =>
    blocksToBytes(data.total, table?.blockBytes),
  ),
  gauge('dm_writecache_writeback_bytes', 'Space in use that is being written back.', (status, { table }) =>
    blocksToBytes(status.writebackBlocks, table?.blockBytes),
  ),
  gauge('dm_writecache_failed', 'Whether the cache device has failed.', ({ error }) => error !== 0),
  counter('dm_writecache_reads_total', `Reads ${unit}`, ({ reads }) => reads),
  counter('dm_writecache_read_hits_total', `Reads found in the cache ${unit}`, ({ readHits }) => readHits),
  counter('dm_writecache_writes_total', `Writes ${unit}`, ({ writes }) => writes),
  counter(
    'dm_writecache_write_hits_uncommitted_total',
    `Writes over what was not committed yet ${unit}`,
    ({ writeHitsUncommitted }) => writeHitsUncommitted,
  ),
  counter(
    'dm_writecache_write_hits_committed_total',
    `Writes over what was committed ${unit}`,
    ({ writeHitsCommitted }) => writeHitsCommitted,
  ),
  counter(
    'dm_writecache_writes_around_total',
    `Writes past the cache ${unit}`,
    ({ writesAround }) => writesAround,
  ),
  counter(
    'dm_writecache_writes_allocate_total',
    `Writes into new blocks ${unit}`,
    ({ writesAllocate }) => writesAllocate,
  ),
  counter(
    'dm_writecache_writes_blocked_on_freelist_total',
    `Writes that had to wait for a free block ${unit}`,
    ({ writesBlockedOnFreelist }) => writesBlockedOnFreelist,
  ),
  counter(
    'dm_writecache_flushes_total',
    'Flush requests since the table was loaded.',
    ({ flushes }) => flushes,
  ),
  counter('dm_writecache_discards_total', `Discards ${unit}`, ({ discards }) => discards),
];

/**
 * A cache of writes only (`drivers/md/dm-writecache.c`, writecache_status). It sends no events. A counter
 * is null if this kernel does not print it, and starts again at 0 at the message `clear_stats`.
 */
export const writecache = defineTarget({
  name: 'writecache',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: () => true,
  metrics,
});

/** The status of a writecache. */
export interface WritecacheStatus {
  /** 0: none; anything else: the cache device has failed. Kernels print 1, whatever the error was. */
  readonly error: Count;
  /** Cache blocks; the table tells their size. */
  readonly data: Usage;
  /** Cache blocks that are free. */
  readonly freeBlocks: Count;
  /** Cache blocks being written back. */
  readonly writebackBlocks: Count;
  /** Blocks read; blocks since target version 1.6.0, requests before, as in all counters but `flushes`. */
  readonly reads: Count | null;
  /** Of them, found in the cache. */
  readonly readHits: Count | null;
  /** Blocks written. */
  readonly writes: Count | null;
  /** Of them, over a block that was not committed yet. */
  readonly writeHitsUncommitted: Count | null;
  /** Of them, over a block that was committed. */
  readonly writeHitsCommitted: Count | null;
  /** Of them, past the cache. */
  readonly writesAround: Count | null;
  /** Of them, into a new block. */
  readonly writesAllocate: Count | null;
  /** Of them, that had to wait for a free block. */
  readonly writesBlockedOnFreelist: Count | null;
  /** Flush requests. */
  readonly flushes: Count | null;
  /** Blocks discarded. */
  readonly discards: Count | null;
}

function readStatus(fields: Fields): WritecacheStatus {
  const error = fields.count('error');
  const total = fields.count('total blocks');
  const freeBlocks = fields.count('free blocks');
  return {
    error,
    data: usage(minus(total, freeBlocks), total),
    freeBlocks,
    writebackBlocks: fields.count('blocks under writeback'),
    reads: fields.optionalCount('reads'),
    readHits: fields.optionalCount('read hits'),
    writes: fields.optionalCount('writes'),
    writeHitsUncommitted: fields.optionalCount('write hits on uncommitted blocks'),
    writeHitsCommitted: fields.optionalCount('write hits on committed blocks'),
    writesAround: fields.optionalCount('writes around'),
    writesAllocate: fields.optionalCount('writes that allocate'),
    writesBlockedOnFreelist: fields.optionalCount('writes blocked on the free list'),
    flushes: fields.optionalCount('flushes'),
    discards: fields.optionalCount('discards'),
  };
}

/** The table of a writecache. */
export type WritecacheTable = ReturnType<typeof readTable>;

function readTable(fields: Fields) {
  return {
    /** `p` persistent memory, `s` SSD. */
    mode: fields.word('mode'),
    /** `major:minor` of the slow device. */
    originDevice: fields.word('origin device'),
    /** `major:minor` of the cache device. */
    cacheDevice: fields.word('cache device'),
    /** Size of a cache block in bytes. */
    blockBytes: fields.count('block size'),
    /** The options and their values, in the kernel's order. */
    options: fields.optionalCounted('options'),
  };
}

function summarize({ data, error, writebackBlocks }: WritecacheStatus): Summary {
  const bar = { ratio: data.ratio, percent: data.percent };
  const writeback = writebackBlocks === 0 ? '' : `${plural(writebackBlocks, 'block')} being written back`;
  if (error !== 0) return { health: 'failed', text: phrase('cache device failed', writeback), bar };
  return { health: 'ok', text: writeback, bar };
}
