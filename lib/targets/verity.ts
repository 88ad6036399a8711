import type { Fields } from '../fields.ts';
import type { Count } from '../units.ts';
import { type Metric, metricsOf } from './metric.ts';
import { defineTarget, type Summary } from './target.ts';
import { plural } from './words.ts';

const { counter, gauge } = metricsOf<VerityStatus, object>();

const metrics: readonly Metric<VerityStatus, object>[] = [
  gauge(
    'dm_verity_corrupted',
    'Whether a block has not matched its hash since the table was loaded.',
    ({ corrupted }) => corrupted,
  ),
  counter(
    'dm_verity_corrected_blocks_total',
    'Blocks that error correction repaired since the table was loaded; absent without it.',
    ({ fecCorrectedBlocks }) => fecCorrectedBlocks,
  ),
];

/**
 * A read-only device checked against a tree of hashes (`drivers/md/dm-verity-target.c`). It sends no
 * events.
 */
export const verity = defineTarget({
  name: 'verity',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: ({ corrupted, fecCorrectedBlocks }) => !corrupted || fecCorrectedBlocks !== null,
  metrics,
});

/** The status of a verity device. */
export interface VerityStatus {
  /** A block has not matched its hash since the table was loaded. */
  readonly corrupted: boolean;
  /** Blocks that error correction repaired; null without it, and for kernels that do not print it. */
  readonly fecCorrectedBlocks: Count | null;
}

function readStatus(fields: Fields): VerityStatus {
  const corrupted = fields.oneOf('state', { V: false, C: true });
  const fecCorrectedBlocks = fields.left() > 0 ? fields.countOrDash('corrected blocks') : null;
  return { corrupted, fecCorrectedBlocks };
}

function readTable(fields: Fields) {
  return {
    /** 1, or 0 for the format of Chromium OS. */
    version: fields.count('version'),
    /** The device with the data. */
    dataDevice: fields.word('data device'),
    /** The device with the hashes. */
    hashDevice: fields.word('hash device'),
    /** Size of a data block in bytes. */
    dataBlockBytes: fields.count('data block size'),
    /** Size of a hash block in bytes. */
    hashBlockBytes: fields.count('hash block size'),
    /** Data blocks that are covered. */
    dataBlocks: fields.count('data blocks'),
    /** Where the hashes start, in hash blocks. */
    hashStart: fields.count('hash start'),
    /** Such as `sha256`. */
    algorithm: fields.word('algorithm'),
    /** The hash of the root, in hex; no secret. */
    rootDigest: fields.word('root digest'),
    /** In hex; null if there is none. No secret. */
    salt: saltOrNull(fields.word('salt')),
    /** The options and their values, in the kernel's order. */
    options: fields.optionalCounted('options'),
  };
}

function saltOrNull(word: string): string | null {
  return word === '-' ? null : word;
}

function summarize({ corrupted, fecCorrectedBlocks }: VerityStatus): Summary {
  if (corrupted) return { health: 'failed', text: 'corrupted' };
  if (fecCorrectedBlocks !== null && fecCorrectedBlocks !== 0)
    return { health: 'warning', text: `${plural(fecCorrectedBlocks, 'block')} corrected` };
  return { health: 'ok', text: '' };
}
