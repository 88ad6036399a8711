import { abortError, onAbort } from '../abort.ts';
import { type LvmError, lvmError } from './errors.ts';

/** What ends a call early: a signal, and a time that counts for all of its parts together. */
export interface Deadline {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds that the whole call may take; none if undefined. */
  readonly timeout: number | undefined;
  /** Milliseconds that are left, 1 at least; undefined if there is no end. */
  readonly left: () => number | undefined;
  /** Throws an `AbortError` if the signal has fired, and an {@link LvmError} `timed-out` if no time is left. */
  readonly check: (command: readonly string[]) => void;
}

/** Counts from now. */
export function deadlineOf(signal: AbortSignal | undefined, timeout: number | undefined): Deadline {
  const began = performance.now();
  return {
    signal,
    timeout,
    left: () =>
      timeout === undefined ? undefined : Math.max(1, Math.ceil(began + timeout - performance.now())),
    check(command) {
      if (signal?.aborted === true) throw abortError(signal);
      if (timeout !== undefined && performance.now() >= began + timeout) throw tooLate(command, timeout);
    },
  };
}

/**
 * What comes of a promise, unless the deadline is sooner: rejects with an `AbortError` or with what `late` makes then.
 * What the promise stands for is not ended by that.
 */
export function within<T>(
  promise: Promise<T>,
  deadline: Deadline,
  late: (timeout: number) => Error,
): Promise<T> {
  const { signal, timeout, left } = deadline;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortError(signal));
    let timer: NodeJS.Timeout | undefined;
    const end = (settle: () => void): void => {
      forget();
      clearTimeout(timer);
      settle();
    };
    const forget = onAbort(signal, () => end(() => reject(abortError(signal))));
    if (timeout !== undefined) timer = setTimeout(() => end(() => reject(late(timeout))), left());
    promise.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    );
  });
}

/** The error of a command that was not started in time. */
export function tooLate(command: readonly string[], timeout: number): LvmError {
  return lvmError('timed-out', {
    command,
    message: `its time was up after ${timeout} ms, before it was started; nothing was done`,
    next: 'Try again with more time, or when what it waits for has ended.',
  });
}
