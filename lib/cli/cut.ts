import { displayWidth, pad } from './text.ts';

/** The text in exactly `width` columns: cut with a sign at its end if it is longer, else with blanks. */
export function fitted(
  text: string,
  width: number,
  unicode: boolean,
  align: 'left' | 'right' = 'left',
): string {
  return pad(cut(text, width, unicode), width, align);
}

/** The text in at most `width` columns, with a sign at its end if it was longer. Control characters are not escaped. */
export function cut(text: string, width: number, unicode: boolean): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  const room = width - 1;
  let kept = '';
  let used = 0;
  for (const character of text) {
    const columns = displayWidth(character);
    if (used + columns > room) break;
    kept += character;
    used += columns;
  }
  return `${kept}${unicode ? '…' : '~'}`;
}
