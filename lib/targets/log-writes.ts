import type { Fields } from '../fields.ts';
import type { Count } from '../units.ts';
import { defineTarget, type Summary } from './target.ts';

/**
 * Writes a log of all writes, for tests of file systems (`drivers/md/dm-log-writes.c`, log_writes_status).
 */
export const logWrites = defineTarget({
  name: 'log-writes',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: ({ loggingDisabled }) => !loggingDisabled,
});

/** The status of a log of writes. */
export interface LogWritesStatus {
  /** Entries in the log. */
  readonly loggedEntries: Count;
  /** The highest sector of the log device in use. */
  readonly highestSector: Count;
  /** Logging has stopped: the log device failed or is full. */
  readonly loggingDisabled: boolean;
}

function readStatus(fields: Fields): LogWritesStatus {
  const loggedEntries = fields.count('logged entries');
  const highestSector = fields.count('highest sector');
  const loggingDisabled = fields.left() > 0 && fields.oneOf('state', { logging_disabled: true });
  return { loggedEntries, highestSector, loggingDisabled };
}

function readTable(fields: Fields) {
  return {
    /** `major:minor` of the device below. */
    device: fields.word('device'),
    /** `major:minor` of the log. */
    logDevice: fields.word('log device'),
  };
}

function summarize({ loggingDisabled }: LogWritesStatus): Summary {
  return loggingDisabled ? { health: 'warning', text: 'logging disabled' } : { health: 'ok', text: '' };
}
