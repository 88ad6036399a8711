import { defineTarget } from './target.ts';
import { readRange } from './words.ts';

/**
 * A range of another device, unchanged: plain LVM volumes and most inner layers (`drivers/md/dm-linear.c`).
 */
export const linear = defineTarget({
  name: 'linear',
  status: () => ({}),
  table: readRange,
  summary: () => ({ health: 'ok', text: '' }),
  live: () => false,
});
