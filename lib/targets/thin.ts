import type { Fields } from '../fields.ts';
import { type Count, type Usage, usage, usageShownAs } from '../units.ts';
import { bytesOf, type Metric, metricsOf, metricsOfOk, type Place } from './metric.ts';
import { type DecodeContext, defineTarget, type Summary } from './target.ts';
import { type Failure, readFailure } from './words.ts';

const { gaugeOfEach } = metricsOfOk<ThinStatus, ThinTable>();
const { stateset } = metricsOf<ThinStatus, ThinTable>();

const metrics: readonly Metric<ThinStatus, ThinTable>[] = [
  gaugeOfEach(
    'dm_thin_mapped_bytes',
    'Space mapped in the pool, blocks shared with snapshots included. High is nothing bad.',
    ['pool'],
    ({ mappedSectors }, place) => [{ labels: poolOf(place), value: bytesOf(mappedSectors) }],
  ),
  gaugeOfEach(
    'dm_thin_highest_mapped_bytes',
    'Where the last mapped block of the volume ends; absent if nothing is mapped.',
    ['pool'],
    ({ highestMappedSector }, place) => [
      {
        labels: poolOf(place),
        value: bytesOf(highestMappedSector === null ? null : plusOne(highestMappedSector)),
      },
    ],
  ),
  stateset(
    'dm_thin_state',
    'ok; fail: failed with its pool; error: the metadata could not be read; unopened: not bound to its pool.',
    ['ok', 'fail', 'error', 'unopened'],
    ({ state }) => state,
  ),
];

/** A thin volume (`drivers/md/dm-thin.c`, thin_status). It sends no events: its pool does. */
export const thin = defineTarget({
  name: 'thin',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: ({ state }) => state === 'ok' || state === 'error',
  metrics,
});

/** The status of a thin volume. */
export type ThinStatus =
  | Failure
  | {
      /** The kernel's `-`: the volume is not bound to its pool's metadata. */
      readonly state: 'unopened';
    }
  | {
      /** The pool's metadata can be read. */
      readonly state: 'ok';
      /**
       * Sectors mapped, those shared with snapshots included; can exceed the volume, as whole blocks are
       * mapped.
       */
      readonly mappedSectors: Count;
      /** The last mapped sector of the volume, inclusive; null if nothing is mapped. */
      readonly highestMappedSector: Count | null;
      /**
       * Sectors mapped of the volume's size in whole pool blocks; null if the volume's length was not
       * given.
       */
      readonly fill: Usage | null;
    };

function readStatus(fields: Fields, context: DecodeContext): ThinStatus {
  const failure = readFailure(fields);
  if (failure !== undefined) return failure;
  if (fields.peek() === '-') return { state: 'unopened' };
  const mappedSectors = fields.count('mapped sectors');
  const highestMappedSector = fields.countOrDash('highest mapped sector');
  return { state: 'ok', mappedSectors, highestMappedSector, fill: fillOf(mappedSectors, context) };
}

// lib/metadata/lv.c rounds the size up to pool blocks, and shows no more than 100 %.
function fillOf(mapped: Count, { length, poolBlockSectors = 1 }: DecodeContext): Usage | null {
  if (length === undefined) return null;
  const total = Math.ceil(length / poolBlockSectors) * poolBlockSectors;
  if (!Number.isSafeInteger(total) || total <= 0) return null;
  return mapped > total ? usageShownAs(mapped, total, total, total) : usage(mapped, total);
}

/** The table of a thin volume. */
export type ThinTable = ReturnType<typeof readTable>;

function readTable(fields: Fields) {
  // thin_status prints both words for the table as for the status.
  const word = fields.peek();
  const isUnopened = word === '-' || word === 'Fail';
  if (isUnopened) fields.word('state');
  return {
    /** `major:minor` of the pool; null if the volume is not bound to it, or the pool has failed. */
    pool: isUnopened ? null : fields.word('pool device'),
    /** The volume's number in the pool; null as above. */
    deviceId: isUnopened ? null : fields.count('device id'),
    /** `major:minor` of the external origin; null if there is none. */
    externalOrigin: isUnopened ? null : (fields.optionalWord() ?? null),
  };
}

function poolOf({ table, name }: Place<ThinTable>): Readonly<Record<string, string>> {
  return { pool: table === undefined || table.pool === null ? '' : name(table.pool) };
}

function plusOne(sector: Count): Count {
  return typeof sector === 'number' ? sector + 1 : sector + 1n;
}

function summarize(status: ThinStatus): Summary {
  switch (status.state) {
    case 'ok': {
      if (status.fill === null) return { health: 'ok', text: '' };
      const { ratio, percent } = status.fill;
      return { health: 'ok', text: '', bar: { ratio, percent } };
    }
    case 'fail':
      return { health: 'failed', text: 'failed with its pool' };
    case 'error':
      return { health: 'warning', text: 'metadata could not be read' };
    case 'unopened':
      return { health: 'warning', text: 'not bound to its pool' };
  }
}
