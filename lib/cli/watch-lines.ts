import type { Change, ChangeKind, Monitor } from '../monitor/types.ts';
import { changeHealth, changeWords } from '../view/change-words.ts';
import { type Placed, place } from '../view/place.ts';
import { printable } from '../view/printable.ts';
import { toJson } from './json.ts';
import { type Look, plainLook } from './look.ts';
import type { Scope } from './scope.ts';

/** What of the changes is told, and how. */
export interface WatchForm {
  /** Also what happens to internal layers only. */
  readonly all: boolean;
  readonly json: boolean;
  readonly look: Look;
}

/** The lines of `devmapper watch`, one a change, as they come; ends when the monitor does. */
export async function* watchLines(
  monitor: Monitor,
  scope: Scope,
  { all = false, json = false, look = plainLook }: Partial<WatchForm> = {},
): AsyncGenerator<string> {
  const isStep = progressSteps();
  const exists = (name: string): boolean => monitor.current.has(name);
  for await (const change of monitor) {
    if (!isWanted(change, scope)) continue;
    const placed = place(change, exists);
    if (placed.internal && !all && !isNamed(change, scope)) continue;
    if (json) yield changeJson(change, placed);
    else if (isStep(change)) yield changeLine(change, placed, look);
  }
}

/** A change as a line for people: time in UTC, volume, what happened. Names are escaped. */
function changeLine(change: Change, { title }: Placed, look: Look): string {
  const words = printable(changeWords(change));
  return `${look.paint('faint', timeOf(change))}  ${printable(title)}  ${look.paint(changeHealth(change), words)}`;
}

/** A change as a line of JSON: the API's record, with the time in words and what the volume is called. */
function changeJson(change: Change, { title, volume }: Placed): string {
  return toJson({ time: timeOf(change), title, volume, ...change });
}

function timeOf({ at }: Change): string {
  return new Date(at).toISOString();
}

function isNamed(change: Change, scope: Scope): boolean {
  return 'device' in change && scope.isNamedLayer(change.device);
}

function isWanted(change: Change, scope: Scope): boolean {
  if (change.kind === 'overflowed') return true;
  if (change.kind !== 'device-renamed') return scope.has(change.device);
  return [change.before, change.after].some((name) => scope.has({ ...change.device, name }));
}

// A sync of hours would be a line a second: tenths are enough for people.
function progressSteps(): (change: Change) => boolean {
  const reached = new Map<string, number>();
  return (change) => {
    if (change.kind === 'overflowed') return true;
    const { name } = change.device;
    if (ends.has(change.kind)) reached.delete(name);
    if (change.kind !== 'progressed') return true;
    const step = Math.floor(change.ratio * 10);
    if (reached.get(name) === step) return false;
    reached.set(name, step);
    return true;
  };
}

const ends: ReadonlySet<ChangeKind> = new Set([
  'device-removed',
  'in-sync',
  'sync-started',
  'merge-started',
  'merge-failed',
  'merge-finished',
]);
