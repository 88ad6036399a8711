import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { unmountAll } from '../../../lib/workflows/system/mounting.ts';
import { type LoopDisk, later, loopDisk, run } from './lab.ts';

/** A loop disk with an empty ext4. */
export async function formatted(): Promise<LoopDisk> {
  const spare = await loopDisk(8);
  await run('mkfs.ext4', ['-q', spare.path]);
  return spare;
}

/** An empty directory, removed when the test file ends. */
export async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'devmapper-place-'));
  later(() => rmdir(made));
  return made;
}

/** Mounts a device on a directory of its own, until the test file ends at the latest. */
export async function mounted(path: string): Promise<string> {
  const target = await directory();
  await run('mount', [path, target]);
  later(() => unmountAll(path));
  return target;
}

/** Starts a process that ends with the test at the latest; it can read its standard input, which stays empty. */
export function inOwnProcess(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** The next line that a process writes. */
export function line({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('no standard output');
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdout });
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error('it said nothing')));
  });
}

/** Waits for the end of a process, for its status. */
export function exit(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('exit', resolve);
  });
}
