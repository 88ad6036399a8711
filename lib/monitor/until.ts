import { abortError, onAbort } from '../abort.ts';
import { requireOnly, requireSignal, requireTimeout } from '../arguments.ts';
import { DmError } from '../errors.ts';
import type { ChangeFeed } from './feed.ts';
import type { UntilOptions } from './types.ts';

/** What a wait hangs on. */
export interface Waiting {
  readonly ready: Promise<void>;
  readonly feed: ChangeFeed;
  readonly limits: UntilOptions;
}

/**
 * Resolves with what `predicate` returns as soon as that is neither `undefined` nor `false`; asks after every look.
 * Rejects with what the predicate throws, an `AbortError`, reason `timed-out`, or what ended the monitor.
 */
export async function untilTrue<T>(predicate: () => T | undefined | false, waiting: Waiting): Promise<T> {
  requireOnly(waiting.limits, ['signal', 'timeout']);
  const signal = requireSignal(waiting.limits.signal);
  const timeout = waiting.limits.timeout === undefined ? undefined : requireTimeout(waiting.limits.timeout);
  if (signal?.aborted) throw abortError(signal);
  return new Promise<T>((resolve, reject) => {
    const stop: (() => void)[] = [];
    const settle = (finish: () => void): void => {
      for (const step of stop) step();
      finish();
    };
    const ask = (): void => {
      try {
        const found = predicate();
        if (found !== undefined && found !== false) settle(() => resolve(found));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    stop.push(onAbort(signal, () => settle(() => reject(abortError(signal)))));
    if (timeout !== undefined) {
      const timer = setTimeout(() => settle(() => reject(timedOut())), timeout);
      stop.push(() => clearTimeout(timer));
    }
    let isSettled = false;
    stop.push(() => {
      isSettled = true;
    });
    const fail = (error: Error): void => settle(() => reject(error));
    // Before the first look is over, what is not there may only not have been read yet.
    waiting.ready.then(() => {
      if (isSettled) return;
      stop.push(waiting.feed.onLook(ask, fail));
      ask();
    }, fail);
  });
}

function timedOut(): DmError {
  return new DmError({ reason: 'timed-out', errno: 110, operation: 'wait', device: '', log: [] });
}
