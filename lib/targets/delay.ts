import type { Fields } from '../fields.ts';
import type { Count } from '../units.ts';
import { defineTarget, type Summary } from './target.ts';
import { plural, type Range, readRange } from './words.ts';

/** Delays I/O, for tests (`drivers/md/dm-delay.c`, delay_status). */
export const delay = defineTarget({
  name: 'delay',
  status: readStatus,
  table: readTable,
  summary: summarize,
  // I/Os in flight, which come and go in milliseconds: a look a second would say nothing of them.
  live: () => false,
});

/** The status of a delay: I/Os that are being delayed now, not totals. */
export interface DelayStatus {
  /** Reads being delayed now. */
  readonly readOps: Count;
  /** Writes being delayed now. */
  readonly writeOps: Count;
  /** Flushes being delayed now; null if this kernel does not print it. */
  readonly flushOps: Count | null;
}

function readStatus(fields: Fields): DelayStatus {
  return {
    readOps: fields.count('delayed reads'),
    writeOps: fields.count('delayed writes'),
    flushOps: fields.optionalCount('delayed flushes'),
  };
}

/** Where one class of I/O goes, and how late. */
export interface DelayClass extends Range {
  /** In milliseconds. */
  readonly delayMs: Count;
}

function readTable(fields: Fields) {
  return {
    /** Where reads go, and how late; all I/O if `write` is null. */
    read: readClass(fields),
    /** Where writes go; null if the table says nothing of them. */
    write: fields.left() > 0 ? readClass(fields) : null,
    /** Where flushes go; null if the table says nothing of them: they go as writes. */
    flush: fields.left() > 0 ? readClass(fields) : null,
  };
}

function readClass(fields: Fields): DelayClass {
  return { ...readRange(fields), delayMs: fields.count('delay') };
}

function summarize({ readOps, writeOps, flushOps }: DelayStatus): Summary {
  const total = BigInt(readOps) + BigInt(writeOps) + BigInt(flushOps ?? 0);
  return { health: 'ok', text: total === 0n ? '' : `${plural(Number(total), 'I/O')} delayed` };
}
