import { InvalidArgumentError } from 'commander';

/** The milliseconds of a duration such as `500ms`, `30s`, `10m` or `2h`. Throws commander's error for any other text. */
export function parseDuration(text: string): number {
  const [, digits, unit = ''] = /^([1-9]\d*)(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = Number(digits) * (units[unit] ?? Number.NaN);
  if (milliseconds <= longest) return milliseconds;
  throw new InvalidArgumentError(
    'It must be a whole number with a unit, such as 500ms, 30s, 10m or 2h; at most 596h.',
  );
}

/** Seconds for people, in two units at most: `45s`, `3m20s`, `2h05m`, `3d04h`; from 1,000 days on `>1000d`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(Math.max(0, seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return pair(whole, 60, 'm', 1, 's');
  if (whole < 86_400) return pair(whole, 3600, 'h', 60, 'm');
  return whole < 86_400_000 ? pair(whole, 86_400, 'd', 3600, 'h') : '>1000d';
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
// What a timer of Node's can wait for: 24.8 days.
const longest = 2 ** 31 - 1;

function pair(seconds: number, large: number, first: string, small: number, second: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)}${first}${String(rest).padStart(2, '0')}${second}`;
}
