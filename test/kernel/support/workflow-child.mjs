// Runs one workflow of the built package in a process of its own, which a test kills. argv[2]: what to run, as JSON, see
// workflow-kill.ts. Writes what happens to standard output, a line of JSON each.
import { readdirSync, readFileSync } from 'node:fs';

const { workflow, options, callback, kill } = JSON.parse(process.argv[2]);
const root = new URL('../../../dist/', import.meta.url);
const [{ DeviceMapper }, { Lvm }, workflows] = await Promise.all(
  ['index.js', 'lvm/index.js', 'workflows/index.js'].map((path) => import(new URL(path, root))),
);
const { LVM_SYSTEM_DIR: directory } = process.env;
const dm = DeviceMapper.open();
const lvm = Lvm.open({ dm, environment: directory === undefined ? {} : { LVM_SYSTEM_DIR: directory } });

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const die = () => process.kill(process.pid, 'SIGKILL');

// A thread or process may have ended since its name was read.
const textOf = (path) => {
  try {
    return [readFileSync(path, 'utf8')];
  } catch {
    return [];
  }
};

// Command lines of the children of every thread, whoever started them.
const children = () =>
  readdirSync('/proc/self/task')
    .flatMap((thread) => textOf(`/proc/self/task/${thread}/children`))
    .flatMap((pids) => pids.split(' ').filter((pid) => pid !== ''))
    .flatMap((pid) => textOf(`/proc/${pid}/cmdline`))
    .map((line) => line.replaceAll('\0', ' '));

// Looks at what is there, the keeper of a freeze, and a child that has not become its program yet.
const isIdle = (line) =>
  /fullreport|lvmconfig|blkid|--eval/.test(line) || line === '' || /^\S*node /.test(line);

// In the middle of a step: as soon as a command of it changes something, or else a moment after it began.
const dieWithin = () => {
  const begun = performance.now();
  const timer = setInterval(() => {
    const lines = children();
    const elapsed = performance.now() - begun;
    if (lines.some((line) => !isIdle(line)) || (lines.length === 0 && elapsed > 300) || elapsed > 10_000)
      die();
  }, 2);
  timer.ref();
};

const onProgress = (progress) => {
  if (progress.kind !== 'step-progressed') say(progress);
  if (kill === undefined || progress.step !== kill.step) return;
  const moment = { before: 'step-started', after: 'step-finished', cleanup: 'cleanup-started' }[kill.moment];
  if (progress.kind === moment) die();
  if (kill.moment === 'during' && progress.kind === 'step-started') dieWithin();
};

// What is done with a mounted copy or a device meanwhile, by name, as functions cannot be passed.
const callbacks = {
  none: undefined,
  nothing: async () => 'nothing',
  wait: (_copy, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
};

try {
  const call = callbacks[callback ?? 'none'];
  const result = await workflows[workflow]({ dm, lvm }, { ...options, onProgress }, ...(call ? [call] : []));
  say({ kind: 'result', outcome: result.outcome, warnings: result.warnings ?? [] });
} catch (error) {
  const { reason, step, left, message } = error;
  say({ kind: 'error', reason, step, left, message });
} finally {
  dm.close();
}
