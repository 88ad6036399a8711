import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { abortError, onAbort } from '../../abort.ts';
import { collect } from '../../lvm/collect.ts';
import { isSheltered, runSheltered } from '../../shelter.ts';

/** How a program ended. */
export interface Ended {
  /** `null` if a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  /** Without blanks at its ends. */
  readonly stderr: string;
}

/**
 * Runs a program of the system without a shell, its standard input empty, in English, and waits for its end; a status
 * other than 0 is no error. Rejects if it cannot be started (for want of it: says which `packageName` has it), and with
 * an `AbortError` if the signal fires: it is then sent SIGTERM, and waited for no more than five seconds.
 */
export async function runProgram(
  argv: readonly string[],
  packageName: string,
  signal?: AbortSignal,
): Promise<Ended> {
  if (signal?.aborted === true) throw abortError(signal);
  const { signal: _, ...ended } = await runSheltered(
    () => runOnce(argv, packageName, signal),
    ({ signal: by }) => by,
  );
  return ended;
}

async function runOnce(
  argv: readonly string[],
  packageName: string,
  signal: AbortSignal | undefined,
): Promise<Ended & End> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...{ env: cleanEnvironment(process.env), cwd: '/', shell: false, detached: isSheltered() },
  });
  const [stdout, stderr] = [collect(child.stdout as Socket), collect(child.stderr as Socket)];
  const end = await ended(child, packageName, signal, () => {
    stdout.stop();
    stderr.stop();
  });
  return { ...end, stdout: stdout.text(), stderr: stderr.text().trim() };
}

/**
 * What a program of the system is given of our environment: where programs are, absolute directories only, and English.
 * Nothing else of it is its business.
 */
export function cleanEnvironment(inherited: Readonly<Record<string, string | undefined>>): {
  readonly PATH: string;
  readonly LC_ALL: 'C';
} {
  const more = (inherited.PATH ?? '').split(':').filter((directory) => directory.startsWith('/'));
  return {
    PATH: [...new Set(['/usr/sbin', '/sbin', '/usr/bin', '/bin', ...more])].join(':'),
    LC_ALL: 'C',
  };
}

const grace = 5000;
// What it has left running, such as a file system in user space, can keep its outputs open for ever.
const drain = 1000;

interface End {
  readonly status: number | null;
  /** What ended it. */
  readonly signal: NodeJS.Signals | null;
}

function ended(
  child: ChildProcess,
  packageName: string,
  signal: AbortSignal | undefined,
  leave: () => void,
): Promise<End> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const over = (settle: () => void): void => {
      forget();
      clearTimeout(timer);
      settle();
    };
    const end = (status: number | null, by: NodeJS.Signals | null): void =>
      over(() => (signal?.aborted === true ? reject(abortError(signal)) : resolve({ status, signal: by })));
    const after = (milliseconds: number, then: () => void): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        leave();
        then();
      }, milliseconds);
    };
    const forget = onAbort(signal, () => {
      child.kill('SIGTERM');
      after(grace, () => {
        child.unref();
        end(null, null);
      });
    });
    child.once('error', (error) => over(() => reject(startError(child.spawnfile, packageName, error))));
    child.once('exit', (status, by) => after(drain, () => end(status, by)));
    child.once('close', end);
  });
}

function startError(file: string, packageName: string, cause: NodeJS.ErrnoException): Error {
  const { code = 'UNKNOWN' } = cause;
  const message =
    code === 'ENOENT'
      ? `there is no program ${file}: install the package ${packageName}`
      : `${file} could not be started: ${code}`;
  return Object.assign(new Error(message, { cause }), { code });
}
