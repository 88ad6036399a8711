import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeProgram } from './contestants.mjs';
import { makeDevices } from './devices.mjs';
import { startProgram } from './program.mjs';
import { columns, medianOf, time } from './report.mjs';
import { requireTime } from './turns.mjs';

/** Among how many static devices ticks are measured; the delay among the last. */
export const tickCounts = [10, 1000, 5000];

const liveCounts = [0, 1, 10];
// In milliseconds: how often the monitor looks, and how long it is watched doing so.
const interval = 20;
const watched = 2000;
const windows = 1000;
const passes = 3;

const delayLabels = {
  idle: 'nothing',
  records: 'monitor: a set, records',
  typed: 'monitor: a set, typed',
  refresh: 'monitor.refresh()',
  status: 'await status()',
};

/**
 * What a tick costs among so many static devices, with none and some live ones beside them; with `withDelay` also how
 * long the event loop is held up while all of the static ones are read.
 */
export async function measureTicks(count, { programs, withTicks, withDelay }) {
  const { makeLive, remove } = makeDevices('static', count, programs);
  const counter = join(tmpdir(), `devmapper_bench.${process.pid}.ioctls`);
  const environment = { LD_PRELOAD: `${programs}/ioctl-counter.so`, BENCH_IOCTLS: counter };
  const program = startProgram(nodeProgram('ours-monitor.mjs'), environment);
  const ask = async (order) => {
    requireTime();
    return JSON.parse(await program.ask(order));
  };
  try {
    const delay = withDelay ? await measureDelay(count, ask) : [];
    const rows = [];
    const idle = withTicks ? await ask(`idle ${watched}`) : undefined;
    for (const live of withTicks ? liveCounts : [])
      rows.push(await measureTick(count, live, { idle, makeLive, ask }));
    return { devices: count, interval, watched, rows, delay };
  } finally {
    program.stop();
    rmSync(counter, { force: true });
    remove();
  }
}

async function measureTick(count, live, { idle, makeLive, ask }) {
  const removeLive = makeLive(live);
  try {
    const watch = await ask(`watch ${interval} ${watched}`);
    if (watch.source !== 'events') throw new Error('the monitor polls: it has no events');
    if (watch.devices !== count + live || watch.live !== live)
      throw new Error(
        `the monitor saw ${watch.live} of ${watch.devices} live instead of ${live} of ${count + live}`,
      );
    // A counter that counts nothing would make every tick free.
    if (watch.firstLook.ioctls < count + live + 2)
      throw new Error(`the first look at ${count + live} devices made ${watch.firstLook.ioctls} ioctls only`);
    if (idle.ioctls !== 0) throw new Error(`${idle.ioctls} ioctls were made without a monitor`);
    if (watch.ioctls < live) throw new Error(`${live} live devices were not read in ${watched} ms`);
    // A tick reads each live device once; without any there is none, so the interval stands for it.
    const ticks = live === 0 ? watched / interval : watch.ioctls / live;
    const perTick = (what) => Math.max(0, watch[what] - idle[what]) / ticks;
    return {
      live,
      ticks,
      firstLook: { ioctls: watch.firstLook.ioctls, nanoseconds: watch.firstLook.microseconds * 1000 },
      ioctls: watch.ioctls,
      loop: perTick('loop') * 1000,
      processor: perTick('processor') * 1000,
    };
  } finally {
    removeLive();
  }
}

async function measureDelay(count, ask) {
  const rows = Object.entries(delayLabels).map(([kind, label]) => ({ kind, label, seen: [] }));
  for (let pass = 0; pass < passes; pass += 1)
    for (const { kind, seen } of rows) {
      const answer = await ask(`delay ${kind} ${windows}`);
      if (kind !== 'idle' && (answer.devices !== count || answer.reads === 0))
        throw new Error(`${kind} read ${answer.devices} devices ${answer.reads} times instead of ${count}`);
      seen.push(answer);
    }
  return rows.map(({ label, seen }) => ({
    label,
    p50: medianOf(seen.map(({ p50 }) => p50)),
    p99: medianOf(seen.map(({ p99 }) => p99)),
    max: medianOf(seen.map(({ max }) => max)),
    worst: Math.max(...seen.map(({ max }) => max)),
    reads: seen.reduce((sum, { reads }) => sum + reads, 0),
  }));
}

/** Both tables for people, or the one that there is. */
export function formatTicks({ devices, interval: every, watched: span, rows, delay }) {
  const ticks = rows.map(({ live, ioctls, ticks: count, loop, processor, firstLook }) => [
    `${live} live ones`,
    String(ioctls),
    count.toFixed(0),
    time(loop),
    time(processor),
    String(firstLook.ioctls),
    time(firstLook.nanoseconds),
  ]);
  const delays = delay.map(({ label, p50, p99, max, worst, reads }) => [
    label,
    ...[p50, p99, max, worst].map(time),
    String(reads),
  ]);
  return [
    ...section(
      `${span} ms of a monitor of ${devices} static devices that looks every ${every} ms`,
      ['beside them', 'ioctls', 'ticks', 'loop a tick', 'cpu a tick', 'first look', 'in'],
      ticks,
    ),
    ...section(
      `Delay of the event loop while ${devices} devices are read, the median of ${passes} passes`,
      ['meanwhile', 'median', 'p99', 'max', 'worst pass', 'reads'],
      delays,
    ),
  ].join('\n');
}

function section(title, head, rows) {
  return rows.length === 0 ? [] : [title, '', ...columns([head, ...rows]), ''];
}
