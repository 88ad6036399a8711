import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

/**
 * Asks a reference, then us, then the reference again, until the reference has not changed meanwhile: then all three
 * speak of the same moment. Throws an Error if it never holds still.
 */
export async function sameMoment<R, O>(
  reference: () => Promise<R>,
  ours: () => Promise<O>,
  attempts = 40,
): Promise<{ readonly reference: R; readonly ours: O }> {
  let before = await reference();
  for (let attempt = 0; attempt < attempts; attempt++) {
    const answer = await ours();
    const after = await reference();
    if (isDeepStrictEqual(before, after)) return { reference: after, ours: answer };
    before = after;
  }
  throw new Error(`changed in each of ${attempts} attempts, last to ${JSON.stringify(before)}`);
}

/** Asks until `good` holds, and gives that answer. Throws an Error with the last answer after `seconds`. */
export async function until<T>(
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`not so after ${seconds} s: ${describe(answer)}`);
    await sleep(20);
  }
}

function describe(answer: unknown): string {
  return JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}
