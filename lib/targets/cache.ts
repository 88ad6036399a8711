import type { Fields } from '../fields.ts';
import { type Count, type Usage, usage, usageShownAs } from '../units.ts';
import { cacheMetrics } from './cache-metrics.ts';
import { defineTarget, type Summary, warningRatio } from './target.ts';
import { type Failure, pairs, phrase, plural, readFailure, readFlag } from './words.ts';

/** A fast device in front of a slow one, in blocks (`drivers/md/dm-cache-target.c`, cache_status). */
export const cache = defineTarget({
  name: 'cache',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: ({ state }) => state !== 'fail',
  metrics: cacheMetrics,
});

/** The status of a cache whose metadata can be read. */
export interface CacheOk {
  /** The metadata can be read. */
  readonly state: 'ok';
  /** Size of a metadata block in sectors: always 8. */
  readonly metadataBlockSectors: Count;
  /** Metadata blocks. */
  readonly metadata: Usage;
  /** Size of a cache block in sectors. */
  readonly blockSectors: Count;
  /** Cache blocks. A full cache is nothing bad. */
  readonly data: Usage;
  /** Requests since the table was loaded; this and the next five are 32-bit counters that wrap. */
  readonly readHits: Count;
  /** As `readHits`. */
  readonly readMisses: Count;
  /** As `readHits`. */
  readonly writeHits: Count;
  /** As `readHits`. */
  readonly writeMisses: Count;
  /** Blocks that left the cache; wraps as `readHits` does. */
  readonly demotions: Count;
  /** Blocks that came into the cache; wraps as `readHits` does. */
  readonly promotions: Count;
  /**
   * Cache blocks in use that are not on the slow device yet: `lvs` shows their share as Cpy%Sync, high is
   * bad.
   */
  readonly dirty: Usage;
  /** `metadata2`, `no_discard_passdown`, and one of `writethrough`, `writeback`, `passthrough`. */
  readonly features: readonly string[];
  /** `migration_threshold`, in sectors. */
  readonly coreArguments: Readonly<Record<string, string>>;
  /** `smq`, `mq` or `cleaner`. */
  readonly policy: string;
  /** The policy's settings. */
  readonly policyArguments: Readonly<Record<string, string>>;
  /** `rw` or `ro`, of the metadata; null if this kernel does not print it. */
  readonly mode: string | null;
  /** The metadata must be checked; null if this kernel does not print it. */
  readonly needsCheck: boolean | null;
}

/** The status of a cache. */
export type CacheStatus = Failure | CacheOk;

function readStatus(fields: Fields): CacheStatus {
  const failure = readFailure(fields);
  if (failure !== undefined) return failure;
  if (fields.peek()?.includes('/'))
    fields.fail('this is the status of the oldest dm-cache, which is not supported');
  const metadataBlockSectors = fields.count('metadata block size');
  const metadata = usage(...fields.fraction('metadata blocks'));
  const blockSectors = fields.count('cache block size');
  const data = usage(...fields.fraction('cache blocks'));
  const readHits = fields.count('read hits');
  const readMisses = fields.count('read misses');
  const writeHits = fields.count('write hits');
  const writeMisses = fields.count('write misses');
  const demotions = fields.count('demotions');
  const promotions = fields.count('promotions');
  const dirtyBlocks = fields.count('dirty blocks');
  const features = fields.counted('features');
  const coreArguments = pairs(fields.counted('core arguments'));
  const policy = fields.word('policy');
  const policyArguments = pairs(fields.counted('policy arguments'));
  const mode = fields.optionalWord() ?? null;
  const needsCheck = readFlag(fields, 'needs_check');
  return {
    state: 'ok',
    metadataBlockSectors,
    metadata,
    blockSectors,
    data,
    readHits,
    readMisses,
    writeHits,
    writeMisses,
    demotions,
    promotions,
    // An empty cache has nothing dirty, though 0 of 0 is otherwise 100 %.
    dirty: dirtyBlocks === 0 ? usageShownAs(0, data.used, 0, 1) : usage(dirtyBlocks, data.used),
    features,
    coreArguments,
    policy,
    policyArguments,
    mode,
    needsCheck,
  };
}

/** The table of a cache. */
export type CacheTable = ReturnType<typeof readTable>;

function readTable(fields: Fields) {
  return {
    /** `major:minor` of the metadata device. */
    metadataDevice: fields.word('metadata device'),
    /** `major:minor` of the fast device. */
    cacheDevice: fields.word('cache device'),
    /** `major:minor` of the slow device. */
    originDevice: fields.word('origin device'),
    /** Size of a cache block in sectors. */
    blockSectors: fields.count('block size'),
    /** The loader's own words, as all that follows. */
    features: fields.counted('features'),
    /** May be an alias such as `default`. */
    policy: fields.word('policy'),
    /** The policy's settings. */
    policyArguments: pairs(fields.optionalCounted('policy arguments')),
  };
}

function summarize(status: CacheStatus): Summary {
  if (status.state === 'fail') return { health: 'failed', text: 'failed: the metadata needs repair' };
  if (status.state === 'error') return { health: 'warning', text: 'metadata could not be read' };
  const { data, dirty, metadata, mode, needsCheck, policy } = status;
  const bar = { ratio: data.ratio, percent: data.percent };
  const wrong = phrase(
    needsCheck === true ? 'needs check' : '',
    mode === 'ro' ? 'metadata read-only' : '',
    metadata.ratio >= warningRatio ? `metadata ${metadata.percent}%` : '',
  );
  const blocks = dirty.used === 0 ? '' : plural(dirty.used, 'dirty block');
  if (wrong !== '') return { health: 'warning', text: phrase(wrong, blocks), bar };
  if (policy === 'cleaner' && blocks !== '') return { health: 'busy', text: `flushing ${blocks}`, bar };
  return { health: 'ok', text: blocks, bar };
}
