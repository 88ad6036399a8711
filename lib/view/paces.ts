import { forecast, type Observation, observe } from '../monitor/forecast.ts';
import type { WatchedDevice } from '../monitor/types.ts';
import { formatSectors } from '../units.ts';
import { type Course, coursesOf } from './courses.ts';
import { formatSeconds } from './duration.ts';

/** How fast a device moves. */
export interface Pace {
  readonly course: Course;
  /** Sectors of 512 bytes a second, below 0 if it goes back; undefined until two looks were apart. */
  readonly rate: number | undefined;
  /** What will be full or done first, and in how many seconds; undefined if no slope says anything. */
  readonly left: { readonly kind: Course['kind']; readonly seconds: number } | undefined;
}

/** Remembers how far devices were, as far back as a rate needs, and tells their pace. */
export interface Paces {
  /** Takes in what a device tells now. */
  observe(device: WatchedDevice): void;
  /** The pace of the device of that name at `now`, in milliseconds since the epoch; undefined if nothing moves. */
  of(name: string, now: number): Pace | undefined;
  /** Forgets a device. */
  forget(name: string): void;
}

/** The rate as text, such as `12.50 MiB/s`; `''` if it is not known, or of a store that nobody writes to. */
export function rateText(pace: Pace | undefined): string {
  if (pace?.rate === undefined || (pace.rate === 0 && pace.course.kind === 'fill')) return '';
  const text = `${formatSectors(Math.round(Math.abs(pace.rate)))}/s`;
  return pace.rate < 0 ? `-${text}` : text;
}

/** What is left as text, such as `full in 3h20m`; `''` if nobody can tell. */
export function leftText(pace: Pace | undefined): string {
  if (pace?.left === undefined) return '';
  return `${endings[pace.left.kind]} in ${formatSeconds(pace.left.seconds)}`;
}

const endings: Readonly<Record<Course['kind'], string>> = {
  sync: 'synced',
  merge: 'merged',
  hydration: 'copied',
  fill: 'full',
  metadata: 'meta full',
};

/** Starts remembering. */
export function createPaces(): Paces {
  const devices = new Map<string, Tracked>();
  return {
    observe(device) {
      if (device.staleSince !== null) return;
      const courses = coursesOf(device);
      if (courses.length === 0) {
        devices.delete(device.name);
        return;
      }
      const identity = `${device.uuid} ${device.major}:${device.minor}`;
      const known = devices.get(device.name);
      const before = known?.identity === identity ? known.tracks : [];
      const tracks = courses.map((course) => {
        const window = before.find((track) => track.course.kind === course.kind)?.window ?? [];
        const ratio = course.total === 0 ? 1 : course.done / course.total;
        return { course, window: observe(window, { at: device.readAt, ratio, total: course.total }) };
      });
      devices.set(device.name, { identity, tracks, pace: undefined });
    },
    of(name, now) {
      const tracked = devices.get(name);
      if (tracked === undefined) return undefined;
      tracked.pace ??= paceOf(tracked.tracks);
      return tracked.pace && aged(tracked.pace, tracked.tracks, now);
    },
    forget: (name) => void devices.delete(name),
  };
}

interface Tracked {
  readonly identity: string;
  readonly tracks: readonly Track[];
  // Worked out when it is first asked for: most devices are not on the screen.
  pace: Pace | undefined;
}

interface Track {
  readonly course: Course;
  readonly window: readonly Observation[];
}

function paceOf(tracks: readonly Track[]): Pace | undefined {
  const [first] = tracks;
  if (first === undefined) return undefined;
  const forecasts = tracks.map(({ course, window }) => ({ course, left: forecast(window)?.etaSeconds }));
  const [soonest] = forecasts.toSorted((a, b) => (a.left ?? Infinity) - (b.left ?? Infinity));
  const end = soonest?.left === undefined ? undefined : { kind: soonest.course.kind, seconds: soonest.left };
  return { course: first.course, rate: rateOf(first), left: end };
}

// What was forecast when the device was read last is nearer now.
function aged(pace: Pace, tracks: readonly Track[], now: number): Pace {
  const readAt = tracks[0]?.window.at(-1)?.at ?? now;
  if (pace.left === undefined) return pace;
  const seconds = Math.max(0, pace.left.seconds - Math.max(0, now - readAt) / 1000);
  return { ...pace, left: { ...pace.left, seconds } };
}

// A rate is of the last seconds, so that it follows what happens now; a long window is thin.
const rateWindow = 10_000;

function rateOf({ course, window }: Track): number | undefined {
  const last = window.at(-1);
  const first = window.find(
    ({ at }, index) => index === window.length - 2 || (last?.at ?? 0) - at <= rateWindow,
  );
  if (last === undefined || first === undefined || last.at - first.at < leastSpan) return undefined;
  return ((last.ratio - first.ratio) * course.total * 1000) / (last.at - first.at);
}

// Two looks that an event has brought close together tell more of the clock than of the device.
const leastSpan = 100;
