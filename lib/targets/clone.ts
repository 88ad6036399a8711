import type { Fields } from '../fields.ts';
import { type Count, type Usage, usage } from '../units.ts';
import { blocksToBytes, bytesOf, type Metric, metricsOf, metricsOfOk, unknownState } from './metric.ts';
import { defineTarget, type Summary, warningRatio } from './target.ts';
import { type Failure, pairs, phrase, readFailure } from './words.ts';

const { gauge } = metricsOfOk<CloneStatus, object>();
const { stateset } = metricsOf<CloneStatus, object>();

const metrics: readonly Metric<CloneStatus, object>[] = [
  gauge(
    'dm_clone_hydrated_regions',
    'Regions that are on the destination.',
    ({ hydration }) => hydration.used,
  ),
  gauge('dm_clone_regions', 'Regions of the clone.', ({ hydration }) => hydration.total),
  gauge('dm_clone_region_size_bytes', 'Size of a region.', ({ regionSectors }) => bytesOf(regionSectors)),
  gauge(
    'dm_clone_hydrating_regions',
    'Regions that are being copied now.',
    ({ hydratingRegions }) => hydratingRegions,
  ),
  gauge('dm_clone_metadata_used_bytes', 'Metadata in use.', ({ metadata, metadataBlockSectors }) =>
    blocksToBytes(metadata.used, bytesOf(metadataBlockSectors)),
  ),
  gauge('dm_clone_metadata_size_bytes', 'Space for metadata.', ({ metadata, metadataBlockSectors }) =>
    blocksToBytes(metadata.total, bytesOf(metadataBlockSectors)),
  ),
  stateset(
    'dm_clone_metadata_mode',
    'rw, ro; fail: the metadata is unusable; error: it could not be read.',
    ['rw', 'ro', 'fail', 'error', unknownState],
    (status) => (status.state === 'ok' ? status.mode.toLowerCase() : status.state),
  ),
];

/**
 * A copy in the making of a read-only device, usable at once (`drivers/md/dm-clone-target.c`,
 * clone_status).
 */
export const clone = defineTarget({
  name: 'clone',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: isHydrating,
  metrics,
});

/** The status of a clone whose metadata can be read. */
export interface CloneOk {
  /** The metadata can be read. */
  readonly state: 'ok';
  /** Size of a metadata block in sectors: always 8. */
  readonly metadataBlockSectors: Count;
  /** Metadata blocks. */
  readonly metadata: Usage;
  /** Size of a region in sectors. */
  readonly regionSectors: Count;
  /** Regions that are on the destination. */
  readonly hydration: Usage;
  /** Regions being copied now. */
  readonly hydratingRegions: Count;
  /** `no_hydration`, `no_discard_passdown`. */
  readonly features: readonly string[];
  /** `hydration_threshold` and `hydration_batch_size`, both in regions. */
  readonly coreArguments: Readonly<Record<string, string>>;
  /** `rw`, `ro` or `Fail`, of the metadata. */
  readonly mode: string;
}

/** The status of a clone. */
export type CloneStatus = Failure | CloneOk;

function readStatus(fields: Fields): CloneStatus {
  const failure = readFailure(fields);
  if (failure !== undefined) return failure;
  return {
    state: 'ok',
    metadataBlockSectors: fields.count('metadata block size'),
    metadata: usage(...fields.fraction('metadata blocks')),
    regionSectors: fields.count('region size'),
    hydration: usage(...fields.fraction('hydrated regions')),
    hydratingRegions: fields.count('regions being hydrated'),
    features: fields.counted('features'),
    coreArguments: pairs(fields.counted('core arguments')),
    mode: fields.word('mode'),
  };
}

function readTable(fields: Fields) {
  return {
    /** `major:minor` of the metadata device. */
    metadataDevice: fields.word('metadata device'),
    /** `major:minor` of the copy. */
    destinationDevice: fields.word('destination device'),
    /** `major:minor` of what is copied. */
    sourceDevice: fields.word('source device'),
    /** Size of a region in sectors. */
    regionSectors: fields.count('region size'),
    /** `no_hydration`, `no_discard_passdown`, in the loader's own words. */
    features: fields.optionalCounted('features'),
    /** `hydration_threshold` and `hydration_batch_size`, if the loader gave them. */
    coreArguments: pairs(fields.optionalCounted('core arguments')),
  };
}

function isHydrating(status: CloneStatus): boolean {
  if (status.state !== 'ok') return status.state === 'error';
  const isDone = status.hydration.used === status.hydration.total && status.hydratingRegions === 0;
  return status.mode !== 'Fail' && !isDone;
}

function summarize(status: CloneStatus): Summary {
  if (status.state === 'fail') return { health: 'failed', text: 'failed: the metadata needs repair' };
  if (status.state === 'error') return { health: 'warning', text: 'metadata could not be read' };
  const { features, hydration, metadata, mode } = status;
  const bar = { ratio: hydration.ratio, percent: hydration.percent };
  if (mode === 'Fail') return { health: 'failed', text: 'failed: the metadata needs repair', bar };
  const progress =
    hydration.ratio >= 1 ? 'hydrated' : features.includes('no_hydration') ? 'paused' : 'hydrating';
  const high = metadata.ratio >= warningRatio ? `metadata ${metadata.percent}%` : '';
  const wrong = phrase(mode === 'ro' ? 'metadata read-only' : '', high);
  if (wrong !== '') return { health: 'warning', text: phrase(wrong, progress), bar };
  return { health: progress === 'hydrating' ? 'busy' : 'ok', text: progress, bar };
}
