import type { RawDevice } from '../addon.ts';
import { toInfo, toStatus } from '../device.ts';
import { DmError } from '../errors.ts';
import { blockingTargets } from '../targets/blocking.ts';
import { isLive, type Status } from '../targets/index.ts';
import type { DecodeContext } from '../targets/target.ts';
import { changesBetween } from './changes.ts';
import { keyOf, type Readable } from './reader.ts';
import type { Change, WatchedDevice } from './types.ts';
import type { UsageTracker } from './usage-tracker.ts';

/** What a monitor knows of the devices: told lists and answers, it says what changed. Asks nothing itself. */
export interface World {
  /** The newest state of every device that has been read, by name. */
  current(): ReadonlyMap<string, WatchedDevice>;
  /** Takes a list of all devices; says which are gone, and which must be read because something is new of them. */
  list(devices: readonly RawDevice[], at: number): ListNews;
  /**
   * Takes an answer about one device that was asked at `askedAt`. One that is older than the last is dropped, and so is
   * one about another device than the list has at that number: only the list says which devices there are.
   */
  answer(raw: RawDevice, context: DecodeContext, askedAt: number, at: number): readonly Change[];
  /** Takes note that a device has not answered. `info` is what can be had of it without its targets. */
  silence(raw: RawDevice, info: RawDevice | undefined, askedAt: number, at: number): readonly Change[];
  /** Every device of the last list. */
  all(): readonly Readable[];
  /** Those whose value can move without an event. */
  live(): readonly Readable[];
}

/** What a list says. */
export interface ListNews {
  readonly changes: readonly Change[];
  readonly mustRead: readonly Readable[];
}

/** Starts with nothing. `watches` says which names are of interest; `usage` remembers what their fill has crossed. */
export function emptyWorld(watches: (name: string) => boolean, usage: UsageTracker): World {
  const listed = new Map<string, Listed>();
  let byName: ReadonlyMap<string, WatchedDevice> | undefined;

  const update = (entry: Listed, after: WatchedDevice, askedAt: number, at: number): readonly Change[] => {
    const before = entry.watched;
    const changes = changesBetween(before, after, at);
    entry.watched = after;
    entry.askedAt = askedAt;
    byName = undefined;
    if (before !== undefined && changes.some(({ kind }) => kind === 'device-removed')) usage.forget(before);
    return [...changes, ...usage.look(after, at)];
  };

  return {
    current() {
      byName ??= new Map(
        [...listed.values()].flatMap(({ watched }) => (watched ? [[watched.name, watched]] : [])),
      );
      return byName;
    },
    list(devices, at) {
      const changes: Change[] = [];
      const mustRead: Listed[] = [];
      const present = new Set<string>();
      for (const raw of devices) {
        if (!watches(raw.name)) continue;
        const key = keyOf(raw);
        present.add(key);
        const entry = listed.get(key) ?? newEntry(raw);
        listed.set(key, entry);
        if (entry.watched === undefined || isNews(entry.raw, raw)) mustRead.push(entry);
        entry.raw = raw;
      }
      for (const [key, entry] of listed) {
        if (present.has(key)) continue;
        listed.delete(key);
        byName = undefined;
        changes.push(...changesBetween(entry.watched, undefined, at));
        if (entry.watched !== undefined) usage.forget(entry.watched);
      }
      return { changes, mustRead };
    },
    answer(raw, context, askedAt, at) {
      const entry = listed.get(keyOf(raw));
      if (entry === undefined || askedAt < entry.askedAt || !isListed(entry.raw, raw)) return [];
      const { segments } = toStatus(raw, context);
      const after: WatchedDevice = {
        name: raw.name,
        uuid: raw.uuid === '' ? null : raw.uuid,
        major: raw.major,
        minor: raw.minor,
        info: toInfo(raw),
        segments,
        readAt: at,
        staleSince: null,
        error: null,
        // A resume sends no event, nor does what goes on after it.
        live: raw.suspended || segments.some(({ status }) => isLive(status)),
      };
      return update(entry, after, askedAt, at);
    },
    silence(raw, info, askedAt, at) {
      const entry = listed.get(keyOf(raw));
      if (entry === undefined || askedAt < entry.askedAt || raw.failure === null) return [];
      const error = new DmError({ ...raw.failure, device: entry.raw.name });
      const known = entry.watched ?? (info === undefined ? undefined : neverRead(info, at));
      if (known === undefined) return [];
      const changes = entry.watched === undefined ? changesBetween(undefined, known, at) : [];
      entry.watched = known;
      const after = { ...known, staleSince: known.staleSince ?? at, error: known.error ?? error };
      return [...changes, ...update(entry, after, askedAt, at)];
    },
    all: () => [...listed.values()],
    live: () =>
      [...listed.values()].filter(
        ({ watched }) => watched === undefined || watched.live || watched.staleSince !== null,
      ),
  };
}

interface Listed extends Readable {
  raw: RawDevice;
  watched: WatchedDevice | undefined;
  askedAt: number;
}

function newEntry(raw: RawDevice): Listed {
  return {
    raw,
    watched: undefined,
    askedAt: 0,
    major: raw.major,
    minor: raw.minor,
    get mayHang() {
      const { watched } = this;
      if (watched === undefined) return false;
      return watched.staleSince !== null || watched.segments.some(({ status }) => mayHang(status));
    },
  };
}

function mayHang(status: Status): boolean {
  return blockingTargets.has(status.type === 'unknown' ? status.target : status.type);
}

// A number alone is no identity: a device may have been removed and another made between two lists.
function isNews(before: RawDevice, after: RawDevice): boolean {
  if (before === after) return false;
  return before.eventNumber !== after.eventNumber || before.name !== after.name || before.uuid !== after.uuid;
}

// From the time before or after the list; the list that follows it has news then. Old kernels list no uuids.
function isListed({ name, uuid }: RawDevice, answer: RawDevice): boolean {
  return name === answer.name && (uuid === '' || uuid === answer.uuid);
}

function neverRead(info: RawDevice, at: number): WatchedDevice {
  const { name, major, minor } = info;
  const uuid = info.uuid === '' ? null : info.uuid;
  return {
    name,
    uuid,
    major,
    minor,
    info: toInfo(info),
    segments: [],
    readAt: at,
    staleSince: null,
    error: null,
    live: true,
  };
}
