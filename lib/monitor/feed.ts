import { changeQueue } from './queue.ts';
import type { Change, ChangeKind } from './types.ts';

/** Hands the changes of a monitor to whoever wants them. */
export interface ChangeFeed {
  push(change: Change): void;
  /** Says that a look is over, and all of its changes are told. */
  looked(): void;
  /** Ends all iterations, those without an error after what they still hold, and tells those who wait. */
  end(error?: Error): void;
  on(listener: (change: Change) => void): () => void;
  on<K extends ChangeKind>(kind: K, listener: (change: Extract<Change, { kind: K }>) => void): () => void;
  /** Calls `listener` after every look, or `ended` once when there will be no more. The returned function ends that. */
  onLook(listener: () => void, ended: (error: Error) => void): () => void;
  /** Starts an iteration: from now on, every change in order, with the bound of {@link changeQueue}. */
  iterate(): AsyncIterator<Change, undefined>;
}

/** A feed without consumers. A listener that throws does so on the next turn of the event loop, and stops no other. */
export function changeFeed(endedError: () => Error): ChangeFeed {
  const listeners = new Set<(change: Change) => void>();
  const queues = new Set<ReturnType<typeof changeQueue>>();
  const lookers = new Set<{ readonly listener: () => void; readonly ended: (error: Error) => void }>();
  let ending: { readonly error: Error | undefined } | undefined;

  return {
    push(change) {
      for (const queue of queues) queue.push(change);
      for (const listener of listeners) inform(() => listener(change));
    },
    looked() {
      for (const { listener } of [...lookers]) listener();
    },
    end(error) {
      ending = { error };
      for (const queue of queues) queue.close();
      for (const { ended } of [...lookers]) ended(error ?? endedError());
      queues.clear();
      listeners.clear();
      lookers.clear();
    },
    on(first: ChangeKind | ((change: Change) => void), second?: (change: never) => void) {
      const listener = (change: Change): void => {
        if (typeof first === 'function') first(change);
        else if (change.kind === first) second?.(change as never);
      };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onLook(listener, ended) {
      if (ending !== undefined) ended(ending.error ?? endedError());
      const looker = { listener, ended };
      lookers.add(looker);
      return () => void lookers.delete(looker);
    },
    iterate() {
      const queue = changeQueue(undefined, () => void queues.delete(queue));
      if (ending === undefined) queues.add(queue);
      else queue.close();
      return {
        async next() {
          const result = await queue.next();
          if (result.done && ending?.error !== undefined) throw ending.error;
          return result;
        },
        return: () => queue.return(),
      };
    },
  };
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
