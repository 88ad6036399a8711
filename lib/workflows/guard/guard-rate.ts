/** How much of something was used at one moment. */
export interface FillSample {
  /** Milliseconds on a clock that only goes forward. */
  readonly at: number;
  /** Bytes. */
  readonly used: bigint;
}

/** The samples of the last two seconds, and the newest before them: what {@link fillRate} looks at. */
export function observeFill(window: readonly FillSample[], next: FillSample): readonly FillSample[] {
  const last = window.at(-1);
  // Less than before: another device, or blocks were given back. What was before says nothing then.
  if (last === undefined || next.used < last.used || next.at <= last.at) return [next];
  const old = window.findLastIndex(({ at }) => next.at - at >= span);
  return [...window.slice(Math.max(0, old)), next].slice(-most);
}

/**
 * Bytes a second by which it fills: the faster of what the whole window and its last quarter of a second show, as a
 * burst must not be averaged away. 0 until there are two samples.
 */
export function fillRate(window: readonly FillSample[]): number {
  const newest = window.at(-1);
  if (newest === undefined) return 0;
  const recent = window.findLast(({ at }) => newest.at - at >= burst);
  return Math.max(slope(window[0], newest), slope(recent, newest));
}

// Milliseconds. What came within less than a burst counts as a burst's: two looks at once would make a rate of anything.
const span = 2000;
const burst = 250;
// At one look every 20 ms, all of the span.
const most = 128;

function slope(from: FillSample | undefined, to: FillSample): number {
  if (from === undefined || to.at <= from.at) return 0;
  return (Number(to.used - from.used) * 1000) / Math.max(burst, to.at - from.at);
}
