import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { addonPath } from '../../addon.ts';
import { collect } from '../../lvm/collect.ts';
import { type KeeperNews, type KeeperTask, keeperText } from './keeper-program.ts';

/** A process that freezes or flushes one file system, holds it, and thaws it: see {@link startKeeper}. */
export interface Keeper {
  readonly pid: number;
  /** Settles when it can be told to act: before that nothing is frozen. */
  readonly ready: Promise<void>;
  /** Has it freeze or flush; settles when that is done, which can be never if the disk hangs. */
  readonly act: () => Promise<void>;
  /** Has it thaw and end; settles when it has ended. */
  readonly release: () => Promise<KeeperEnd>;
  /** When it has ended. */
  readonly ended: Promise<KeeperEnd>;
  /** Leaves it alone: it thaws what it may still freeze, and does not keep our process from ending. */
  readonly abandon: () => void;
}

/** How a keeper ended: it thawed (`error` if the kernel had nothing to thaw), it never held anything, or it was killed. */
export type KeeperEnd =
  | { readonly how: 'thawed'; readonly why: 'told' | 'deadline' | 'left'; readonly error: string | null }
  | { readonly how: 'nothing held' }
  | { readonly how: 'killed'; readonly stderr: string };

/**
 * Starts a keeper: a Node process of its own, in a session of its own, that outlives us just to thaw. Only it hangs where
 * the disk does; a file system is thawed when it is told, at its deadline, and when we are gone, by SIGKILL as well.
 */
export function startKeeper(task: Omit<KeeperTask, 'addon'>): Keeper {
  const argument: KeeperTask = { ...task, addon: addonPath() };
  const args = ['--input-type=commonjs', '--eval', keeperText(), JSON.stringify(argument)];
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...{ env: keeperEnvironment(process.env), cwd: '/', shell: false, detached: true },
  });
  const stderr = collect(child.stderr as Socket);
  const ready = later<void>();
  const done = later<void>();
  let held = false;
  let end: KeeperEnd = { how: 'nothing held' };
  const fail = (error: Error): void => {
    ready.reject(error);
    done.reject(error);
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const news = newsOf(line);
    if (news === null) return;
    if (news.said === 'ready') ready.resolve();
    else if (news.said === 'failed') fail(Object.assign(new Error(news.message), { code: news.code }));
    else if (news.said === 'done') {
      held = task.call === 'freeze';
      done.resolve();
    } else end = { how: 'thawed', why: news.why, error: news.error };
  });
  // EPIPE: it has ended already, which `close` tells.
  child.stdin.on('error', () => {});
  const ended = new Promise<KeeperEnd>((resolve) => {
    child.once('error', (error) => {
      fail(error);
      resolve(end);
    });
    child.once('close', (status, signal) => {
      if (held && end.how !== 'thawed') end = { how: 'killed', stderr: stderr.text().trim() };
      fail(
        new Error(
          `the keeper of ${task.path} ended with ${signal ?? `status ${status}`} ${stderr.text()}`.trim(),
        ),
      );
      resolve(end);
    });
  });
  return {
    pid: child.pid ?? 0,
    ready: ready.promise,
    act: () => {
      child.stdin.write('go\n');
      return done.promise;
    },
    release: () => {
      child.stdin.end('release\n');
      return ended;
    },
    ended,
    abandon: () => {
      child.stdin.destroy();
      child.stdout.destroy();
      stderr.stop();
      child.unref();
    },
  };
}

// Node itself can print to standard output, such as an inspector's word.
function newsOf(line: string): KeeperNews | null {
  try {
    return JSON.parse(line) as KeeperNews;
  } catch {
    return null;
  }
}

// NODE_OPTIONS and its like could load into the keeper what was meant for us.
function keeperEnvironment(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(inherited).filter(([name]) => !name.startsWith('NODE_')));
}

interface Later<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function later<T>(): Later<T> {
  let settle: Omit<Later<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever is interested hears of it; nobody has to be.
  promise.catch(() => {});
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) };
}
