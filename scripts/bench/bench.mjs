// Measures how long the status of all devices takes, ours and others' ways side by side: see --help of scripts/bench/run.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { dmsetup, lvs, startContestants } from './contestants.mjs';
import { makeDevices, seriesKinds } from './devices.mjs';
import { formatSeries, summarize } from './report.mjs';

// What a contestant may take of a series in milliseconds: slower ones skip rounds, evenly, but have at least five.
const budget = 12_000;
const fewestRounds = 5;
const singleRounds = 200;

const { values: options } = parseArgs({
  options: {
    programs: { type: 'string' },
    devices: { type: 'string', default: '10,100,1000' },
    rounds: { type: 'string', default: '40' },
    series: { type: 'string', default: Object.keys(seriesKinds).join() },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);

const results = [];
for (const kind of options.series.split(',')) {
  for (const count of options.devices.split(',').map(Number)) {
    const result = await measureSeries(kind, count);
    results.push(result);
    if (!options.json) console.log(formatSeries(result));
  }
}
if (options.json) console.log(JSON.stringify({ rounds, series: results }, null, 2));

async function measureSeries(kind, count) {
  const { title, withVolumes } = seriesKinds[kind];
  const before = namesOf(run(dmsetup)).size;
  const started = performance.now();
  const { names, remove } = makeDevices(kind, count, options.programs);
  const makeSeconds = (performance.now() - started) / 1000;
  const contestants = startContestants(options.programs, withVolumes);
  try {
    const expected = referenceOf(before + count);
    const all = await measureAll(contestants, expected, count);
    const single = await measureSingle(contestants, names.at(-1));
    return { kind, title, devices: count, bytes: expected.bytes, makeSeconds, all, single };
  } finally {
    for (const { program } of contestants) program.stop();
    remove();
  }
}

// Round robin, so that whatever disturbs the machine disturbs all alike.
async function measureAll(contestants, expected, count) {
  const warmUps = Math.min(300, Math.max(10, Math.ceil(3000 / count)));
  const entries = [];
  for (const contestant of contestants) {
    const check = contestant.process ? checkOutput(contestant.process, expected, count) : checkSeen(expected);
    const ask = async () => {
      const answer = await contestant.program.order(contestant.all);
      check(answer, contestant.label);
      return answer.nanoseconds;
    };
    let last = 0;
    for (let round = contestant.process ? 1 : warmUps; round > 0; round -= 1) last = await ask();
    const wanted = Math.max(fewestRounds, Math.floor((budget * 1e6) / last));
    entries.push({
      ask,
      label: contestant.label,
      stride: Math.max(1, Math.ceil(rounds / wanted)),
      times: [],
    });
  }
  for (let round = 0; round < rounds; round += 1)
    for (const { ask, stride, times } of entries) if (round % stride === 0) times.push(await ask());
  return summarize(entries);
}

async function measureSingle(contestants, name) {
  const entries = contestants
    .filter(({ one }) => one !== null)
    .map(({ label, one, program }) => ({ label, times: [], ask: () => program.order(`${one} ${name}`) }));
  for (let round = 0; round < 2 * singleRounds; round += 1)
    for (const { ask, times, label } of entries) {
      const { nanoseconds, devices } = await ask();
      if (devices !== 1) throw new Error(`${label} saw ${devices} devices instead of ${name}`);
      // The first half warms up.
      if (round >= singleRounds) times.push(nanoseconds);
    }
  return summarize(entries);
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
