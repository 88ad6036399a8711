import { readCryptTable } from './crypt.ts';
import { defineTarget } from './target.ts';

/** Encryption by the disk's own controller; the table holds the key as crypt's does. It has no status. */
export const inlinecrypt = defineTarget({
  name: 'inlinecrypt',
  status: () => ({}),
  table: readCryptTable,
  summary: () => ({ health: 'ok', text: '' }),
  live: () => false,
});
