import { type ExitStatus, exitStatus } from './exit.ts';

/** What a process is told to end by, while something must not be left half-done. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** What the process is to end with; null while nobody has asked. */
  status(): ExitStatus | null;
  /** Gives the signals back. */
  end(): void;
}

/**
 * Takes SIGINT, SIGTERM and SIGHUP, which would end the process at once: the first of them aborts, and `onAgain` is
 * called for each that follows.
 */
export function takeSignals(onFirst: () => void, onAgain: () => void): Interrupt {
  const control = new AbortController();
  let status: ExitStatus | null = null;
  const taken = statuses.map(([name, ended]) => {
    const before = process.listeners(name);
    process.removeAllListeners(name);
    const listener = (): void => {
      if (status !== null) {
        onAgain();
        return;
      }
      status = ended;
      onFirst();
      control.abort(new Error(`ended by ${name}`));
    };
    process.on(name, listener);
    return () => {
      process.removeListener(name, listener);
      for (const one of before) process.on(name, one);
    };
  });
  return {
    signal: control.signal,
    status: () => status,
    end() {
      for (const give of taken) give();
    },
  };
}

const statuses = [
  ['SIGINT', exitStatus.interrupted],
  ['SIGTERM', exitStatus.terminated],
  ['SIGHUP', exitStatus.hungUp],
] as const;
