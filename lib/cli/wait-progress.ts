import type { WatchedDevice } from '../monitor/types.ts';
import { lvsPercent } from '../units.ts';
import { type Course, coursesOf } from '../view/courses.ts';
import { formatSeconds } from '../view/duration.ts';
import { createPaces, leftText, type Pace, rateText } from '../view/paces.ts';
import { printable } from '../view/printable.ts';
import { summarizeSegments } from '../view/summary.ts';
import { bar } from './bar.ts';
import { cut } from './cut.ts';
import type { Look } from './look.ts';
import { displayWidth } from './text.ts';

/** How far a device is on its way to what is waited for. */
export interface Step {
  readonly title: string;
  /** What it is doing, in words. */
  readonly words: string;
  /** 0 to 1, of the way since the wait began for a merge; undefined while nothing can be said. */
  readonly ratio: number | undefined;
  readonly percent: string;
  readonly pace: Pace | undefined;
}

/** Makes the steps of one device, one a look. */
export function stepMaker(title: string): (device: WatchedDevice) => Step {
  const paces = createPaces();
  let first: Course | undefined;
  return (device) => {
    paces.observe(device);
    const course = coursesOf(device).find(({ kind }) => kind === 'sync' || kind === 'merge');
    const { text, health } = summarizeSegments(device.segments);
    const words = device.staleSince === null ? text || health : 'gives no answer';
    if (course === undefined) return { title, words, ratio: undefined, percent: '', pace: undefined };
    if (first?.kind !== course.kind || first.total !== course.total) first = course;
    // The kernel does not tell how full a snapshot was when its merge began.
    const start = course.kind === 'merge' ? first.done : 0;
    const done = Math.max(0, Math.round(course.done - start));
    const total = Math.round(course.total - start);
    const pace = paces.of(device.name, device.readAt);
    return {
      title,
      words,
      ratio: total <= 0 ? 1 : done / total,
      percent: `${lvsPercent(done, total)}%`,
      pace,
    };
  };
}

/** The line of a terminal, at most one column less than it is wide: the bar takes what room there is, up to 40. */
export function terminalLine(step: Step, look: Look): string {
  const numbers = [step.percent, rateText(step.pace), leftText(step.pace)].filter((part) => part !== '');
  return barLine([printable(step.title), printable(step.words)], numbers, step.ratio, look);
}

/** Such a line of texts, a bar if there is a ratio, and numbers. What does not fit goes by how much it matters. */
export function barLine(
  parts: readonly string[],
  numbers: readonly string[],
  ratio: number | undefined,
  look: Look,
): string {
  const width = (look.width ?? 80) - 1;
  const room = width - displayWidth([...parts, ...numbers].join('  ')) - 2;
  const drawn =
    ratio === undefined || room < narrowestBar
      ? []
      : [look.paint('busy', bar(ratio, Math.min(widestBar, room), look.unicode))];
  if (room >= 0) return [...parts, ...drawn, ...numbers].join('  ');
  // Colours are not cut, as there are none without a bar.
  return cut([...parts.slice(0, 1), ...numbers, ...parts.slice(1)].join('  '), width, look.unicode);
}

/** The line of a log. */
export function logLine(step: Step): string {
  return [
    printable(step.title),
    printable(step.words),
    step.percent,
    rateText(step.pace),
    leftText(step.pace),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** The last line: what came, and how long that took. */
export function endLine(title: string, words: string, milliseconds: number): string {
  return `${printable(title)}  ${words} after ${formatSeconds(Math.round(milliseconds / 1000))}`;
}

/** Says for each step at `now` (milliseconds) whether a log needs a line: the first, every tenth, every 30 seconds. */
export function logPace(): (step: Pick<Step, 'ratio'>, now: number) => boolean {
  let tenth = -1;
  let since = Number.NEGATIVE_INFINITY;
  return ({ ratio }, now) => {
    const next = ratio === undefined ? tenth : Math.floor(ratio * 10);
    if (next <= tenth && now - since < 30_000) return false;
    tenth = Math.max(tenth, next);
    since = now;
    return true;
  };
}

const narrowestBar = 8;
const widestBar = 40;
