import { defineTarget } from './target.ts';

/** Fails I/O at intervals, for tests (`drivers/md/dm-flakey.c`). It has no status. */
export const flakey = defineTarget({
  name: 'flakey',
  status: () => ({}),
  table: (fields) => ({
    /** `major:minor` of the device below. */
    device: fields.word('device'),
    /** Where in it this segment starts, in sectors. */
    start: fields.count('start sector'),
    /** Seconds for which it works. */
    upSeconds: fields.count('up interval'),
    /** Seconds for which it then fails. */
    downSeconds: fields.count('down interval'),
    /**
     * `error_reads`, `drop_writes`, `corrupt_bio_byte` and its four words, and so on, in the kernel's
     * order.
     */
    features: fields.optionalCounted('features'),
  }),
  summary: () => ({ health: 'ok', text: '' }),
  live: () => false,
});
