import type { RateLimit } from './web-config.ts';

/** Says of each request whether it may pass, by a token bucket that is full at the beginning. */
export type Limiter = (at?: number) => boolean;

/** A limiter; of no limit it lets everything pass. `at` is in milliseconds of `performance.now()`. */
export function rateLimiter(limit: RateLimit | undefined): Limiter {
  if (limit === undefined) return () => true;
  const { interval, burst } = limit;
  let tokens = burst;
  let last: number | undefined;
  return (at = performance.now()) => {
    tokens = Math.min(burst, tokens + (at - (last ?? at)) / interval);
    last = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
