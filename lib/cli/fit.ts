import type { Look } from './look.ts';
import { displayWidth } from './text.ts';

/**
 * The lines of a table with bars, laid out so that it fits: on a narrow terminal bars shrink, then what is in the last
 * column goes on in further lines, then bars go. `layOut` gives the lines for a width of the bars.
 */
export function fitBars(layOut: (barWidth: number, look: Look) => string[], look: Look): string[] {
  const excess = excessOf(layOut, look, widestBar, undefined);
  if (excess <= widestBar - narrowestBar) return layOut(widestBar - excess, look);
  return layOut(excessOf(layOut, look, narrowestBar, look.width) > 0 ? 0 : narrowestBar, look);
}

const widestBar = 20;
const narrowestBar = 8;

// By how many columns the longest line is too long for the terminal, were it `width` columns wide.
function excessOf(
  layOut: (barWidth: number, look: Look) => string[],
  look: Look,
  barWidth: number,
  width: number | undefined,
): number {
  const limit = look.width;
  if (limit === undefined) return 0;
  const lines = layOut(barWidth, { ...look, width, paint: (_, text) => text });
  return lines.reduce((most, line) => Math.max(most, displayWidth(line) - limit), 0);
}
