import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { onAbort } from '../abort.ts';
import { isSheltered } from '../shelter.ts';
import { type Collected, collect } from './collect.ts';
import { type LvmError, lvmError } from './errors.ts';
import type { Outcome, Run } from './run.ts';
import { findHindrance, type Hindrance } from './stuck.ts';

/**
 * Starts a program without a shell, its standard input empty, and with a pipe on fd 3 for the JSON log. Rejects with an
 * LvmError `no-lvm`, `no-permission` or `other` that names what was tried.
 *
 * It stays in our own process group and session. A Ctrl-C in the terminal so reaches lvm as SIGINT, a terminal that
 * closes as SIGHUP, and lvm takes both as it takes SIGTERM: before or after it changes metadata, never in it. One that
 * waits for a lock then gives up, where in a group of its own it would make its change after we are gone. Only of a
 * clean-up that is just what is wanted, so there it gets a session of its own, see {@link sheltered}.
 */
export function startProcess(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  log: Run['log'],
): Promise<ChildProcess> {
  const [file = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(startError(error, argv, env));
    try {
      const child = spawn(file, args, {
        stdio: ['ignore', 'pipe', 'pipe', ...(log === 'json' ? (['pipe'] as const) : [])],
        ...{ env, cwd: '/', shell: false, detached: isSheltered() },
      });
      // Also for a signal that may not be sent, to a prefix of another user: the command then goes on.
      child.on('error', fail);
      child.once('spawn', () => resolve(child));
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
    }
  });
}

/** Waits for a process that was just started; how, {@link Run} and {@link Outcome} say. Never rejects. */
export function watchOver(child: ChildProcess, argv: readonly string[], run: Run): Promise<Outcome> {
  const began = performance.now();
  const started = Date.now();
  const [stdout, stderr, report] = [1, 2, 3].map((number) => {
    const stream = child.stdio[number];
    const onLine = number === 1 && run.log === 'none' ? run.onLine : undefined;
    return stream instanceof Socket ? collect(stream, onLine) : undefined;
  });
  const outputs = [stdout, stderr, report].filter((output) => output !== undefined);
  let ended: Outcome['ended'] = 'exited';
  let hindrance: Hindrance | null = null;
  const outcome = (
    exitCode: number | null,
    signal: NodeJS.Signals | null,
    running: Outcome['running'],
  ): Outcome => ({
    ...{ argv, exitCode, signal, ended, hindrance, running },
    stdout: stdout?.text() ?? '',
    stderr: stderr?.text() ?? '',
    report: report?.text() ?? '',
    complete: running === null && outputs.every((output) => output.complete()),
    duration: performance.now() - began,
  });

  const exit = new Promise<Outcome>((resolve) => {
    child.once('exit', (code, signal) => {
      void drained(outputs).then(() => resolve(outcome(code, signal, null)));
    });
  });
  return new Promise((resolve) => {
    let grace: NodeJS.Timeout | undefined;
    const stopWatching = watchHindrance(child, started, run.onHindrance);
    const terminate = (why: 'aborted' | 'timed-out'): void => {
      release();
      if (child.exitCode !== null || child.signalCode !== null) return;
      ended = why;
      // Before the signal, which ends the wait for a lock.
      hindrance = child.pid === undefined ? null : findHindrance(child.pid, started);
      child.kill('SIGTERM');
      grace = setTimeout(() => resolve(outcome(null, null, exit)), run.grace ?? 5000);
    };
    const forget = onAbort(run.signal, () => terminate('aborted'));
    const { timeout } = run;
    const timer = timeout === undefined ? undefined : setTimeout(() => terminate('timed-out'), timeout);
    const release = (): void => {
      forget();
      clearTimeout(timer);
    };
    // Since the caller looked: a signal that has fired does not fire again.
    if (run.signal?.aborted === true) terminate('aborted');
    void exit.then((value) => {
      release();
      stopWatching();
      clearTimeout(grace);
      resolve(value);
    });
  });
}

// A poller that lvm left in the background may keep the pipes open: after the exit, silence is an end too. Counted in
// turns of the event loop and not by the clock, so that a busy process does not take its own delay for silence.
async function drained(outputs: readonly Collected[]): Promise<void> {
  let known = -1;
  for (let turn = 0; turn < 400; turn++) {
    if (outputs.every((output) => output.ended())) return;
    const size = outputs.reduce((sum, output) => sum + output.size(), 0);
    if (turn % 20 === 0) {
      if (size === known) break;
      known = size;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (const output of outputs) output.stop();
}

function watchHindrance(child: ChildProcess, started: number, tell: Run['onHindrance']): () => void {
  const { pid } = child;
  if (tell === undefined || pid === undefined) return () => {};
  let told = '';
  const timer = setInterval(() => {
    const found = findHindrance(pid, started);
    const key = JSON.stringify(found);
    if (found !== null && key !== told) tell(found);
    told = key;
  }, 5000);
  return () => clearInterval(timer);
}

function startError(
  error: NodeJS.ErrnoException,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): LvmError {
  const [file = ''] = argv;
  const tried = file.includes('/') ? file : `"${file}" in ${env.PATH}`;
  const more = { command: argv, changed: 'no', cause: error } as const;
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    return lvmError('no-lvm', {
      ...more,
      message: `there is no ${tried}`,
    });
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return lvmError('no-permission', { ...more, message: `${tried} may not be run (${error.code})` });
  return lvmError('other', {
    ...more,
    message: `${tried} could not be started: ${error.code ?? error.message}`,
  });
}
