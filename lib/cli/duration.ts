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

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
// What a timer of Node's can wait for: 24.8 days.
const longest = 2 ** 31 - 1;
