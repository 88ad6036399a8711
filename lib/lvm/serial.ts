import { abortError, onAbort } from '../abort.ts';
import { lvmError } from './errors.ts';

/** Which groups a command changes (none: a report); all that there are, and devices of none, with `everything`. */
export type Turn = readonly string[] | 'everything';

/** Who may change which group: one after another, in the order in which they came. */
export interface Serial {
  /**
   * Waits for the turn; the returned function ends it (once, however often it is called). Rejects with an `AbortError`
   * if the signal fires before that, and with an LvmError `timed-out` if it did not come in so many milliseconds.
   */
  readonly enter: (turn: Turn, signal?: AbortSignal, timeout?: number) => Promise<() => void>;
  /** How many have or wait for a turn. */
  readonly size: () => number;
}

/** Makes an empty {@link Serial}. */
export function createSerial(): Serial {
  const entries = new Set<Entry>();
  const admit = (): void => {
    for (const entry of admissible(entries)) entry.start();
  };
  const enter = (turn: Turn, signal?: AbortSignal, timeout?: number): Promise<() => void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(abortError(signal));
      if (turn.length === 0) return resolve(() => {});
      const wait = { over: (): void => {} };
      const leave = (): void => {
        if (entries.delete(entry)) admit();
      };
      const entry: Entry = {
        turn: turn === 'everything' ? turn : [...turn],
        started: false,
        start: () => {
          entry.started = true;
          wait.over();
          resolve(leave);
        },
      };
      const giveUp = (error: () => Error): void => {
        wait.over();
        leave();
        reject(error());
      };
      entries.add(entry);
      admit();
      if (entry.started) return;
      const forget = onAbort(signal, () => giveUp(() => abortError(signal)));
      const timer =
        timeout === undefined ? undefined : setTimeout(() => giveUp(() => tooLate(turn, timeout)), timeout);
      wait.over = () => {
        forget();
        clearTimeout(timer);
      };
    });
  return { enter, size: () => entries.size };
}

interface Entry {
  readonly turn: Turn;
  started: boolean;
  readonly start: () => void;
}

// Nobody overtakes one who waits for the same group, or a command on everything would wait for ever.
function admissible(entries: ReadonlySet<Entry>): readonly Entry[] {
  const found: Entry[] = [];
  const taken = new Set<string>();
  let first = true;
  for (const entry of entries) {
    if (entry.turn === 'everything') {
      if (first && !entry.started) found.push(entry);
      break;
    }
    if (!entry.started && !entry.turn.some((group) => taken.has(group))) found.push(entry);
    for (const group of entry.turn) taken.add(group);
    first = false;
  }
  return found;
}

function tooLate(turn: Turn, timeout: number): Error {
  const what = turn === 'everything' ? 'all groups' : turn.join(', ');
  return lvmError('timed-out', {
    command: [],
    message: `another command of this instance was still changing ${what} after ${timeout} ms`,
    changed: 'no',
  });
}
