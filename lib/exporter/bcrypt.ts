import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/** Compares passwords with bcrypt hashes in a thread of its own, one at a time, as costs are meant to be felt. */
export interface Bcrypt {
  /**
   * Whether the password is that of the hash; undefined, at once, where too many others of the same client wait, or of
   * all. The clients have their turns one after another. Rejects if the thread has failed or was closed.
   */
  compare(password: string, hash: string, client: string): Promise<boolean | undefined>;
  /** Ends the thread. May be called again. */
  close(): void;
}

/** Starts with no thread: there is one only while something is to be compared. */
export function openBcrypt(): Bcrypt {
  let worker: Worker | undefined;
  let resting: NodeJS.Timeout | undefined;
  let current: Waiting | undefined;
  // By client, the one whose turn is next first.
  const waiting = new Map<string, Waiting[]>();

  const end = (error?: Error): void => {
    clearTimeout(resting);
    void worker?.terminate();
    worker = undefined;
    const left = [current ?? [], ...waiting.values()].flat();
    current = undefined;
    waiting.clear();
    for (const { reject } of left) reject(error ?? new Error('the comparison was ended'));
  };

  const turn = (thread: Worker): void => {
    const [first] = waiting;
    if (current !== undefined || first === undefined) return;
    const [client, [job, ...others]] = first;
    waiting.delete(client);
    if (others.length > 0) waiting.set(client, others);
    current = job;
    if (job !== undefined) thread.postMessage([job.password, job.hash]);
  };

  const start = (): Worker => {
    const started = new Worker(source, {
      eval: true,
      workerData: createRequire(import.meta.url).resolve('bcryptjs'),
      execArgv: [],
    });
    started.unref();
    started.on('message', (isRight: boolean) => {
      if (worker !== started) return;
      current?.resolve(isRight);
      current = undefined;
      turn(started);
      if (current === undefined) resting = setTimeout(end, restAfter).unref();
    });
    const failed = (error: Error): void => {
      if (worker === started) end(error);
    };
    started.on('error', failed);
    started.on('exit', () => failed(new Error('the thread that compares passwords has ended')));
    return started;
  };

  return {
    compare(password, hash, client) {
      const own = waiting.get(client) ?? [];
      const count = [...waiting.values()].flat().length;
      if (own.length >= mostOfClient || count >= mostWaiting) return Promise.resolve(undefined);
      clearTimeout(resting);
      const thread = worker ?? start();
      worker = thread;
      return new Promise((resolve, reject) => {
        waiting.set(client, [...own, { password, hash, resolve, reject }]);
        turn(thread);
      });
    },
    close: () => end(),
  };
}

interface Waiting {
  readonly password: string;
  readonly hash: string;
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: Error) => void;
}

const mostOfClient = 8;
const mostWaiting = 64;
const restAfter = 10_000;

// As text, because a worker's file has another name in the package than here.
const source = `
const { parentPort, workerData } = require('node:worker_threads');
const { compareSync } = require(workerData);
parentPort.on('message', ([password, hash]) => {
  parentPort.postMessage(compareSync(password, hash));
});
`;
