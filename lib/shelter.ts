import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs what has to come to its end, such as a clean-up: the programs that it starts get a session of their own, where no
 * further Ctrl-C of the terminal reaches them. Rejects as `call` does.
 */
export function sheltered<T>(call: () => Promise<T>): Promise<T> {
  return shelter.run(true, call);
}

/** Whether this is called by what {@link sheltered} runs. Never throws. */
export function isSheltered(): boolean {
  return shelter.getStore() === true;
}

/**
 * Runs a program, and in what is sheltered again if SIGINT has ended it: that came between its fork and its own session,
 * before there was a program that could have done anything. Rejects as `run` does.
 */
export async function runSheltered<T>(
  run: () => Promise<T>,
  signalOf: (ended: T) => NodeJS.Signals | null,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const ended = await run();
    if (!isSheltered() || signalOf(ended) !== 'SIGINT' || attempt === mostAttempts) return ended;
  }
}

const shelter = new AsyncLocalStorage<true>();
// Ctrl-C that is held down comes 30 times a second, and a fork takes long on a slow machine; but somebody may mean it.
const mostAttempts = 100;
