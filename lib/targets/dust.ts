import type { Fields } from '../fields.ts';
import { defineTarget, type Summary } from './target.ts';
import { readRange } from './words.ts';

/** Fails reads of chosen blocks, for tests (`drivers/md/dm-dust.c`, dust_status). */
export const dust = defineTarget({
  name: 'dust',
  status: readStatus,
  table: readTable,
  summary: summarize,
  // Only a message to it changes the mode.
  live: () => false,
});

/** The status of a dust. */
export interface DustStatus {
  /** `major:minor` of the device below. */
  readonly device: string;
  /** `fail_read_on_bad_block` or `bypass`. */
  readonly mode: string;
  /** `quiet` or `verbose`; null if this kernel does not print it. */
  readonly verbosity: string | null;
}

function readStatus(fields: Fields): DustStatus {
  return {
    device: fields.word('device'),
    mode: fields.word('mode'),
    verbosity: fields.optionalWord() ?? null,
  };
}

function readTable(fields: Fields) {
  return {
    ...readRange(fields),
    /** Size of a block in bytes. */
    blockBytes: fields.count('block size'),
  };
}

function summarize({ mode }: DustStatus): Summary {
  return { health: 'ok', text: mode === 'fail_read_on_bad_block' ? 'fails reads of bad blocks' : '' };
}
