import type { Look, Style } from './look.ts';
import { displayWidth, pad, printable } from './text.ts';

/** A column of a table. One that is empty in all rows is left out. */
export interface Column {
  readonly header: string;
  readonly align?: 'left' | 'right';
}

/** What stands in one place of a table; names may hold anything, control characters are escaped here. */
export type Cell = string | { readonly text: string; readonly style: Style };

/** The lines of a table with a header line, columns two blanks apart, no blanks at line ends. Nothing is cut. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  look: Look,
): string[] {
  const texts = rows.map((row) => columns.map((_, index) => printable(textOf(row[index]))));
  const shown = columns.flatMap((column, index) => {
    const widest = texts.reduce((most, row) => Math.max(most, displayWidth(row[index] ?? '')), 0);
    return widest === 0 ? [] : [{ ...column, index, width: Math.max(widest, displayWidth(column.header)) }];
  });

  const line = (text: (index: number) => string, style: (index: number) => Style | undefined): string => {
    const last = shown.at(-1)?.index;
    let written = '';
    let owed = 0;
    for (const { align = 'left', index, width } of shown) {
      const content = text(index);
      const padded = pad(content, width, align);
      const before = padded.length - padded.trimStart().length;
      if (content !== '') {
        const painted = style(index);
        written += ' '.repeat(owed + (align === 'right' ? before : 0));
        written += painted === undefined ? content : look.paint(painted, content);
        owed = align === 'right' ? 0 : width - displayWidth(content);
      } else owed += width;
      if (index !== last) owed += 2;
    }
    return written;
  };

  const header = line(
    (index) => columns[index]?.header ?? '',
    () => 'heading',
  );
  return [
    header,
    ...texts.map((row, at) =>
      line(
        (index) => row[index] ?? '',
        (index) => styleOf(rows[at]?.[index]),
      ),
    ),
  ];
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '');
}

function styleOf(cell: Cell | undefined): Style | undefined {
  return typeof cell === 'object' ? cell.style : undefined;
}
