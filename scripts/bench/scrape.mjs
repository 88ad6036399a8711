import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dmsetup } from './contestants.mjs';
import { makeDevices } from './devices.mjs';
import { startProgram } from './program.mjs';
import { columns, summarize, time } from './report.mjs';
import { takeTurns } from './turns.mjs';

/** Among how many volumes scrapes are measured. */
export const scrapeCounts = [10, 100, 1000];

// As prometheus-lvm-exporter 0.6.2 runs it (lvmreport/command.go).
const fullreport = [
  ...['lvm', 'fullreport', '--all', '--config'],
  'global/suffix=false global/units=b report/binary_values_as_numeric=1 report/output_format=json ' +
    'report/buffered=false report/time_format=%s',
  ...['--configreport', 'pv', '--options', 'pv_uuid,pv_name,pv_all'],
  ...['--configreport', 'lv', '--options', 'lv_uuid,lv_name,lv_full_name,lv_all'],
  ...['--configreport', 'vg', '--options', 'vg_uuid,vg_name,vg_all'],
  ...['--configreport', 'seg', '--options', '-all', '--configreport', 'pvseg', '--options', '-all'],
];
const textfile = '/usr/share/prometheus-node-exporter-collectors/lvm-prom-collector';
// What a contestant may take in milliseconds: slower ones skip rounds, evenly, but have at least five.
const budget = 5000;
const fewestRounds = 5;
// The processor time of a process has a resolution of 10 ms.
const processorScrapes = 100;
const volumeGroup = 'devmapper_bench';

/** What a scrape of so many linear volumes costs this exporter, and others to get what they export. */
export async function measureScrape(count, { programs, rounds }) {
  const { names, remove } = makeDevices('linear', count, programs);
  const contestants = [];
  try {
    contestants.push(await ourExporter(names));
    contestants.push(peer(programs, 'lvm fullreport, as hansmi', fullreport, checkReport(count)));
    contestants.push(peer(programs, 'dmsetup status, a process', dmsetup, checkLines(count)));
    if (existsSync(textfile))
      contestants.push(
        peer(programs, 'lvm-prom-collector (Debian)', ['bash', textfile, '-gpst'], countSeries),
      );
    const entries = [];
    for (const { label, ask, repeats } of contestants) {
      await ask();
      const last = await ask();
      const affordable = Math.max(fewestRounds, Math.floor((budget * 1e6) / (last * repeats)));
      const stride = entries.length === 0 ? 1 : Math.max(1, Math.ceil(rounds / affordable));
      entries.push({ label, ask, repeats, stride, times: [] });
    }
    await takeTurns(entries, rounds);
    const rows = [];
    for (const [index, row] of summarize(entries).entries()) {
      const { processor, seen } = contestants[index];
      rows.push({ ...row, processor: await processor(), ...seen });
    }
    return { devices: count, rows };
  } finally {
    for (const { stop } of contestants) stop();
    remove();
  }
}

/** A series of scrapes as a table. */
export function formatScrape({ devices, rows }) {
  const head = ['', 'median', 'least', 'x ours', 'processor', 'bytes', 'series', 'a volume'];
  const lines = rows.map(({ label, median, min, ratio, processor, bytes, series, seriesOfOne }) => [
    label,
    ...[time(median), time(min), ratio < 100 ? ratio.toFixed(1) : ratio.toFixed(0), time(processor)],
    ...[bytes, series ?? '', seriesOfOne ?? ''].map(String),
  ]);
  return ['', `  A scrape of ${devices} linear volumes of LVM`, ...columns([head, ...lines]), ''].join('\n');
}

// The exporter as an operator runs it, asked over a connection that is kept, as Prometheus does.
async function ourExporter(names) {
  const port = await freePort();
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const flags = ['--web.listen-address', `127.0.0.1:${port}`, '--log.level', 'error'];
  const program = startProgram([process.execPath, main, 'exporter', ...flags]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const scrape = () =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/metrics', agent }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      }).on('error', reject);
    });
  for (let tries = 0; ; tries += 1) {
    const body = await scrape().catch(() => '');
    if (names.every((name) => body.includes(`dm_device_info{device="${name}"`))) break;
    if (tries > 100) throw new Error('the exporter does not tell of all volumes');
    await sleep(200);
  }
  const body = await scrape();
  const { series } = countSeries(body);
  const seriesOfOne = body.split('\n').filter((line) => line.includes(`device="${names.at(-1)}"`)).length;
  return {
    label: 'devmapper exporter, over HTTP',
    repeats: 5,
    seen: { bytes: Buffer.byteLength(body), series, seriesOfOne },
    async ask() {
      const started = process.hrtime.bigint();
      const answer = await scrape();
      const taken = Number(process.hrtime.bigint() - started);
      if (countSeries(answer).series !== series)
        throw new Error('the exporter tells of more or less than before');
      return taken;
    },
    async processor() {
      const before = ticksOf(program.pid, 'own');
      for (let scrapes = 0; scrapes < processorScrapes; scrapes += 1) await scrape();
      return ((ticksOf(program.pid, 'own') - before) * 1e7) / processorScrapes;
    },
    stop() {
      agent.destroy();
      process.kill(program.pid, 'SIGTERM');
    },
  };
}

function peer(programs, label, command, see) {
  const program = startProgram([`${programs}/process-loop`, ...command]);
  const output = execFileSync(command[0], command.slice(1), {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let runs = 0;
  const before = ticksOf(program.pid, 'children');
  return {
    label,
    repeats: 1,
    seen: { ...see(output), bytes: Buffer.byteLength(output) },
    async ask() {
      const { nanoseconds, bytes } = await program.order('all');
      if (bytes === 0) throw new Error(`${label}: printed nothing`);
      runs += 1;
      return nanoseconds;
    },
    processor: () => ((ticksOf(program.pid, 'children') - before) * 1e7) / runs,
    stop: () => program.stop(),
  };
}

// Of an exposition the lines that are series, and those of a volume.
function countSeries(body) {
  return { series: body.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length };
}

function checkReport(count) {
  return (output) => {
    const { report } = JSON.parse(output);
    const found = report.flatMap(({ vg, lv }) => (vg?.[0]?.vg_name === volumeGroup ? lv : [])).length;
    if (found !== count) throw new Error(`fullreport tells of ${found} volumes instead of ${count}`);
    return {};
  };
}

function checkLines(count) {
  return (output) => {
    const found = output.split('\n').filter((line) => line.startsWith(`${volumeGroup}-`)).length;
    if (found !== count) throw new Error(`dmsetup tells of ${found} devices instead of ${count}`);
    return {};
  };
}

// proc(5): utime and stime, and of children that have been waited for, in hundredths of a second.
function ticksOf(pid, whose) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  return whose === 'own' ? fields[11] + fields[12] : fields[13] + fields[14];
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
