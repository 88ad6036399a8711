import { formatSeconds } from './duration.ts';
import type { LiveRow } from './live-rows.ts';

/** What there is to say of a row at a time in milliseconds since the epoch: of a silent device also since when. */
export function detailsOf({ staleSince, error, summary }: LiveRow, at: number): string {
  if (staleSince === null) return summary.text;
  const why = error === null ? '' : ` (${error.code})`;
  const silent = `no answer for ${formatSeconds((at - staleSince) / 1000)}${why}`;
  return summary.text === '' ? silent : `${silent}, before: ${summary.text}`;
}
