import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What agents run to learn the state of LVM's volumes. */
export const lvs = ['lvs', '-a', '-o', '+devices,copy_percent,data_percent', '--reportformat', 'json'];

/** dmsetup(8), told not to wait for I/O that a thin pool has not yet committed. */
export const dmsetup = ['dmsetup', 'status', '--noflush'];

/**
 * The contestants of a series, the floor first. `all` and `one` are their orders (see rounds.h), null if they have
 * none; `process` says that a round starts a process, whose answer tells the length of its output.
 */
export function startContestants(programs, withVolumes) {
  const floor = startProgram([`${programs}/ioctl-loop`]);
  const library = startProgram([`${programs}/libdevmapper-loop`]);
  const ours = startProgram([process.execPath, fileURLToPath(new URL('ours.mjs', import.meta.url))]);
  const agent = (command) => ({
    program: startProgram([`${programs}/process-loop`, ...command]),
    all: 'all',
    one: null,
    process: command,
  });
  return [
    { label: 'bare ioctls, one buffer (C)', program: floor, all: 'all', one: 'one' },
    { label: 'libdevmapper loop (C)', program: library, all: 'all', one: 'one' },
    { label: 'devmapper: await status()', program: ours, all: 'all', one: 'one' },
    { label: 'devmapper: statusSync()', program: ours, all: 'all-sync', one: 'sync' },
    { label: 'dmsetup status, a process', ...agent(dmsetup) },
    ...(withVolumes ? [{ label: 'lvs, a process', ...agent(lvs) }] : []),
  ];
}

// A child that answers every line it is given with one line. If it ends early, what waits for it fails.
function startProgram(command) {
  const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  // A child that cannot start or has died gives no line, which tells it.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async order(text) {
      child.stdin.write(`${text}\n`);
      const { value, done } = await lines.next();
      const [nanoseconds, devices, bytes] = done ? [] : value.split(' ').map(Number);
      if (!(nanoseconds > 0)) throw new Error(`${command.join(' ')} gave no time for "${text}"`);
      return { nanoseconds, devices, bytes };
    },
    stop: () => child.stdin.end(),
  };
}
