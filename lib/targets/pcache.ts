import { type Fields, parseHexadecimal, quote } from '../fields.ts';
import { type Count, type Usage, usage } from '../units.ts';
import { defineTarget, type Summary } from './target.ts';
import { pairs } from './words.ts';

/** A cache in persistent memory (`drivers/md/dm-pcache/dm_pcache.c`). It sends no events. */
export const pcache = defineTarget({
  name: 'pcache',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: () => true,
});

/** A place in the cache. */
export interface PcachePosition {
  /** Which segment, counted from 0. */
  readonly segment: Count;
  /** Within the segment, in bytes. */
  readonly offset: Count;
}

/** The status of a pcache. */
export interface PcacheStatus {
  /** Bits, as all flags here. */
  readonly superblockFlags: Count;
  /** Segments of the device. */
  readonly totalSegments: Count;
  /** Cache segments. */
  readonly segments: Usage;
  /** Percentage in use from which on the kernel collects garbage. */
  readonly gcPercent: Count;
  /** Bits. */
  readonly cacheFlags: Count;
  /** Where the next key is written. */
  readonly keyHead: PcachePosition;
  /** Up to where data has been written back. */
  readonly dirtyTail: PcachePosition;
  /** Up to where keys have been collected. */
  readonly keyTail: PcachePosition;
}

function readStatus(fields: Fields): PcacheStatus {
  const superblockFlags = readFlags(fields, 'superblock flags');
  const totalSegments = fields.count('total segments');
  const cacheSegments = fields.count('cache segments');
  const usedSegments = fields.count('used segments');
  return {
    superblockFlags,
    totalSegments,
    segments: usage(usedSegments, cacheSegments),
    gcPercent: fields.count('garbage collection percentage'),
    cacheFlags: readFlags(fields, 'cache flags'),
    keyHead: readPosition(fields, 'key head'),
    dirtyTail: readPosition(fields, 'dirty tail'),
    keyTail: readPosition(fields, 'key tail'),
  };
}

function readFlags(fields: Fields, name: string): Count {
  const word = fields.word(name);
  const value = parseHexadecimal(word);
  if (value === undefined) fields.fail(`${name} is ${quote(word)}, not a hexadecimal number`);
  return value ?? 0;
}

function readPosition(fields: Fields, name: string): PcachePosition {
  const [segment, offset] = fields.fraction(name, ':');
  return { segment, offset };
}

function readTable(fields: Fields) {
  return {
    /** `major:minor` of the persistent memory. */
    cacheDevice: fields.word('cache device'),
    /** `major:minor` of the slow device. */
    backingDevice: fields.word('backing device'),
    /** `cache_mode` and `crc`, which the constructor calls `data_crc`. */
    options: pairs(fields.optionalCounted('options')),
  };
}

function summarize({ segments }: PcacheStatus): Summary {
  return { health: 'ok', text: '', bar: { ratio: segments.ratio, percent: segments.percent } };
}
