import { forecast, type Observation, observe } from '../../monitor/forecast.ts';
import type { JobProgress } from './job.ts';
import type { Measure } from './reading.ts';

/** Makes progress of measures: adds the speed that they show, and what is converted. */
export function paceMaker(
  converting: string,
  now: () => number = () => performance.now(),
): (measure: Measure, source: JobProgress['source'], bytes: number | null) => JobProgress {
  let window: readonly Observation[] = [];
  let last = '';
  return ({ bytes, ...measure }, source, known) => {
    // Another array action begins anew, though its total may be the same.
    if (last !== measure.action) window = [];
    last = measure.action;
    window = observe(window, { at: now(), ratio: measure.ratio, total: measure.total });
    const found = forecast(window);
    const size = bytes ?? known;
    return {
      ...measure,
      ratio: Math.min(1, measure.ratio),
      bytesPerSecond: found === undefined || size === null ? null : found.rate * size,
      remaining: found === undefined ? null : found.etaSeconds * 1000,
      converting,
      source,
    };
  };
}
