/**
 * Calls `stop` when the signal fires; the returned function takes that back. However many calls share a signal, it has
 * one listener of ours, so that Node does not warn of a leak.
 */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal === undefined) return () => {};
  const stops = stopsOf.get(signal) ?? listen(signal);
  stops.add(stop);
  return () => {
    if (stops.delete(stop) && stops.size === 0) stops.unlisten();
  };
}

/** What a call rejects with when its signal fires, as Node's own calls do: `name`, `code`, and the reason as `cause`. */
export function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error('The operation was aborted', { cause: signal?.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

interface Stops extends Set<() => void> {
  unlisten(): void;
}

const stopsOf = new WeakMap<AbortSignal, Stops>();

function listen(signal: AbortSignal): Stops {
  // Not by the event: Node 20 sets its currentTarget to null after the first listener, which may be another's.
  const fire = (): void => {
    stops.unlisten();
    for (const stop of stops) stop();
  };
  const stops: Stops = Object.assign(new Set<() => void>(), {
    unlisten: () => {
      if (stopsOf.get(signal) === stops) stopsOf.delete(signal);
      signal.removeEventListener('abort', fire);
    },
  });
  stopsOf.set(signal, stops);
  signal.addEventListener('abort', fire);
  return stops;
}
