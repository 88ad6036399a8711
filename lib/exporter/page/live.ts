import type { Monitor, WatchedDevice } from '../../monitor/types.ts';
import type { Health } from '../../targets/target.ts';
import type { BlockDevice } from '../../view/block.ts';
import { changeHealth, changeWords } from '../../view/change-words.ts';
import { createRows, type LiveRow } from '../../view/live-rows.ts';
import { createPaces, type Paces } from '../../view/paces.ts';
import { place } from '../../view/place.ts';
import type { MetricsSource } from '../source.ts';
import { isSameTopology, readTopology, type Topology } from './topology.ts';

/** A change as the page tells it. */
export interface Note {
  /** Tells it from all others. */
  readonly key: string;
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly title: string;
  readonly words: string;
  readonly health: Health;
}

/** What is known at one moment. */
export interface Scene {
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** `starting` until the first look is over; then `watching`, or why the kernel cannot be asked. */
  readonly state: 'starting' | 'watching' | Error;
  readonly source: Monitor['source'];
  readonly current: Monitor['current'];
  /** By title. The same array until something changed. */
  rows(all: boolean): readonly LiveRow[];
  readonly paces: Paces;
  /** The newest first. */
  readonly notes: readonly Note[];
  /** Undefined until it has been read. */
  readonly topology: Topology | undefined;
}

/** Follows a source's monitor for the page. */
export interface Live {
  /** What is known now. */
  scene(): Scene;
  /** Has what is missing looked up: what stands on what, and a new monitor after a failure. Never rejects. */
  wanted(): Promise<void>;
  close(): void;
}

/** Starts following; keeps no process alive. */
export function follow(
  source: Pick<MetricsSource, 'monitor' | 'dm' | 'gather'>,
  blockDevice: (number: string) => BlockDevice | undefined,
): Live {
  const rows = createRows();
  const paces = createPaces();
  let monitor: Monitor | undefined;
  let seen: Monitor['current'] | undefined;
  let state: Scene['state'] = 'starting';
  let notes: readonly Note[] = [];
  let noted = 0;
  let topology: Topology | undefined;
  let isTopologyOld = true;
  let topologyAt = 0;
  let isReading = false;
  let askedAt = 0;
  let isOpen = true;

  const look = (): void => {
    if (!isOpen) return;
    if (monitor !== source.monitor) subscribe();
    // Before its first look is over a monitor knows nothing, or less than the one before it did.
    if (monitor === undefined || state !== 'watching' || monitor.current === seen) return;
    seen = monitor.current;
    const { read, gone } = rows.update(seen);
    if (gone.length > 0) isTopologyOld = true;
    for (const name of gone) paces.forget(name);
    for (const device of read) take(device);
  };

  const take = (device: WatchedDevice): void => {
    if (device.live) paces.observe(device);
    else paces.forget(device.name);
  };

  const subscribe = (): void => {
    const next = source.monitor;
    monitor = next;
    isTopologyOld = true;
    listen(next).then(
      () => ended(next, undefined),
      (error: unknown) => ended(next, error),
    );
  };

  const listen = async (next: Monitor): Promise<void> => {
    await next.ready;
    if (next !== monitor) return;
    state = 'watching';
    for await (const change of next) {
      if (!isOpen || next !== monitor) return;
      if (stacking.has(change.kind)) isTopologyOld = true;
      if (change.kind === 'progressed') continue;
      const { title, internal } = place(change, (name) => next.current.has(name));
      if (internal) continue;
      const key = String(noted++);
      const note = { key, at: change.at, title, words: changeWords(change), health: changeHealth(change) };
      notes = [note, ...notes.slice(0, mostNotes - 1)];
    }
  };

  const ended = (which: Monitor, error: unknown): void => {
    if (which !== monitor || !isOpen) return;
    state = error instanceof Error ? error : new Error('the monitor was closed');
  };

  const readAgain = async (): Promise<void> => {
    const age = Date.now() - topologyAt;
    // With ten thousand devices it takes a tenth of a second.
    const pause = Math.max(leastPause, 2 * (topology?.devices.length ?? 0));
    if (isReading || !((isTopologyOld && age >= pause) || age >= longestAge)) return;
    isReading = true;
    isTopologyOld = false;
    try {
      const read = await readTopology(source.dm, blockDevice);
      // What is worked out from it stays as long as it is the same.
      if (topology === undefined || !isSameTopology(topology, read)) topology = read;
    } catch {
      // What was known before is still the best there is.
      isTopologyOld = true;
    }
    topologyAt = Date.now();
    isReading = false;
  };

  const timer = setInterval(look, lookPause);
  timer.unref();
  look();

  return {
    scene() {
      look();
      const current = seen ?? new Map();
      const kind = monitor?.source ?? 'polling';
      return { at: Date.now(), state, source: kind, current, rows: rows.rows, paces, notes, topology };
    },
    async wanted() {
      const now = Date.now();
      if (state instanceof Error && now - askedAt >= retryPause) {
        askedAt = now;
        // A scrape starts the monitor anew where it can.
        await source.gather({ deadline: 1000 }).catch(() => undefined);
      }
      if (state === 'watching') await readAgain();
    },
    close() {
      isOpen = false;
      clearInterval(timer);
      monitor = undefined;
    },
  };
}

const mostNotes = 50;
// As often as the monitor itself looks, by default; a look that finds nothing new is a comparison.
const lookPause = 1000;
const leastPause = 2000;
// Loop devices and disks come and go without an event of device-mapper's.
const longestAge = 60_000;
const retryPause = 5000;

const stacking: ReadonlySet<string> = new Set([
  'device-added',
  'device-removed',
  'device-renamed',
  'device-resized',
  'device-resumed',
  'table-replaced',
  'overflowed',
]);
