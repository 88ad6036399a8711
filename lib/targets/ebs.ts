import { defineTarget } from './target.ts';
import { readRange } from './words.ts';

/** Emulates a smaller logical block size (`drivers/md/dm-ebs-target.c`). It has no status. */
export const ebs = defineTarget({
  name: 'ebs',
  status: () => ({}),
  table: (fields) => ({
    ...readRange(fields),
    /** The block size that is offered, in sectors. */
    emulatedBlockSectors: fields.count('emulated block size'),
    /** The block size below, in sectors; null if it is the device's own. */
    underlyingBlockSectors: fields.optionalCount('underlying block size'),
  }),
  summary: () => ({ health: 'ok', text: '' }),
  live: () => false,
});
