import type { Fields } from '../fields.ts';
import { type Count, minus, type Usage, usage } from '../units.ts';
import { defineTarget, type Summary } from './target.ts';
import { phrase, plural } from './words.ts';

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
