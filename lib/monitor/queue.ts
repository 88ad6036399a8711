import type { Change } from './types.ts';

/** The changes that one consumer has not taken yet. */
export interface ChangeQueue extends AsyncIterableIterator<Change, undefined> {
  /** Adds a change, unless the queue is closed. */
  push(change: Change): void;
  /** Takes the next change; waits for one, or for the end. Several calls may wait: they are served in order. */
  next(): Promise<IteratorResult<Change, undefined>>;
  /** Lets the consumer take what is there, then ends. May be called again. */
  close(): void;
  /** Ends at once and forgets what is there, as leaving a `for await` does. */
  return(): Promise<IteratorResult<Change, undefined>>;
  /** How many changes wait to be taken. */
  readonly size: number;
}

/**
 * What one slow consumer gets to see: every change in order, of which `limit` may wait. Beyond that the oldest are
 * dropped, and one `overflowed` in their place says how many. Of `progressed` changes of one device, segment and kind
 * of progress only the newest waits; every other change is a transition and kept.
 * `onReturn` is called once if the consumer leaves.
 */
export function changeQueue(limit = 10_000, onReturn: () => void = () => {}): ChangeQueue {
  let waiting: (Change | undefined)[] = [];
  let head = 0;
  let size = 0;
  let dropped = 0;
  let droppedAt = 0;
  let isClosed = false;
  let isReturned = false;
  const placeOf = new Map<string, number>();
  const takers: ((result: IteratorResult<Change, undefined>) => void)[] = [];

  const take = (): Change | undefined => {
    while (head < waiting.length) {
      const change = waiting[head];
      waiting[head++] = undefined;
      if (change === undefined) continue;
      const key = keyOf(change);
      if (key !== undefined) placeOf.delete(key);
      size--;
      return change;
    }
    return undefined;
  };
  // Places that were left by newer changes and by the consumer are given back once they are the most.
  const compact = (): void => {
    if (waiting.length < 32 || waiting.length < 2 * size) return;
    waiting = waiting.filter((change) => change !== undefined);
    head = 0;
    for (const [index, change] of waiting.entries()) {
      const key = change === undefined ? undefined : keyOf(change);
      if (key !== undefined) placeOf.set(key, index);
    }
  };
  const add = (change: Change): void => {
    const key = keyOf(change);
    const place = key === undefined ? undefined : placeOf.get(key);
    if (place === undefined) size++;
    else waiting[place] = undefined;
    if (key !== undefined) placeOf.set(key, waiting.length);
    waiting.push(change);
    if (size > limit) {
      droppedAt = take()?.at ?? droppedAt;
      dropped++;
    }
    compact();
  };
  const takeNext = (): Change | undefined => {
    if (dropped === 0) return take();
    const overflowed: Change = { kind: 'overflowed', at: droppedAt, dropped };
    dropped = 0;
    return overflowed;
  };
  const end = (): void => {
    isClosed = true;
    for (const taker of takers.splice(0)) taker(done);
  };

  return {
    push(change) {
      if (isClosed) return;
      const taker = takers.shift();
      if (taker === undefined) add(change);
      else taker({ done: false, value: change });
    },
    async next() {
      const change = takeNext();
      if (change !== undefined) return { done: false, value: change };
      if (isClosed) return done;
      return new Promise((resolve) => takers.push(resolve));
    },
    close: end,
    async return() {
      end();
      waiting = [];
      placeOf.clear();
      head = size = dropped = 0;
      if (!isReturned) onReturn();
      isReturned = true;
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    get size() {
      return size;
    },
  };
}

const done: IteratorResult<Change, undefined> = { done: true, value: undefined };

// What is replaced by its like: by number, as a device that is renamed meanwhile stays the same.
function keyOf(change: Change): string | undefined {
  if (change.kind !== 'progressed') return undefined;
  return `${change.device.major}:${change.device.minor} ${change.segment} ${change.progress}`;
}
