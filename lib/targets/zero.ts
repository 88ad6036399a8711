import { defineTarget } from './target.ts';

/** Reads as zeros, forgets writes (`drivers/md/dm-zero.c`). It has neither status nor table words. */
export const zero = defineTarget({
  name: 'zero',
  status: () => ({}),
  table: () => ({}),
  summary: () => ({ health: 'ok', text: '' }),
  live: () => false,
});
