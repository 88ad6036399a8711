/**
 * The milliseconds of a duration as Go writes it (time.ParseDuration): numbers with units, such as `1s`, `1m30s`,
 * `1.5h`, `100ms`, and `0`. Undefined for any other text, and for one that is negative or above 24 days.
 */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  const whole = text.replace(/^\+/, '');
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(whole)) return undefined;
  let total = 0;
  for (const [, number = '', unit = ''] of whole.matchAll(/([\d.]+)([a-z\u00b5\u03bc]+)/g))
    total += Number(number) * (units[unit] ?? Number.NaN);
  return total <= longest ? total : undefined;
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
// What a timer of Node's can wait for.
const longest = 2 ** 31 - 1;
