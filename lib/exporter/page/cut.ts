import { printable } from '../../view/printable.ts';
import { wellFormed } from './node.ts';

/** The text with what could mislead an eye escaped, and cut after `most` characters with an ellipsis. */
export function shown(text: string, most = 400): string {
  const whole = printable(text.length > 2 * most ? text.slice(0, 2 * most) : text);
  return whole.length > most ? `${wellFormed(whole.slice(0, most))}\u2026` : whole;
}
