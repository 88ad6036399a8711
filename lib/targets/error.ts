import { bytesOf, metricsOf } from './metric.ts';
import { defineTarget } from './target.ts';

const { gauge } = metricsOf<object, object>();

/**
 * Fails every I/O (`drivers/md/dm-target.c`): what LVM puts where a disk is missing. It has neither status
 * nor table words.
 */
export const error = defineTarget({
  name: 'error',
  status: () => ({}),
  table: () => ({}),
  summary: () => ({ health: 'failed', text: 'every I/O fails' }),
  live: () => false,
  metrics: [
    gauge(
      'dm_error_size_bytes',
      'Part of the device that fails every I/O, as where a disk is missing.',
      (_, place) => bytesOf(place.sectors),
    ),
  ],
});
