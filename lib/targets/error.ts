import { defineTarget } from './target.ts';

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
});
