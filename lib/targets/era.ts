import type { Fields } from '../fields.ts';
import { type Count, type Usage, usage } from '../units.ts';
import { blocksToBytes, bytesOf, type Metric, metricsOfOk } from './metric.ts';
import { defineTarget, type Summary, warningRatio } from './target.ts';

const { gauge } = metricsOfOk<EraStatus, object>();

const metrics: readonly Metric<EraStatus, object>[] = [
  gauge('dm_era_current', 'The current era.', ({ era }) => era),
  gauge('dm_era_metadata_used_bytes', 'Metadata in use.', ({ metadata, metadataBlockSectors }) =>
    blocksToBytes(metadata.used, bytesOf(metadataBlockSectors)),
  ),
  gauge('dm_era_metadata_size_bytes', 'Space for metadata.', ({ metadata, metadataBlockSectors }) =>
    blocksToBytes(metadata.total, bytesOf(metadataBlockSectors)),
  ),
];

/**
 * Remembers which blocks were written in which era (`drivers/md/dm-era-target.c`, era_status). It sends no
 * events.
 */
export const era = defineTarget({
  name: 'era',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: () => true,
  metrics,
});

/** The status of an era device. */
export type EraStatus =
  | {
      /** The metadata could not be read, this time. */
      readonly state: 'error';
    }
  | {
      /** The metadata can be read. */
      readonly state: 'ok';
      /** Size of a metadata block in sectors: always 8. */
      readonly metadataBlockSectors: Count;
      /** Metadata blocks. */
      readonly metadata: Usage;
      /** The current era. */
      readonly era: Count;
      /** The metadata block of the held metadata snapshot; null if none is held. */
      readonly heldRoot: Count | null;
    };

function readStatus(fields: Fields): EraStatus {
  if (fields.peek() === 'Error') return { state: 'error' };
  return {
    state: 'ok',
    metadataBlockSectors: fields.count('metadata block size'),
    metadata: usage(...fields.fraction('metadata blocks')),
    era: fields.count('era'),
    heldRoot: fields.countOrDash('held metadata root'),
  };
}

function readTable(fields: Fields) {
  return {
    /** `major:minor` of the metadata device. */
    metadataDevice: fields.word('metadata device'),
    /** `major:minor` of the device with the data. */
    originDevice: fields.word('origin device'),
    /** Size of a block in sectors. */
    blockSectors: fields.count('block size'),
  };
}

function summarize(status: EraStatus): Summary {
  if (status.state === 'error') return { health: 'warning', text: 'metadata could not be read' };
  if (status.metadata.ratio < warningRatio) return { health: 'ok', text: '' };
  return { health: 'warning', text: `metadata ${status.metadata.percent}%` };
}
