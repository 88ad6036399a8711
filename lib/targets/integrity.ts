import type { Fields } from '../fields.ts';
import { type Count, type Usage, usage } from '../units.ts';
import { hideOptionKey } from './keys.ts';
import { bytesOf, type Metric, metricsOf } from './metric.ts';
import { defineTarget, type Summary } from './target.ts';
import { phrase } from './words.ts';

const { counter, gauge } = metricsOf<IntegrityStatus, object>();

const metrics: readonly Metric<IntegrityStatus, object>[] = [
  counter(
    'dm_integrity_mismatches_total',
    'Checksums that did not match since the table was loaded.',
    ({ mismatches }) => mismatches,
  ),
  gauge('dm_integrity_provided_bytes', 'Data that the device provides.', ({ providedDataSectors }) =>
    bytesOf(providedDataSectors),
  ),
  gauge(
    'dm_integrity_recalculated_bytes',
    'Up to where checksums have been recalculated; absent if none are being recalculated.',
    ({ recalcSector }) => bytesOf(recalcSector),
  ),
];

/** A checksum with every sector (`drivers/md/dm-integrity.c`, dm_integrity_status). It sends no events. */
export const integrity = defineTarget({
  name: 'integrity',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: () => true,
  metrics,
});

/** The status of an integrity device. */
export interface IntegrityStatus {
  /** Checksums that did not match since the table was loaded. */
  readonly mismatches: Count;
  /** Sectors of data the device provides; null if this kernel does not print it. */
  readonly providedDataSectors: Count | null;
  /** Up to which sector checksums have been recalculated; null if nothing is being recalculated. */
  readonly recalcSector: Count | null;
  /**
   * Sectors recalculated, which `lvs` shows as Cpy%Sync; null, as it shows nothing, when none is or at
   * sector 0.
   */
  readonly recalc: Usage | null;
}

function readStatus(fields: Fields): IntegrityStatus {
  const mismatches = fields.count('mismatches');
  const providedDataSectors = fields.optionalCount('provided data sectors');
  const recalcSector = fields.left() > 0 ? fields.countOrDash('recalculation sector') : null;
  const isShown = providedDataSectors !== null && recalcSector !== null && recalcSector !== 0;
  return {
    mismatches,
    providedDataSectors,
    recalcSector,
    recalc: isShown ? usage(recalcSector, providedDataSectors) : null,
  };
}

function readTable(fields: Fields) {
  return {
    /** `major:minor` of the device below. */
    device: fields.word('device'),
    /** Where the superblock is, in sectors. */
    reservedSectors: fields.count('reserved sectors'),
    /** Bytes of checksum for each block; null for the kernel's `-`, the size that the algorithm gives. */
    tagBytes: fields.countOrDash('tag size'),
    /** `J` journal, `B` bitmap, `D` direct, `R` recovery, `I` inline. */
    mode: fields.word('mode'),
    /** The options in the kernel's order; the digits of a key among them are all `0`. */
    options: fields.optionalCounted('options').map(hideOptionKey),
  };
}

function summarize({ mismatches, providedDataSectors, recalcSector, recalc }: IntegrityStatus): Summary {
  const isRunning = recalcSector !== null && recalcSector !== providedDataSectors;
  const running = isRunning ? 'recalculating' : '';
  const bar = isRunning && recalc !== null ? { bar: { ratio: recalc.ratio, percent: recalc.percent } } : {};
  if (mismatches !== 0)
    return {
      health: 'warning',
      text: phrase(mismatches === 1 ? '1 mismatch' : `${mismatches} mismatches`, running),
      ...bar,
    };
  return { health: isRunning ? 'busy' : 'ok', text: running, ...bar };
}
