import type { Count } from '../units.ts';

/** A ratio that goes towards 1, as it was at one moment. */
export interface Observation {
  /** In milliseconds, on any clock that only goes forward. */
  readonly at: number;
  /** 0 to 1: how full, or how much is done. */
  readonly ratio: number;
  /** What the ratio is of, in any unit: another total is another story. */
  readonly total?: Count | undefined;
}

/** How fast it goes, and how long it takes from the newest observation on. */
export interface Forecast {
  /** What the ratio gains in a second; always above 0. */
  readonly rate: number;
  /** Seconds until the ratio is 1; 0 if it is. */
  readonly etaSeconds: number;
}

/** A window holds at most this many observations. */
export const mostObservations = 64;

/** A window spans at most this many milliseconds: ten minutes. */
export const longestWindow = 600_000;

/**
 * The window with one observation more: a new array of at most {@link mostObservations}, spread evenly over at most
 * {@link longestWindow} before the newest. It starts anew when the total is another, when the clock has gone back, or
 * when the ratio falls by more than a quarter of what the window has seen it move. What is not finite is left out.
 */
export function observe(window: readonly Observation[], next: Observation): readonly Observation[] {
  if (!Number.isFinite(next.at) || !Number.isFinite(next.ratio)) return window;
  const last = window.at(-1);
  if (last === undefined || isReset(window, last, next)) return [next];
  const kept = window.filter(({ at }) => at < next.at && next.at - at <= longestWindow);
  return thinned([...kept, next]);
}

function isReset(window: readonly Observation[], last: Observation, next: Observation): boolean {
  if (next.total !== last.total || next.at < last.at) return true;
  const ratios = window.map(({ ratio }) => ratio);
  const seen = Math.max(...ratios) - Math.min(...ratios);
  return last.ratio - next.ratio > seen / 4;
}

// Leaves out the one whose neighbours are nearest to each other; the oldest and the newest stay.
function thinned(window: readonly Observation[]): readonly Observation[] {
  if (window.length <= mostObservations) return window;
  const gap = (index: number): number => (window[index + 1]?.at ?? 0) - (window[index - 1]?.at ?? 0);
  let least = 1;
  for (let index = 2; index < window.length - 1; index++) if (gap(index) < gap(least)) least = index;
  return window.toSpliced(least, 1);
}

/**
 * When the ratio will be 1: by the median of the slopes between all pairs of observations (Theil and Sen), which a
 * tenth of the observations cannot move, whatever they say. `undefined` if the slope says nothing: there are less than
 * three observations, the ratio has risen less than twice, or the pairs that rise are not at least half of all more
 * than those that fall. Never throws.
 */
export function forecast(window: readonly Observation[]): Forecast | undefined {
  const newest = window.at(-1);
  if (newest === undefined || window.length < 3) return undefined;
  const rises = window.filter(({ ratio }, index) => ratio > (window[index - 1]?.ratio ?? ratio)).length;
  const slopes = slopesOf(window);
  const rising = slopes.filter((slope) => slope > 0).length;
  const falling = slopes.filter((slope) => slope < 0).length;
  const rate = medianOf(slopes) * 1000;
  if (rises < 2 || rising - falling < slopes.length / 2 || !(rate > 0)) return undefined;
  const etaSeconds = Math.max(0, 1 - newest.ratio) / rate;
  return Number.isFinite(etaSeconds) && Number.isFinite(rate) ? { rate, etaSeconds } : undefined;
}

function slopesOf(window: readonly Observation[]): Float64Array {
  const slopes = new Float64Array((window.length * (window.length - 1)) / 2);
  let next = 0;
  for (const [index, later] of window.entries())
    for (const earlier of window.slice(0, index))
      slopes[next++] = (later.ratio - earlier.ratio) / (later.at - earlier.at);
  return slopes;
}

// A typed array sorts by value and has no comparison to call.
function medianOf(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
