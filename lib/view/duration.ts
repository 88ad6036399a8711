/** Seconds for people, in two units at most: `45s`, `3m20s`, `2h05m`, `3d04h`; from 1,000 days on `>1000d`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(Math.max(0, seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return pair(whole, 60, 'm', 1, 's');
  if (whole < 86_400) return pair(whole, 3600, 'h', 60, 'm');
  return whole < 86_400_000 ? pair(whole, 86_400, 'd', 3600, 'h') : '>1000d';
}

function pair(seconds: number, large: number, first: string, small: number, second: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)}${first}${String(rest).padStart(2, '0')}${second}`;
}
