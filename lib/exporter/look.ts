import type { DeviceMapper } from '../device-mapper.ts';
import { DmError } from '../errors.ts';
import type { Monitor, MonitorOptions, WatchedDevice } from '../monitor/types.ts';

/** What a look at all devices has brought. */
export interface Looked {
  readonly devices: readonly WatchedDevice[];
  /** Why the kernel could not be asked; null if it was. */
  readonly error: Error | null;
  /** The time was over before all answers were there. */
  readonly isLate: boolean;
  /** When it began, in milliseconds since the epoch: what was read before is older than the question. */
  readonly since: number;
}

/** Whether anything has come back of the kernel: of a look that was late, a device that was read. */
export function hasAnswered({ devices, error, isLate, since }: Looked): boolean {
  return error === null && (!isLate || devices.some(({ readAt }) => readAt >= since));
}

/** Looks at all devices through a monitor. */
export interface Looker {
  /**
   * What the monitor knows: of what moves by itself it is a second old at most, and of the rest events tell. What raises
   * no event (a device is opened, or just suspended) is seen by a look at everything, begun behind the answer when the
   * last is 15 s old. Where there are no events, or nothing was read yet, that look is waited for until this moment on
   * the clock of `performance.now()`, but not for devices that did not answer the last time. Never rejects.
   */
  look(until: number): Promise<Looked>;
  readonly monitor: Monitor;
  /** How many monitors there were before this one. */
  readonly restarts: number;
  close(): void;
}

/** Starts a monitor, and another one whenever that has failed. */
export function openLooker(dm: DeviceMapper, options: MonitorOptions): Looker {
  let monitor = dm.monitor(options);
  let looking: Looking | undefined;
  let restarts = 0;
  let lookedSince: number | undefined;

  const start = (): Looking => {
    const since = Date.now();
    const asked = monitor;
    const done = askAll(asked, since)
      .then(
        () => {
          lookedSince = since;
          return null;
        },
        (error: unknown) => {
          lookedSince = undefined;
          const failure = error instanceof Error ? error : new Error(String(error));
          const isOver = failure instanceof DmError && failure.reason === 'closed';
          // A module may be loaded later; only a monitor that was closed stays so.
          if (!isOver) {
            asked.close();
            monitor = dm.monitor(options);
            restarts++;
          }
          return failure;
        },
      )
      .finally(() => {
        looking = undefined;
      });
    return { since, done };
  };

  return {
    async look(until) {
      const now = Date.now();
      const since = lookedSince;
      // A look that does not come back means that nothing is known any more.
      const isPrompt = looking === undefined || now - looking.since < patience;
      if (since !== undefined && isPrompt && monitor.source === 'events') {
        if (now - since >= lookInterval) looking ??= start();
        return { devices: [...monitor.current.values()], error: null, isLate: false, since };
      }
      looking ??= start();
      const asked = looking;
      const error = await within(asked.done, until);
      const devices = [...monitor.current.values()];
      return { devices, error: error ?? null, isLate: error === undefined, since: asked.since };
    },
    get monitor() {
      return monitor;
    },
    get restarts() {
      return restarts;
    },
    close: () => monitor.close(),
  };
}

const lookInterval = 15_000;
const patience = 5000;

interface Looking {
  readonly since: number;
  /** Null, or the failure. */
  readonly done: Promise<Error | null>;
}

async function askAll(monitor: Monitor, since: number): Promise<void> {
  const answered = new AbortController();
  const isAnswered = (current: Monitor['current']): boolean => {
    if (current.size === 0) return false;
    for (const { readAt, staleSince } of current.values())
      if (staleSince === null && readAt < since) return false;
    return true;
  };
  const others = monitor.until(isAnswered, { signal: answered.signal });
  try {
    // A device that hangs keeps the refresh until its deadline, each time.
    await Promise.race([monitor.refresh(), others]);
  } finally {
    answered.abort();
    others.catch(() => undefined);
  }
}

/** What the promise brings until this moment on the clock of `performance.now()`; undefined after it. */
export async function within<T>(promise: Promise<T>, until: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, until - performance.now()));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
