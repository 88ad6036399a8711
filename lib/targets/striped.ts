import type { Fields } from '../fields.ts';
import { type Metric, metricsOf, unknownState } from './metric.ts';
import { defineTarget, type Summary } from './target.ts';
import { readRange } from './words.ts';

const { statesetOfEach } = metricsOf<StripedStatus, object>();

const metrics: readonly Metric<StripedStatus, object>[] = [
  statesetOfEach(
    'dm_striped_leg_state',
    'State of each stripe; error: at least one I/O failed since the table was loaded.',
    ['leg', 'backing'],
    ['alive', 'error', unknownState],
    ({ stripes }, { backing }) =>
      stripes.map(({ device, health }, index) => ({
        labels: { leg: String(index), backing: backing(device) },
        state: health,
      })),
  ),
];

/**
 * Data spread over several devices in chunks, without redundancy (`drivers/md/dm-stripe.c`, stripe_status).
 */
export const striped = defineTarget({
  name: 'striped',
  status: readStatus,
  table: readTable,
  summary: summarize,
  // An error sends an event, up to the 15th of a stripe.
  live: () => false,
  metrics,
});

/** One stripe and what it has seen. */
export interface Stripe {
  /** `major:minor` of the device below. */
  readonly device: string;
  /** `error`: at least one I/O failed since the table was loaded; it stays so until the next load. */
  readonly health: 'alive' | 'error' | 'unknown';
}

/** The status of a striped device. */
export interface StripedStatus {
  /** The stripes, in the table's order. */
  readonly stripes: readonly Stripe[];
}

function readStatus(fields: Fields): StripedStatus {
  const devices = fields.counted('stripes');
  const letters = fields.counted('health words')[0] ?? '';
  if (letters.length !== devices.length)
    fields.fail(`there are ${letters.length} health letters for ${devices.length} stripes`);
  return {
    stripes: devices.map((device, index) => ({
      device,
      health: healthOf[letters[index] ?? ''] ?? 'unknown',
    })),
  };
}

const healthOf: Readonly<Record<string, Stripe['health']>> = { A: 'alive', D: 'error' };

function readTable(fields: Fields) {
  const count = fields.integer('number of stripes');
  return {
    /** Sectors that go to one device before the next one's turn. */
    chunkSectors: fields.count('chunk size'),
    /** The devices in turn. */
    stripes: fields.list('stripes', count, () => readRange(fields)),
  };
}

function summarize(status: StripedStatus): Summary {
  const bad = status.stripes.flatMap((stripe, index) => (stripe.health === 'error' ? [index] : []));
  if (bad.length === 0) return { health: 'ok', text: '' };
  return { health: 'warning', text: `I/O errors on stripe ${bad.join(' and ')}` };
}
