import { nodeProgram } from './contestants.mjs';
import { makeDevices } from './devices.mjs';
import { startProgram } from './program.mjs';
import { medianOf, summarize, table } from './report.mjs';
import { takeTurns } from './turns.mjs';

/** Among how many devices events are measured. */
export const eventCounts = [10, 1000];

// In one turn a contestant listens while a device is renamed so often, and back at last; the pause, in microseconds,
// is ample for the slowest, a monitor that is just reading all devices once more, to have seen an event before the
// next. The first turns warm up.
const renamings = 16;
const pauses = { 10: 10_000, 1000: 50_000 };
const warmUps = 2;
// Where the machine stood still for longer than the pause, two events have become one: the turn is repeated.
const mostTries = 5;

/** How long it takes from an event to the callback, among so many devices, in nanoseconds. */
export async function measureEvents(count, { programs, rounds }) {
  const { names, remove } = makeDevices('static', count, programs);
  const maker = startProgram([`${programs}/rename-loop`]);
  const floor = startProgram([`${programs}/event-loop`]);
  const ours = startProgram(nodeProgram('ours-events.mjs'));
  const [name] = names;
  const entryOf = ([label, program, listen]) => ({
    label,
    repeats: 1,
    stride: 1,
    times: [],
    async ask() {
      for (let tries = 1; ; tries += 1) {
        await program.ask(listen);
        const issued = await maker.ask(`${name} ${name}-renamed ${renamings} ${pauses[count]}`);
        const seen = await program.ask('stop');
        const delays = delaysOf(numbersIn(issued), numbersIn(seen));
        if (delays !== undefined) return medianOf(delays);
        if (tries === mostTries)
          throw new Error(`${label} saw ${numbersIn(seen).length} events instead of ${renamings}`);
      }
    },
  });
  try {
    const entries = [
      ['poll, arm, list (C)', floor, 'listen'],
      ['poll, arm, list, status (C)', floor, 'listen status'],
      ['session: list of devices', ours, 'listen records'],
      ['monitor: typed change', ours, 'listen changes'],
    ].map(entryOf);
    await takeTurns(entries, rounds + warmUps);
    const rows = summarize(entries.map((entry) => ({ ...entry, times: entry.times.slice(warmUps) })));
    return { devices: count, renamings, rows };
  } finally {
    for (const program of [maker, floor, ours]) program.stop();
    remove();
  }
}

// None if not every event was seen, and once.
function delaysOf(issued, seen) {
  if (issued.length !== renamings || seen.length !== renamings) return undefined;
  const delays = seen.map((at, index) => at - issued[index]);
  return delays.every((delay) => delay > 0) ? delays : undefined;
}

// Nanoseconds since boot are exact as numbers for a hundred days.
function numbersIn(line) {
  return line.trim() === '' ? [] : line.trim().split(' ').map(Number);
}

/** As a table for people. */
export function formatEvents({ devices, renamings: events, rows }) {
  return [
    `From an event to its being seen, ${devices} devices; median of ${events} events a round`,
    ...table('a device is renamed', rows),
    '',
  ].join('\n');
}
