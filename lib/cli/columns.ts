import { printable } from '../view/printable.ts';
import type { Look, Style } from './look.ts';
import { displayWidth, wrap } from './text.ts';

/** A column of a table. One that is empty in all rows is left out. */
export interface Column {
  readonly header: string;
  readonly align?: 'left' | 'right';
}

/** What stands in one place of a table; names may hold anything, control characters are escaped here. */
export type Cell = string | { readonly text: string; readonly style: Style };

/**
 * The lines of a table with a header line, columns two blanks apart, no blanks at line ends. Nothing is cut: on a
 * terminal that is too narrow the last column goes on in further lines, if that leaves it some room.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  look: Look,
): string[] {
  const table = rows.map((row) => columns.map((_, index) => place(row[index] ?? '')));
  const isShown = columns.map((_, index) => table.some((row) => row[index]?.text !== ''));
  const widths = columns.map(({ header }, index) =>
    table.reduce((most, row) => Math.max(most, displayWidth(row[index]?.text ?? '')), displayWidth(header)),
  );
  const last = isShown.lastIndexOf(true);
  const start = widths.reduce(
    (sum, each, index) => (isShown[index] && index < last ? sum + each + 2 : sum),
    0,
  );
  const room = look.width === undefined ? 0 : look.width - start;

  const line = (cells: readonly Place[]): string => {
    let written = '';
    let owed = 0;
    columns.forEach(({ align }, index) => {
      const { text = '', style } = cells[index] ?? {};
      const width = widths[index] ?? 0;
      if (!isShown[index]) return;
      const blanks = width - displayWidth(text);
      if (text === '') owed += width;
      else {
        written += ' '.repeat(owed + (align === 'right' ? blanks : 0));
        written += style === undefined ? text : look.paint(style, text);
        owed = align === 'right' ? 0 : blanks;
      }
      owed += 2;
    });
    return written;
  };

  const lines = (cells: readonly Place[]): string[] => {
    const end = cells[last];
    if (end === undefined || room < leastRoom || displayWidth(end.text) <= room) return [line(cells)];
    const [first = '', ...more] = wrap(end.text, room);
    const blank = cells.map(() => ({ text: '' }));
    return [
      line(cells.with(last, { ...end, text: first })),
      ...more.map((text) => line(blank.with(last, { ...end, text }))),
    ];
  };

  return [line(columns.map(({ header }) => ({ text: header, style: 'heading' }))), ...table.flatMap(lines)];
}

// Less makes a column of single words.
const leastRoom = 20;

interface Place {
  readonly text: string;
  readonly style?: Style;
}

function place(cell: Cell): Place {
  return typeof cell === 'string'
    ? { text: printable(cell) }
    : { text: printable(cell.text), style: cell.style };
}
