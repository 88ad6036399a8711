import type { LogEntry, LvmObject } from './log.ts';
import { isNoise } from './noise.ts';
import type { LvmReason } from './reasons.ts';
import { causes, hints, type Rule } from './rules.ts';

/** How many extents are missing. */
export interface Shortage {
  /** How many the command needs; `null` if lvm says only how many more. */
  readonly needed: number | null;
  /** How many are free where it may use them; `null` if lvm says only how many more. */
  readonly available: number | null;
  /** How many more there have to be. */
  readonly missing: number;
}

/** What the text of a failure says. */
export interface Finding {
  readonly reason: LvmReason;
  /** The line that says so, as lvm wrote it. */
  readonly text: string;
  /** Whether that is the cause itself, not something that follows from one. */
  readonly isCause: boolean;
  /** What it names, or what lvm was at. */
  readonly object: LvmObject | null;
  /** Numbers of extents; `null` if lvm names none. */
  readonly space: Shortage | null;
}

/**
 * Finds why lvm failed in what it said: in the errors of the command log, then in its standard error, then in warnings.
 * A line that names the cause goes before one that only follows from it; `null` if no line is known. Never throws, and
 * takes time in proportion to the text.
 */
export function classify(entries: readonly LogEntry[], lines: readonly string[]): Finding | null {
  const said = candidates(entries, lines);
  return findFirst(said, causes, true) ?? findFirst(said, hints, false);
}

/** A line with what lvm was at when it said it. */
interface Said {
  readonly text: string;
  readonly object: LvmObject | null;
}

// More than any failure that was seen has, and bounds the work for a text of any size.
const mostLines = 1000;
const longestLine = 2000;

function candidates(entries: readonly LogEntry[], lines: readonly string[]): readonly Said[] {
  const said = new Map<string, Said>();
  const add = (text: string, object: LvmObject | null): void => {
    const line = text.slice(0, longestLine).trim();
    if (line !== '' && !said.has(line) && !isNoise(line)) said.set(line, { text: line, object });
  };
  const addAll = (wanted: string): void => {
    for (const { type, message, object } of entries)
      if (type === wanted) for (const line of message.split('\n')) add(line, object);
  };
  addAll('error');
  for (const line of lines) add(line, null);
  addAll('warn');
  const all = [...said.values()];
  // The help that lvm prints for a wrong field is in front of the error.
  return all.length <= mostLines ? all : [...all.slice(0, mostLines / 2), ...all.slice(-mostLines / 2)];
}

function findFirst(said: readonly Said[], rules: readonly Rule[], isCause: boolean): Finding | null {
  for (const { text, object } of said)
    for (const [reason, pattern] of rules) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const groups = match.groups ?? {};
      return { reason, text, isCause, object: objectOf(groups) ?? object, space: spaceOf(groups) };
    }
  return null;
}

type Groups = Readonly<Record<string, string | undefined>>;

function objectOf(groups: Groups): LvmObject | null {
  const { lv, vg, pv } = groups;
  const group = vg ?? null;
  if (lv) {
    const [first = '', name] = lv.split('/');
    return name === undefined ? { type: 'lv', name: first, group } : { type: 'lv', name, group: first };
  }
  if (pv) return { type: 'pv', name: pv, group };
  if (vg) return { type: 'vg', name: vg, group: null };
  for (const type of ['device', 'segtype', 'module']) {
    const name = groups[type];
    if (name) return { type, name, group: null };
  }
  return null;
}

function spaceOf({ needed, available, missing }: Groups): Shortage | null {
  if (missing !== undefined) return { needed: null, available: null, missing: Number(missing) };
  if (needed === undefined || available === undefined) return null;
  return {
    needed: Number(needed),
    available: Number(available),
    missing: Math.max(0, Number(needed) - Number(available)),
  };
}
