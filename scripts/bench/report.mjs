/** Median, minimum and 95th percentile of each entry's `times` in nanoseconds, and its median over the first one's. */
export function summarize(entries) {
  const rows = entries.map(({ label, times }) => {
    const sorted = times.toSorted((one, other) => one - other);
    const middle = sorted.length / 2;
    const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
    return {
      label,
      median,
      min: sorted[0],
      p95: sorted[Math.ceil(sorted.length * 0.95) - 1],
      rounds: sorted.length,
    };
  });
  const floor = rows[0].median;
  return rows.map((row) => ({ ...row, ratio: row.median / floor }));
}

/** A series as tables for people. */
export function formatSeries({ title, devices, bytes, makeSeconds, all, single }) {
  return [
    `${devices} devices (${title}); ${bytes} bytes of parameters; made in ${makeSeconds.toFixed(1)} s`,
    ...table('the status of all devices', all),
    ...table('the status of one device', single),
    '',
  ].join('\n');
}

function table(title, rows) {
  const head = [title, 'median', 'min', 'p95', 'x floor', 'rounds'];
  const lines = rows.map(({ label, median, min, p95, ratio, rounds }) => [
    label,
    ...[median, min, p95].map(duration),
    ratio < 100 ? ratio.toFixed(2) : ratio.toFixed(0),
    String(rounds),
  ]);
  return [
    '',
    ...[head, ...lines].map(([first, ...rest]) => `  ${first.padEnd(30)}${rest.map(right).join('')}`),
  ];
}

function right(cell) {
  return cell.padStart(11);
}

function duration(nanoseconds) {
  if (nanoseconds >= 1e6) return `${(nanoseconds / 1e6).toFixed(nanoseconds >= 1e8 ? 0 : 2)} ms`;
  return `${(nanoseconds / 1e3).toFixed(1)} us`;
}
