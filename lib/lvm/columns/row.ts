import type { Column } from './kinds.ts';

/** The columns of one kind of report. */
export type Columns = Readonly<Record<string, Column<unknown>>>;

/** What a table of columns makes of one row of a report, a value a column. */
export type ValuesOf<C extends Columns> = {
  readonly [K in keyof C]: C[K] extends Column<infer T> ? T : never;
};

/** What lvm said and no column holds. */
export interface More {
  /** By lvm's own name of the field: those of a newer lvm, and values that are not of their column's kind. */
  readonly more: Readonly<Record<string, string>>;
}

/** A row that was read, and what was wrong with it. */
export interface Read<R> {
  readonly row: R;
  /** The first column that every report has and this one has not, in a sentence; null if it is whole. */
  readonly problem: string | null;
}

/** The fields that lvm has to report for these columns. */
export function fieldsOf(columns: Columns): readonly string[] {
  return [...new Set(Object.values(columns).map(({ field }) => field))];
}

/**
 * Reads one row of a report. Never throws: what is missing or not understood has its column's `absent` value, and its
 * text is kept in `more`.
 */
export function readRow<C extends Columns>(columns: C, cells: unknown): Read<ValuesOf<C> & More> {
  const record = typeof cells === 'object' && cells !== null ? cells : {};
  const texts = new Map(
    Object.entries(record).filter((cell): cell is [string, string] => typeof cell[1] === 'string'),
  );
  const more = new Map([...texts].filter(([field]) => !sameAsOther.has(field)));
  for (const { field } of Object.values(columns)) more.delete(field);
  const values: [string, unknown][] = [];
  let problem: string | null = null;
  for (const [key, { field, absent, required, parse }] of Object.entries(columns)) {
    const found = texts.get(field);
    const value = found === undefined ? undefined : parse(found);
    if (value === undefined && required) problem ??= `${field} is ${JSON.stringify(found) ?? 'missing'}`;
    if (value === undefined && found !== undefined) more.set(field, found);
    values.push([key, value === undefined ? absent : value]);
  }
  values.push(['more', Object.fromEntries(more)]);
  // The keys and the kinds of the values come from the columns.
  return { row: Object.fromEntries(values) as ValuesOf<C> & More, problem };
}

// Other names of copy_percent and vg_systemid (lib/report/columns.h).
const sameAsOther = new Set(['sync_percent', 'vg_sysid']);
