import type { Summary } from '../targets/target.ts';
import { formatSectors } from '../units.ts';
import type { StatusRow } from '../view/rows.ts';
import { bar } from './bar.ts';
import { type Cell, tableLines } from './columns.ts';
import { fitBars } from './fit.ts';
import type { Look } from './look.ts';

/**
 * The lines of `devmapper status`. On a narrow terminal bars shrink, then details go on in further lines, then bars
 * go; names and words are never cut.
 */
export function statusLines(rows: readonly StatusRow[], look: Look): string[] {
  return fitBars((barWidth, fitted) => layOut(rows, fitted, barWidth), look);
}

/** The cell of a bar and its percentage, coloured by health. */
export function barCell({ bar: shown, health }: Summary, width: number, look: Look): Cell {
  if (shown === undefined) return '';
  const percent = `${shown.percent}%`.padStart('100.00%'.length);
  return { text: `${bar(shown.ratio, width, look.unicode)} ${percent}`.trimStart(), style: health };
}

const columns = [
  { header: 'NAME' },
  { header: 'TYPE' },
  { header: 'SIZE', align: 'right' },
  { header: 'SYNC/FILL', align: 'right' },
  { header: 'HEALTH' },
  { header: 'DETAILS' },
] as const;

function layOut(rows: readonly StatusRow[], look: Look, barWidth: number): string[] {
  const cells = rows.map(({ title, kind, sectors, summary }) => [
    title,
    kind,
    sectors === null ? '' : formatSectors(sectors),
    barCell(summary, barWidth, look),
    { text: summary.health, style: summary.health },
    summary.text,
  ]);
  return tableLines(columns, cells, look);
}
