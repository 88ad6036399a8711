import type { Fields } from '../fields.ts';
import { defineTarget } from './target.ts';
import { readRange } from './words.ts';

/** Sends each region to one of several paths by a map (`drivers/md/dm-switch.c`). It has no status. */
export const switchTarget = defineTarget({
  name: 'switch',
  status: () => ({}),
  table: readTable,
  summary: () => ({ health: 'ok', text: '' }),
  live: () => false,
});

function readTable(fields: Fields) {
  const count = fields.integer('number of paths');
  return {
    /** Size of a region in sectors. */
    regionSectors: fields.count('region size'),
    /** No known kernel has any. */
    options: fields.counted('optional arguments'),
    /** The paths. */
    paths: fields.list('paths', count, () => readRange(fields)),
  };
}
