/** A column of a report: which of lvm's fields it reads, and what that field's text means. */
export interface Column<T> {
  /** LVM's name of the field, as in `-o`. */
  readonly field: string;
  /** The value of a report that lacks the field, as those of other versions of lvm do. */
  readonly absent: T;
  /** Every report has to have it, in this form; without it the report is not whole. */
  readonly required: boolean;
  /** What the text says; `undefined` if it is not of this kind. */
  readonly parse: (text: string) => T | undefined;
}

/** A place that something stands on: `/dev/sdb(25)`, or `home_rimage_0(0)` with the LV's name. */
export interface Extent {
  /** Device path or LV name; null for a PV whose device is missing. */
  readonly name: string | null;
  /** The first extent used there. */
  readonly extent: number;
}

/** A run of extents of a PV or LV, both ends included: `/dev/sdb:0-24`. */
export interface ExtentRange {
  /** Device path or LV name; null for a PV whose device is missing. */
  readonly name: string | null;
  readonly first: number;
  readonly last: number;
}

/** Text that is always there: an attribute string, a segment type. */
export function word(field: string): Column<string> {
  return { field, absent: '', required: true, parse: (text) => text };
}

/** Text that some reports lack; `''` then. */
export function optionalWord(field: string): Column<string> {
  return { ...word(field), required: false };
}

/** Text, null where lvm says nothing. */
export function text(field: string): Column<string | null> {
  return optional(field, (found) => found);
}

/** The name of an LV, without the brackets that mark a hidden one. */
export function lvName(field: string): Column<string> {
  return { field, absent: '', required: true, parse: withoutBrackets };
}

/** The name of another LV, without brackets; null if there is none. */
export function lvReference(field: string): Column<string | null> {
  return optional(field, withoutBrackets);
}

/** Whether lvm wrote the name in brackets, which it does for LVs of internal use. */
export function isHidden(field: string): Column<boolean> {
  return { field, absent: false, required: false, parse: (found) => withoutBrackets(found) !== found };
}

/** Path of a PV's device; null if the device is missing, which lvm writes as `[unknown]`. */
export function pvName(field: string): Column<string | null> {
  return optional(field, devicePath);
}

/** Bytes, always there. */
export function bytes(field: string): Column<bigint> {
  return { field, absent: 0n, required: true, parse: toBytes };
}

/** Bytes; null where they make no sense, or lvm does not know them. */
export function bytesIfAny(field: string): Column<bigint | null> {
  return optional(field, (found) => (found === '-1' ? null : toBytes(found)));
}

/** Bytes, or `auto` where the kernel is to choose. */
export function readAhead(field: string): Column<bigint | 'auto' | null> {
  return optional(field, (found) =>
    found === 'auto' || found === '-1' ? nullUnless(found) : toBytes(found),
  );
}

/** A number, always there. */
export function count(field: string): Column<number> {
  return { field, absent: 0, required: true, parse: toInteger };
}

/** A number; null where it makes no sense, or lvm does not know it, which it writes as nothing or as -1. */
export function countIfAny(field: string): Column<number | null> {
  return optional(field, (found) => (found === '-1' ? null : toInteger(found)));
}

/** A number of metadata copies, or `unmanaged`. */
export function copies(field: string): Column<number | 'unmanaged' | null> {
  return optional(field, (found) => (found === 'unmanaged' ? found : toInteger(found)));
}

/** A percentage, 0 to 100, with two decimals; an overfull snapshot has more than 100. Null where there is none. */
export function percent(field: string): Column<number | null> {
  return optional(field, (found) => (/^\d{1,9}(?:\.\d{1,9})?$/.test(found) ? Number(found) : undefined));
}

/** Yes, no, or null: lvm does not know, or it makes no sense. As numbers (`--binary`) or as text. */
export function flag(field: string): Column<boolean | null> {
  return optional(field, (found) => flags.get(found));
}

/** Whether an LV is active: a word up to lvm 2.03.16 at least, a flag in later versions. */
export function activity(field: string): Column<boolean | null> {
  return { field, absent: null, required: false, parse: (found) => activities.get(found) };
}

/** A time, to the second; null if lvm does not know it. */
export function time(field: string): Column<Date | null> {
  return optional(field, (found) => {
    const isEpoch = /^\d{1,12}$/.test(found);
    // strftime's "%Y-%m-%d %T %z", lvm's default, where the configuration says nothing else.
    const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)$/.exec(found);
    if (!isEpoch && match === null) return undefined;
    const date = new Date(
      isEpoch ? Number(found) * 1000 : `${match?.[1]}T${match?.[2]}${match?.[3]}:${match?.[4]}`,
    );
    return Number.isNaN(date.getTime()) ? undefined : date;
  });
}

/** A list of words: tags, layouts, modules, settings. */
export function list(field: string): Column<readonly string[]> {
  return listOf(field, splitList);
}

/** A list of LV names, without brackets. */
export function lvNames(field: string): Column<readonly string[]> {
  return listOf(field, (found) => splitList(found).map(withoutBrackets));
}

/** Where the data or metadata of a segment begins, on each PV or LV below it. */
export function extents(field: string): Column<readonly Extent[]> {
  return listOf(field, (found) =>
    // A device path may hold commas: what ends a place is its number.
    pieces(found, /\((\d+)\)(?:[,;]|$)/g, (name, [, extent]) => ({ name, extent: Number(extent) })),
  );
}

/** Which extents of the PVs or LVs below it a segment occupies. */
export function extentRanges(field: string): Column<readonly ExtentRange[]> {
  return listOf(field, (found) =>
    pieces(found, /:(\d+)-(\d+)(?:[ ,;]|$)/g, (name, [, first, last]) => ({
      name,
      first: Number(first),
      last: Number(last),
    })),
  );
}

/** What a decoder makes of a string of letters, see attributes.ts. */
export function decoded<T>(field: string, decode: (letters: string) => T): Column<T> {
  return { field, absent: decode(''), required: false, parse: decode };
}

const flags: ReadonlyMap<string, boolean | null> = new Map([
  ['1', true],
  ['0', false],
  ['-1', null],
]);

const activities: ReadonlyMap<string, boolean | null> = new Map([
  ...flags,
  ['', false],
  ['active', true],
  ['unknown', null],
]);

// lib/report/report.c and libdm-report.c: nothing where a field makes no sense for the object.
function optional<T>(field: string, parse: (text: string) => T | null | undefined): Column<T | null> {
  return { field, absent: null, required: false, parse: (found) => (found === '' ? null : parse(found)) };
}

function listOf<T>(field: string, parse: (text: string) => readonly T[] | undefined): Column<readonly T[]> {
  return { field, absent: [], required: false, parse: (found) => (found === '' ? [] : parse(found)) };
}

// Neither a tag, nor a name, nor a setting can hold a comma or semicolon: either may be list_item_separator.
function splitList(found: string): readonly string[] {
  return found.split(/[,;]/);
}

function withoutBrackets(name: string): string {
  return name.length > 2 && name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}

// `unknown device` with report/two_word_unknown_device.
function devicePath(name: string): string | null {
  return name === '[unknown]' || name === 'unknown' || name === 'unknown device'
    ? null
    : withoutBrackets(name);
}

// The pieces of a list that each end as `end` says; undefined if something is left over.
function pieces<T>(
  found: string,
  end: RegExp,
  make: (name: string | null, match: RegExpMatchArray) => T,
): readonly T[] | undefined {
  const made: T[] = [];
  let start = 0;
  for (const match of found.matchAll(end)) {
    made.push(make(devicePath(found.slice(start, match.index)), match));
    start = match.index + match[0].length;
  }
  return start === found.length ? made : undefined;
}

function toBytes(found: string): bigint | undefined {
  return /^\d{1,20}$/.test(found) ? BigInt(found) : undefined;
}

function toInteger(found: string): number | undefined {
  const value = /^\d{1,16}$/.test(found) ? Number(found) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function nullUnless(found: 'auto' | '-1'): 'auto' | null {
  return found === 'auto' ? found : null;
}
