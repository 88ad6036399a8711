import { execFileSync } from 'node:child_process';
import { dmsetup, lvs, startContestants } from './contestants.mjs';
import { makeDevices, seriesKinds } from './devices.mjs';
import { summarize } from './report.mjs';
import { takeTurns } from './turns.mjs';

// What a contestant may take of a series in milliseconds: slower ones skip rounds, evenly, but have at least five.
const budget = 2000;
const fewestRounds = 5;
const singleRounds = 100;
const singleRepeats = 5;

/** How long the status of all devices takes, and of one, for a series of so many devices. */
export async function measureSeries(kind, count, { programs, rounds }) {
  const { title, note, withVolumes } = seriesKinds[kind];
  const before = namesOf(run(dmsetup)).size;
  const started = performance.now();
  const { names, remove } = makeDevices(kind, count, programs);
  const makeSeconds = (performance.now() - started) / 1000;
  const contestants = startContestants(programs, withVolumes);
  try {
    const expected = referenceOf(before + count);
    const all = await measureAll(contestants, expected, count, rounds);
    const single = await measureSingle(contestants, names.at(-1));
    return { kind, title, note, devices: count, bytes: expected.bytes, makeSeconds, all, single };
  } finally {
    for (const { program } of contestants) program.stop();
    remove();
  }
}

async function measureAll(contestants, expected, count, rounds) {
  const warmUps = Math.min(300, Math.max(10, Math.ceil(3000 / count)));
  const entries = [];
  for (const { label, program, all, process: command } of contestants) {
    const check = command ? checkOutput(command, expected, count) : checkSeen(expected);
    const ask = async () => {
      const answer = await program.order(all);
      check(answer, label);
      return answer.nanoseconds;
    };
    // What is over in a moment is asked several times in one turn, and the turn counts as their median.
    const repeats = command ? 1 : Math.min(10, Math.ceil(300 / count));
    let last = 0;
    for (let round = command ? 1 : warmUps; round > 0; round -= 1) last = await ask();
    const affordable = Math.max(fewestRounds, Math.floor((budget * 1e6) / (last * repeats)));
    // The floor's turn comes in every round, because all others are compared with it.
    const stride = entries.length === 0 ? 1 : Math.max(1, Math.ceil(rounds / affordable));
    entries.push({ ask, label, repeats, stride, times: [] });
  }
  await takeTurns(entries, rounds);
  return summarize(entries);
}

async function measureSingle(contestants, name) {
  const entries = contestants
    .filter(({ one }) => one !== null)
    .map(({ label, one, program }) => ({
      label,
      repeats: singleRepeats,
      stride: 1,
      times: [],
      async ask() {
        const { nanoseconds, devices } = await program.order(`${one} ${name}`);
        if (devices !== 1) throw new Error(`${label} saw ${devices} devices instead of ${name}`);
        return nanoseconds;
      },
    }));
  // The first half warms up.
  await takeTurns(entries, 2 * singleRounds);
  return summarize(entries.map((entry) => ({ ...entry, times: entry.times.slice(singleRounds) })));
}

// What there is to see, as dmsetup tells it: none of the contestants' own counting goes into it.
function referenceOf(devices) {
  const output = run(dmsetup);
  const found = namesOf(output).size;
  if (found !== devices) throw new Error(`${devices} devices were expected, dmsetup shows ${found}`);
  let bytes = 0;
  for (const line of output.split('\n'))
    bytes += Buffer.byteLength(/^.*?: \d+ \d+ \S+ (.*)$/.exec(line)?.[1] ?? '');
  return { devices, bytes };
}

function checkSeen({ devices, bytes }) {
  return (answer, label) => {
    if (answer.devices === devices && answer.bytes === bytes) return;
    const seen = `${answer.devices} devices with ${answer.bytes} bytes of parameters`;
    throw new Error(`${label} saw ${seen} instead of ${devices} with ${bytes}`);
  };
}

// A process is judged by its output once, and from then on by its length.
function checkOutput(command, { devices }, count) {
  const output = run(command);
  const [found, wanted] = command === lvs ? [volumesIn(output), count] : [namesOf(output).size, devices];
  if (found !== wanted) throw new Error(`${command.join(' ')} shows ${found} instead of ${wanted}`);
  const length = Buffer.byteLength(output);
  return ({ bytes }, label) => {
    if (bytes !== length) throw new Error(`${label}: printed ${bytes} bytes instead of ${length}`);
  };
}

function namesOf(output) {
  return new Set(output.split('\n').flatMap((line) => /^(.*?): /.exec(line)?.[1] ?? []));
}

function volumesIn(output) {
  return JSON.parse(output).report[0].lv.filter(({ vg_name }) => vg_name === 'devmapper_bench').length;
}

function run([command, ...argv]) {
  return execFileSync(command, argv, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
