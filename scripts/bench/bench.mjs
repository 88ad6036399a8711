// Measures this package and others' ways side by side: see --help of scripts/bench/run.
import { parseArgs } from 'node:util';
import { seriesKinds } from './devices.mjs';
import { eventCounts, formatEvents, measureEvents } from './events.mjs';
import { formatSeries } from './report.mjs';
import { formatScrape, measureScrape, scrapeCounts } from './scrape.mjs';
import { measureSeries } from './status.mjs';
import { formatTicks, measureTicks, tickCounts } from './ticks.mjs';
import { watchSignals } from './turns.mjs';

const { values: options } = parseArgs({
  options: {
    programs: { type: 'string' },
    only: { type: 'string', default: 'status,events,ticks,delay,scrape' },
    devices: { type: 'string', default: '10,100,1000' },
    rounds: { type: 'string', default: '15' },
    series: { type: 'string', default: Object.keys(seriesKinds).join() },
    json: { type: 'boolean', default: false },
  },
});
const { programs } = options;
const rounds = Number(options.rounds);
const parts = new Set(options.only.split(','));

watchSignals();
try {
  await main();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  const found = { rounds, series: [], events: [], ticks: [], scrapes: [] };
  const keep = (list, format, result) => {
    list.push(result);
    if (!options.json) console.log(format(result));
  };
  if (parts.has('status'))
    for (const kind of options.series.split(','))
      for (const count of options.devices.split(',').map(Number))
        keep(found.series, formatSeries, await measureSeries(kind, count, { programs, rounds }));
  if (parts.has('events'))
    for (const count of eventCounts)
      keep(found.events, formatEvents, await measureEvents(count, { programs, rounds }));
  for (const count of tickCounts) {
    const withTicks = parts.has('ticks');
    const withDelay = parts.has('delay') && count === tickCounts.at(-1);
    if (withTicks || withDelay)
      keep(found.ticks, formatTicks, await measureTicks(count, { programs, withTicks, withDelay }));
  }
  if (parts.has('scrape'))
    for (const count of scrapeCounts)
      keep(found.scrapes, formatScrape, await measureScrape(count, { programs, rounds }));
  if (options.json) console.log(JSON.stringify(found, null, 2));
}
