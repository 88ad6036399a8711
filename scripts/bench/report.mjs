/** The middle of some numbers, of two middle ones their mean. */
export function medianOf(numbers) {
  const sorted = ascending(numbers);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/**
 * Median, minimum and 95th percentile of each entry's `times` in nanoseconds, one place a round. `ratio` is the median
 * of its ratios to the first entry's time of the same round, which a disturbance of some rounds does not touch.
 */
export function summarize(entries) {
  const [floor] = entries;
  return entries.map(({ label, times }) => {
    const sorted = ascending(Object.values(times));
    const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1];
    const ratio = medianOf(Object.entries(times).map(([round, time]) => time / floor.times[round]));
    return { label, median: medianOf(sorted), min: sorted[0], p95, ratio, rounds: sorted.length };
  });
}

function ascending(numbers) {
  return numbers.toSorted((one, other) => one - other);
}

/** A series as tables for people. */
export function formatSeries({ title, note, devices, bytes, makeSeconds, all, single }) {
  return [
    `${devices} devices (${title}); ${bytes} bytes of parameters; made in ${makeSeconds.toFixed(1)} s`,
    ...table('the status of all devices', all),
    ...table('the status of one device', single),
    ...(note === undefined ? [] : ['', `  ${note}`]),
    '',
  ].join('\n');
}

/** The rows of {@link summarize} as lines for people. */
export function table(title, rows) {
  const head = [title, 'median', 'min', 'p95', 'x floor', 'rounds'];
  const lines = rows.map(({ label, median, min, p95, ratio, rounds }) => [
    label,
    ...[median, min, p95].map(time),
    ratio < 100 ? ratio.toFixed(2) : ratio.toFixed(0),
    String(rounds),
  ]);
  return ['', ...columns([head, ...lines])];
}

/** Rows of words as aligned lines. */
export function columns(rows) {
  return rows.map(
    ([first, ...rest]) => `  ${first.padEnd(32)}${rest.map((cell) => cell.padStart(12)).join('')}`,
  );
}

/** Nanoseconds for people. */
export function time(nanoseconds) {
  if (nanoseconds >= 1e6) return `${(nanoseconds / 1e6).toFixed(nanoseconds >= 1e8 ? 0 : 2)} ms`;
  return `${(nanoseconds / 1e3).toFixed(1)} us`;
}
