import { abortError, onAbort } from '../abort.ts';
import type { RawDevice } from '../addon.ts';
import { closedError, DmError } from '../errors.ts';
import { openSession } from '../native.ts';
import { statusContext } from '../status-context.ts';
import { changeFeed } from './feed.ts';
import { toSettings } from './options.ts';
import { type Readable, statusReader } from './reader.ts';
import type { Change, Monitor, MonitorOptions } from './types.ts';
import { untilTrue } from './until.ts';
import { usageTracker } from './usage-tracker.ts';
import { emptyWorld } from './world.ts';

/**
 * Starts watching. Events of the kernel say when something may have changed, a look every interval what moves without
 * one; where nothing is live and nothing happens, nothing is asked. Throws a TypeError or RangeError for wrong options.
 * `ended` is called once, however it ends.
 */
export function startMonitor(
  options: MonitorOptions = {},
  ended: (monitor: Monitor) => void = () => {},
): Monitor {
  const settings = toSettings(options);
  const { deadline, extentSectors, interval, keepAlive } = settings;
  const session = openSession('direct');
  const context = statusContext(session);
  const reader = statusReader(session, deadline);
  const world = emptyWorld(settings.watches, usageTracker(settings));
  const feed = changeFeed(monitorClosed);

  let source: Monitor['source'] = 'events';
  let failure: Error | undefined;
  let wakeups = 0;
  let isOpen = true;
  let sweepIsDue = false;
  let tick: NodeJS.Timeout | undefined;
  let tickAt = 0;
  const first = deferred();

  // Whoever awaits something keeps the process alive meanwhile, as every call does; watching alone does not.
  let awaiting = 0;
  const held = async <T>(promise: Promise<T>): Promise<T> => {
    if (awaiting++ === 0) session.keepAlive(true);
    try {
      return await promise;
    } finally {
      if (--awaiting === 0) session.keepAlive(keepAlive);
    }
  };
  const ready = held(first.promise);
  ready.catch(() => undefined);

  const tell = (changes: readonly Change[]): void => {
    if (!isOpen) return;
    for (const change of changes) feed.push(change);
    feed.looked();
  };

  // What needs no further question is told at once and together: an await in between would let a later look overtake.
  const answered = async (answers: readonly RawDevice[], askedAt: number): Promise<void> => {
    const changes: Change[] = [];
    const pending: Promise<void>[] = [];
    for (const raw of answers) {
      const known = raw.failure === null ? context.known(raw, extentSectors) : undefined;
      if (known === undefined) pending.push(answeredLater(raw, askedAt));
      else changes.push(...world.answer(raw, known, askedAt, Date.now()));
    }
    tell(changes);
    await Promise.all(pending);
  };

  const answeredLater = async (raw: RawDevice, askedAt: number): Promise<void> => {
    if (raw.failure === null) {
      const known = await context.ask(raw, extentSectors, { until: askedAt + deadline });
      tell(world.answer(raw, known, askedAt, Date.now()));
    } else {
      const info = await infoOf(raw);
      tell(world.silence(raw, info, askedAt, Date.now()));
    }
  };

  // Never blocks on a disk: what there is to know of a device that hangs.
  const infoOf = (raw: RawDevice): Promise<RawDevice | undefined> =>
    session
      .one({ query: 'info', timeout: deadline, keepAlive: false }, { major: raw.major, minor: raw.minor })
      .catch(() => undefined);

  const read = (devices: readonly Readable[]): Promise<void> => {
    const askedAt = performance.now();
    return reader.read(devices, (answers) => answered(answers, askedAt));
  };

  const look = async (devices: readonly RawDevice[], everything: boolean): Promise<void> => {
    const { changes, mustRead } = world.list(devices, Date.now());
    tell(changes);
    // An event without news in the list is a table that was replaced, of whichever device.
    const isExplained = changes.length > 0 || mustRead.length > 0;
    const reading = read(everything || !isExplained ? world.all() : mustRead);
    // Events that come together are told once: another device's table may have been replaced as well. And a new table
    // is told before the device that has it is resumed, as md's event is before its state can be read (160 ms seen).
    sweepIsDue ||= !everything;
    schedule(sweepIsDue ? Math.min(interval, settleTime) : interval);
    await reading;
    schedule(interval);
  };

  const onTick = async (): Promise<void> => {
    tick = undefined;
    if (source === 'polling') {
      await look(await list(), true);
    } else {
      const devices = sweepIsDue ? world.all() : world.live();
      sweepIsDue = false;
      // Before the answers are there, so that a device that hangs does not put off the next look at the others.
      if (devices.length > 0) schedule(interval);
      await read(devices);
      schedule(interval);
    }
  };

  // Without anything live or due there is no timer, hence no call, until the next event.
  const schedule = (delay: number): void => {
    if (!isOpen) return;
    if (source === 'events' && !sweepIsDue && world.live().length === 0) return;
    const at = performance.now() + delay;
    // A look that is due is never put off: events could come faster than that for ever.
    if (tick !== undefined && tickAt <= at) return;
    clearTimeout(tick);
    tickAt = at;
    tick = setTimeout(() => onTick().catch(end), delay);
    if (!keepAlive) tick.unref();
  };

  const list = (): Promise<readonly RawDevice[]> =>
    session.all({ query: 'list', timeout: deadline, keepAlive: false });

  const firstLook = (devices: readonly RawDevice[]): Promise<void> => look(devices, true).then(first.resolve);

  const end = (error?: Error): void => {
    if (!isOpen) return;
    isOpen = false;
    failure = error;
    clearTimeout(tick);
    leave();
    session.close();
    first.reject(error ?? monitorClosed());
    feed.end(error);
    ended(monitor);
  };
  const leave = onAbort(settings.signal, () => end(abortError(settings.signal)));

  const monitor: Monitor = {
    get current() {
      return world.current();
    },
    get source() {
      return source;
    },
    get wakeups() {
      return wakeups;
    },
    ready,
    async refresh() {
      if (!isOpen) throw failure ?? monitorClosed();
      await held(list().then((devices) => look(devices, true)));
      return world.current();
    },
    on: feed.on,
    until: (predicate, limits = {}) =>
      held(untilTrue(() => predicate(world.current()), { ready, feed, limits })),
    close: () => end(),
    [Symbol.asyncIterator]: feed.iterate,
    async [Symbol.asyncDispose]() {
      end();
    },
  };

  let isFirst = true;
  session.listen((news) => {
    const looked = async (): Promise<void> => {
      if (!(news instanceof DmError)) {
        const isStart = isFirst;
        isFirst = false;
        if (!isStart) wakeups++;
        await (isStart ? firstLook(news) : look(news, false));
      } else if (news.code === 'ENOSYS') {
        source = 'polling';
        await firstLook(await list());
      } else {
        throw news;
      }
    };
    looked().catch(end);
  });
  if (settings.signal?.aborted) end(abortError(settings.signal));
  return monitor;
}

const settleTime = 250;
const monitorClosed = (): DmError => closedError('monitor');

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  // Whoever does not ask for it is not told by a crash.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
