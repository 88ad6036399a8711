import { defineTarget } from './target.ts';

/** A volume that has thick snapshots (`drivers/md/dm-snap.c`, origin_status). */
export const snapshotOrigin = defineTarget({
  name: 'snapshot-origin',
  status: () => ({}),
  table: (fields) => ({
    /** `major:minor` of the hidden original. */
    device: fields.word('device'),
  }),
  summary: () => ({ health: 'ok', text: '' }),
  live: () => false,
});
