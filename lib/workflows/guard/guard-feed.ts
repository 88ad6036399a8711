import type { GuardEvent } from './guard-events.ts';

/** Hands the events of a guard to whoever wants them. */
export interface GuardFeed {
  push(event: GuardEvent): void;
  /** Ends all iterations, after what they still hold. */
  end(): void;
  on(listener: (event: GuardEvent) => void): () => void;
  iterate(): AsyncIterator<GuardEvent, undefined>;
}

interface Reader {
  waiting: GuardEvent[];
  readonly takers: ((result: IteratorResult<GuardEvent, undefined>) => void)[];
}

// So many events wait for one slow reader, of which the oldest go first; of usage only the newest of a part waits.
const most = 1000;

/** A feed without consumers. A listener that throws does so on the next turn of the event loop, and stops no other. */
export function guardFeed(): GuardFeed {
  const listeners = new Set<(event: GuardEvent) => void>();
  const readers = new Set<Reader>();
  let ended = false;
  return {
    push(event) {
      for (const reader of readers) {
        const taker = reader.takers.shift();
        if (taker === undefined) reader.waiting = queued(reader.waiting, event);
        else taker({ done: false, value: event });
      }
      for (const listener of [...listeners]) inform(() => listener(event));
    },
    end() {
      ended = true;
      for (const { takers } of readers) for (const taker of takers.splice(0)) taker(over);
      listeners.clear();
    },
    on(listener) {
      if (!ended) listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    iterate() {
      const reader: Reader = { waiting: [], takers: [] };
      readers.add(reader);
      return {
        async next() {
          const event = reader.waiting.shift();
          if (event !== undefined) return { done: false, value: event };
          if (ended || !readers.has(reader)) return over;
          return new Promise((resolve) => reader.takers.push(resolve));
        },
        async return() {
          readers.delete(reader);
          for (const taker of reader.takers.splice(0)) taker(over);
          reader.waiting = [];
          return over;
        },
      };
    },
  };
}

const over: IteratorReturnResult<undefined> = { done: true, value: undefined };

function queued(waiting: readonly GuardEvent[], event: GuardEvent): GuardEvent[] {
  const kept =
    event.kind === 'usage'
      ? waiting.filter(({ kind, part }) => kind !== 'usage' || part !== event.part)
      : waiting;
  return [...kept, event].slice(-most);
}

function inform(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}
