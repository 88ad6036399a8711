import { defineTarget } from './target.ts';
import { readRange } from './words.ts';

/** One stripe of a striped device as a device of its own (`drivers/md/dm-unstripe.c`). It has no status. */
export const unstriped = defineTarget({
  name: 'unstriped',
  status: () => ({}),
  table: (fields) => ({
    /** How many stripes the device below has. */
    stripeCount: fields.count('number of stripes'),
    /** Sectors of a chunk. */
    chunkSectors: fields.count('chunk size'),
    /** Which stripe this is, counted from 0. */
    stripe: fields.count('stripe'),
    ...readRange(fields),
  }),
  summary: () => ({ health: 'ok', text: '' }),
  live: () => false,
});
