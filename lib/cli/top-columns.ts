import { formatSectors } from '../units.ts';
import { detailsOf } from '../view/details.ts';
import type { LiveRow } from '../view/live-rows.ts';
import { leftText, type Pace, rateText } from '../view/paces.ts';
import { printable } from '../view/printable.ts';
import { bar } from './bar.ts';
import { fitted } from './cut.ts';
import type { Look, Style } from './look.ts';
import { displayWidth } from './text.ts';

/** Which columns fit a terminal, and how wide each is; a column that is not there has the width 0. */
export type Widths = Readonly<Record<ColumnName, number>>;

type ColumnName = 'name' | 'kind' | 'size' | 'bar' | 'percent' | 'rate' | 'left' | 'health' | 'details';

/** How wide the columns are in `width` columns of a terminal, for these rows. Names come first, then what is urgent. */
export function layOut(
  width: number,
  rows: readonly LiveRow[],
  paces: readonly (Pace | undefined)[],
): Widths {
  const longest = (pick: (row: LiveRow) => string, least: number): number =>
    rows.reduce((most, row) => Math.max(most, displayWidth(pick(row))), least);
  const widths: Record<ColumnName, number> = {
    name: Math.min(width, leastName),
    kind: 0,
    size: 0,
    bar: 0,
    percent: 0,
    rate: 0,
    left: 0,
    health: 0,
    details: 0,
  };
  let room = width - widths.name;
  const name = longest(({ title }) => printable(title), leastName);
  const kind = Math.min(
    longest((row) => printable(row.kind), 4),
    18,
  );
  const claims: readonly (readonly [ColumnName, number])[] = [
    ['percent', 7],
    ['health', 7],
    ['name', Math.min(name, 24) - leastName],
    ['bar', 9],
    ['left', paces.reduce((most, pace) => Math.max(most, leftText(pace).length), 0)],
    ['rate', paces.some((pace) => rateText(pace) !== '') ? 13 : 0],
    ['kind', kind],
    ['details', 16],
    ['size', 11],
    ['name', name - Math.min(name, 24)],
    ['bar', 8],
  ];
  for (const [column, claimed] of claims) {
    // A forecast that gets shorter by a digit must not move what is beside it.
    const wanted = column === 'left' && claimed > 0 ? Math.max(claimed, leastLeft) : claimed;
    const cost = wanted + (widths[column] === 0 ? gap : 0);
    if (wanted <= 0 || cost > room) continue;
    widths[column] += wanted;
    room -= cost;
  }
  if (widths.details > 0) widths.details += room;
  else widths.name += Math.min(room, Math.max(0, name - widths.name));
  return widths;
}

/** The line of headings, not longer than the terminal is wide. */
export function headingLine(widths: Widths, look: Look): string {
  return look.paint(
    'heading',
    join(
      shown(widths).map(({ column, align, header }) => fitted(header, widths[column], look.unicode, align)),
    ),
  );
}

/** The line of one row. */
export function rowLine(
  row: LiveRow,
  pace: Pace | undefined,
  at: number,
  widths: Widths,
  look: Look,
): string {
  const { health, bar: drawn } = row.summary;
  const texts: Readonly<Record<ColumnName, string>> = {
    name: printable(row.title),
    kind: printable(row.kind),
    size: formatSectors(row.sectors),
    bar: drawn === undefined ? '' : bar(drawn.ratio, widths.bar, look.unicode),
    percent: drawn === undefined ? '' : `${drawn.percent}%`,
    rate: rateText(pace),
    left: leftText(pace),
    health,
    details: printable(detailsOf(row, at)),
  };
  const cells = shown(widths).map(({ column, align }) => {
    const text = fitted(texts[column], widths[column], look.unicode, align);
    const style: Style | undefined = coloured.has(column) ? health : undefined;
    return style === undefined || text.trim() === '' ? text : look.paint(style, text);
  });
  return join(cells);
}

const leastName = 8;
const leastLeft = 'synced in 59m59s'.length;
const gap = 2;
const coloured: ReadonlySet<ColumnName> = new Set(['bar', 'percent', 'health']);

const columns: readonly {
  readonly column: ColumnName;
  readonly header: string;
  readonly align: 'left' | 'right';
}[] = [
  { column: 'name', header: 'NAME', align: 'left' },
  { column: 'kind', header: 'TYPE', align: 'left' },
  { column: 'size', header: 'SIZE', align: 'right' },
  { column: 'bar', header: 'SYNC/FILL', align: 'left' },
  { column: 'percent', header: '', align: 'right' },
  { column: 'rate', header: 'RATE', align: 'right' },
  { column: 'left', header: 'FORECAST', align: 'left' },
  { column: 'health', header: 'HEALTH', align: 'left' },
  { column: 'details', header: 'DETAILS', align: 'left' },
];

function shown(widths: Widths) {
  return columns.filter(({ column }) => widths[column] > 0);
}

function join(cells: readonly string[]): string {
  return cells.join(' '.repeat(gap)).trimEnd();
}
