import type { Fields } from '../fields.ts';
import { type Count, type Usage, usage } from '../units.ts';
import { defineTarget, type Summary, warningRatio } from './target.ts';
import { thinPoolMetrics } from './thin-pool-metrics.ts';
import { type Failure, phrase, readFailure, readFlag } from './words.ts';

/**
 * The store of thin volumes (`drivers/md/dm-thin.c`, pool_status); LVM's is the device whose uuid ends in
 * `-tpool`.
 */
export const thinPool = defineTarget({
  name: 'thin-pool',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: ({ state }) => state !== 'fail',
  metrics: thinPoolMetrics,
});

/** The status of a pool whose metadata can be read. */
export interface ThinPoolOk {
  /** The metadata can be read. */
  readonly state: 'ok';
  /** LVM's own number of the last change, or another owner's. */
  readonly transactionId: Count;
  /** Metadata blocks of 4 KiB, `reserveBlocks` included. */
  readonly metadata: Usage;
  /**
   * Metadata blocks that `metadata` counts as used although they are held back: a tenth, at most 4096
   * (`dm-thin-metadata.c`, __set_metadata_reserve). Null where the kernel may hold none back, as old ones
   * do: the line ends before the low watermark, or shows less in use than the reserve.
   */
  readonly reserveBlocks: Count | null;
  /** Pool blocks; the table tells their size. */
  readonly data: Usage;
  /** The metadata block of the held metadata snapshot; null if none is held. */
  readonly heldRoot: Count | null;
  /** `rw`, `ro` (also when out of metadata space) or `out_of_data_space`. */
  readonly mode: string;
  /** What is in force: `discard_passdown`, `no_discard_passdown` or `ignore_discard`. */
  readonly discard: string;
  /** `queue_if_no_space` or `error_if_no_space`; null if this kernel does not print it. */
  readonly noSpace: string | null;
  /**
   * The metadata must be checked before the pool can be written again; null if this kernel does not print
   * it.
   */
  readonly needsCheck: boolean | null;
  /** Free metadata blocks below which an event is sent; null if this kernel does not print it. */
  readonly metadataLowWatermark: Count | null;
}

/** The status of a thin pool. */
export type ThinPoolStatus = Failure | ThinPoolOk;

function readStatus(fields: Fields): ThinPoolStatus {
  const failure = readFailure(fields);
  if (failure !== undefined) return failure;
  const transactionId = fields.count('transaction id');
  const metadata = usage(...fields.fraction('metadata blocks'));
  const data = usage(...fields.fraction('data blocks'));
  const heldRoot = fields.countOrDash('held metadata root');
  const mode = fields.word('mode');
  const discard = fields.word('discard');
  const noSpace = fields.optionalWord() ?? null;
  const needsCheck = readFlag(fields, 'needs_check');
  const metadataLowWatermark = fields.optionalCount('metadata low watermark');
  return {
    state: 'ok',
    transactionId,
    metadata,
    reserveBlocks: metadataLowWatermark === null ? null : reserveOf(metadata),
    data,
    heldRoot,
    mode,
    discard,
    noSpace,
    needsCheck,
    metadataLowWatermark,
  };
}

function reserveOf({ used, total }: Usage): Count | null {
  const reserve = Math.min(Math.floor(Number(total) / 10), 4096);
  return used < reserve ? null : reserve;
}

/** The table of a thin pool. */
export type ThinPoolTable = ReturnType<typeof readTable>;

function readTable(fields: Fields) {
  return {
    /** `major:minor` of the metadata device. */
    metadataDevice: fields.word('metadata device'),
    /** `major:minor` of the data device. */
    dataDevice: fields.word('data device'),
    /** Size of a pool block in sectors. */
    blockSectors: fields.count('block size'),
    /** Free pool blocks at which an event is sent. */
    lowWaterBlocks: fields.count('low water mark'),
    /** What was asked for; the status tells what is in force. */
    features: fields.optionalCounted('features'),
  };
}

function summarize(status: ThinPoolStatus): Summary {
  if (status.state === 'fail') return { health: 'failed', text: 'failed: the metadata needs repair' };
  if (status.state === 'error') return { health: 'warning', text: 'metadata could not be read' };
  const { data, metadata, mode, needsCheck } = status;
  const bar = { ratio: data.ratio, percent: data.percent };
  const broken = brokenModes.get(mode) ?? '';
  const check = needsCheck === true ? 'needs check' : '';
  const isMetadataHigh = metadata.ratio >= warningRatio;
  const isMetadataWorse = metadata.ratio > data.ratio;
  const metadataText = isMetadataHigh || isMetadataWorse ? `metadata ${metadata.percent}%` : '';
  if (broken !== '') return { health: 'failed', text: phrase(broken, check, metadataText), bar };
  const full = data.ratio >= warningRatio ? 'nearly full' : '';
  const text = phrase(check, full, metadataText);
  return { health: check !== '' || full !== '' || isMetadataHigh ? 'warning' : 'ok', text, bar };
}

const brokenModes: ReadonlyMap<string, string> = new Map([
  ['out_of_data_space', 'out of data space'],
  ['ro', 'read-only'],
]);
