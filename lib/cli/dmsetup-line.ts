import { parseCount } from '../fields.ts';
import { decode, decodeTable, type Status, type Table, targetNames } from '../targets/index.ts';
import { hideLongHex, hideWhateverMayBeKey } from '../targets/keys.ts';
import { redactTable } from '../targets/redact.ts';
import type { Summary } from '../targets/target.ts';
import type { Count } from '../units.ts';
import { summarizeSegments } from '../view/summary.ts';
import type { Line } from './lines.ts';

/** What `dmsetup` printed: its command. */
export type Command = 'status' | 'table';

/** What a line of `dmsetup status` or `dmsetup table` says; keys in it are zeros. */
export type Entry = StatusEntry | TableEntry | EmptyEntry | ForeignEntry;

interface SegmentEntry {
  readonly line: number;
  /** The device's name as `dmsetup` wrote it; null if it was asked for one device and named none. */
  readonly name: string | null;
  /** Where the segment lies, in sectors of 512 bytes. */
  readonly start: Count;
  readonly length: Count;
  /** Why the parameters are not understood; null if they are. */
  readonly problem: string | null;
}

/** A segment's status. */
export interface StatusEntry extends SegmentEntry {
  readonly kind: 'status';
  readonly status: Status;
  readonly summary: Summary;
}

/** A segment's table line. */
export interface TableEntry extends SegmentEntry {
  readonly kind: 'table';
  readonly table: Table;
}

/** A device without a table: its name is all that is printed; null in the line that there are no devices. */
export interface EmptyEntry {
  readonly kind: 'empty';
  readonly line: number;
  readonly name: string | null;
  readonly problem: null;
}

/** A line that `dmsetup` does not print. */
export interface ForeignEntry {
  readonly kind: 'foreign';
  readonly line: number;
  /** The line, at most 200 characters, long runs of hex digits as zeros. */
  readonly text: string;
  readonly problem: string;
}

/**
 * Reads one line of `dmsetup status` or `dmsetup table`, `[NAME: ]START LENGTH TARGET [PARAMETERS]`; undefined for a
 * blank one. Keys are redacted before anything else. Never throws; takes time in proportion to the line.
 */
export function readDmsetupLine({ number, text, isCut }: Line, command: Command): Entry | undefined {
  if (text.trim() === '') return undefined;
  const foreign = (problem: string): ForeignEntry => ({
    kind: 'foreign',
    line: number,
    text: hideWhateverMayBeKey(text).slice(0, 200),
    problem,
  });
  if (isCut) return foreign('the line is longer than any of dmsetup');
  const parts = split(text);
  if (parts !== undefined)
    return command === 'status' ? statusEntry(number, parts) : tableEntry(number, parts);
  if (text.trim() === 'No devices found') return { kind: 'empty', line: number, name: null, problem: null };
  const name = /^(.{1,508}): ?$/.exec(text)?.[1];
  if (name === undefined) return foreign('this is no line of "dmsetup status" or "dmsetup table"');
  return { kind: 'empty', line: number, name: hideWhateverMayBeKey(name), problem: null };
}

interface Parts {
  readonly name: string | null;
  readonly start: Count;
  readonly length: Count;
  readonly target: string;
  readonly params: string;
}

// A name may hold blanks and colons, so there may be several places where it can end. The last one that a known
// target follows is taken: what the kernel prints after it holds no such thing, while names are free.
const places = /(?:^[ \t]*|: )(?=(\d{1,20}) (\d{1,20}) (\S+))/g;
// DM_NAME_LEN without its zero, each byte as `\\xNN`. A longer one would widen its column over a thousand lines.
const longestName = 4 * 127;
const known: ReadonlySet<string> = new Set<string>(targetNames);

function split(text: string): Parts | undefined {
  let chosen: Parts | undefined;
  let isKnown = false;
  let count = 0;
  for (const match of text.matchAll(places)) {
    const [prefix, startText = '', lengthText = '', target = ''] = match;
    const start = parseCount(startText);
    const length = parseCount(lengthText);
    const isNamed = prefix.startsWith(':');
    if (
      start === undefined ||
      length === undefined ||
      (isNamed && (match.index === 0 || match.index > longestName))
    )
      continue;
    count++;
    if (chosen !== undefined && !known.has(target)) continue;
    isKnown ||= known.has(target);
    if (chosen !== undefined && !isKnown) continue;
    const end = match.index + prefix.length + startText.length + lengthText.length + target.length + 2;
    const name = isNamed ? text.slice(0, match.index) : null;
    chosen = { name, start, length, target, params: text.slice(end + 1) };
  }
  if (chosen === undefined) return undefined;
  const { name, target } = chosen;
  const params = redactTable(target, chosen.params);
  if (count === 1) return { ...chosen, params };
  // Where the line can be read in two ways, what looks like a key is none of the name's.
  return { ...chosen, name: name === null ? null : hideWhateverMayBeKey(name), params: hideLongHex(params) };
}

function statusEntry(line: number, { name, start, length, target, params }: Parts): StatusEntry {
  const context = typeof length === 'number' ? { length } : {};
  const status = decode(target, params, context);
  const segment = { start: Number(start), length: Number(length), status };
  const problem = status.type === 'unknown' ? status.problem : null;
  return {
    kind: 'status',
    line,
    name,
    start,
    length,
    status,
    summary: summarizeSegments([segment]),
    problem,
  };
}

function tableEntry(line: number, { name, start, length, target, params }: Parts): TableEntry {
  const table = decodeTable(target, params);
  return {
    kind: 'table',
    line,
    name,
    start,
    length,
    table,
    problem: table.type === 'unknown' ? table.problem : null,
  };
}
