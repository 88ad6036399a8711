import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/** Compares passwords with bcrypt hashes in a thread of its own, one at a time, as costs are meant to be felt. */
export interface Bcrypt {
  /**
   * Whether the password is that of the hash; undefined, at once, where too many others wait. Rejects if the thread has
   * failed or was closed.
   */
  compare(password: string, hash: string): Promise<boolean | undefined>;
  /** Ends the thread. May be called again. */
  close(): void;
}

/** Starts with no thread: there is one only while something is to be compared. */
export function openBcrypt(): Bcrypt {
  let worker: Worker | undefined;
  let resting: NodeJS.Timeout | undefined;
  let next = 0;
  const waiting = new Map<number, Waiting>();

  const end = (error?: Error): void => {
    clearTimeout(resting);
    void worker?.terminate();
    worker = undefined;
    for (const { reject } of waiting.values()) reject(error ?? new Error('the comparison was ended'));
    waiting.clear();
  };

  const start = (): Worker => {
    const started = new Worker(source, {
      eval: true,
      workerData: createRequire(import.meta.url).resolve('bcryptjs'),
      execArgv: [],
    });
    started.unref();
    started.on('message', ([id, isRight]: readonly [number, boolean]) => {
      waiting.get(id)?.resolve(isRight);
      waiting.delete(id);
      if (waiting.size === 0) resting = setTimeout(end, restAfter).unref();
    });
    const failed = (error: Error): void => {
      if (worker === started) end(error);
    };
    started.on('error', failed);
    started.on('exit', () => failed(new Error('the thread that compares passwords has ended')));
    return started;
  };

  return {
    compare(password, hash) {
      if (waiting.size >= mostWaiting) return Promise.resolve(undefined);
      clearTimeout(resting);
      const thread = worker ?? start();
      worker = thread;
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        thread.postMessage([id, password, hash]);
      });
    },
    close: () => end(),
  };
}

interface Waiting {
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: Error) => void;
}

const mostWaiting = 16;
const restAfter = 10_000;

// As text, because a worker's file has another name in the package than here.
const source = `
const { parentPort, workerData } = require('node:worker_threads');
const { compareSync } = require(workerData);
parentPort.on('message', ([id, password, hash]) => {
  parentPort.postMessage([id, compareSync(password, hash)]);
});
`;
