import { formatSectors } from '../units.ts';
import { formatSeconds } from '../view/duration.ts';
import { printable } from '../view/printable.ts';
import type { WorkflowProgress } from '../workflows/progress.ts';
import type { Io } from './io.ts';
import { toJson } from './json.ts';
import { type Look, lookOf, plainLook } from './look.ts';
import { barLine, logPace } from './wait-progress.ts';

/** Shows on standard error how far a workflow is. */
export interface ProgressView {
  show(progress: WorkflowProgress): void;
  /** Takes the line of a terminal away, so that others can write. */
  clear(): void;
  /** What it is at, in words. */
  current(): string;
}

/** A view for people: a line that moves on a terminal, lines elsewhere; with `json` a JSON line for each progress. */
export function progressView(io: Io, json: boolean): ProgressView {
  let current = 'the first look';
  let begun = performance.now();
  const look = json ? plainLook : problemsLook(io);
  const line = json || look.width === undefined ? logLines(io, json) : terminalLines(io);
  return {
    show(progress) {
      if ('title' in progress) current = progress.title;
      if (progress.kind === 'step-started' || progress.kind === 'cleanup-started') begun = performance.now();
      line.show(progress, performance.now() - begun);
    },
    clear: () => line.clear(),
    current: () => current,
  };
}

/** The look of standard error. */
export function problemsLook({ problems, look }: Io): Look {
  if (!('isTTY' in problems) || problems.isTTY !== true) return { ...plainLook, unicode: look.unicode };
  return lookOf(problems as NodeJS.WriteStream, process.env);
}

/** The line of one progress, without a bar; null for one that needs none. */
export function progressLine(progress: WorkflowProgress): string | null {
  switch (progress.kind) {
    case 'step-started':
      return `${countText(progress)}  ${printable(progress.title)}`;
    case 'step-progressed':
      return [countText(progress), printable(progress.title), ...numbersOf(progress)].join('  ');
    case 'step-finished':
    case 'cleanup-finished':
      return null;
    case 'cleanup-started':
      return `clean-up  ${printable(progress.title)}`;
    case 'cleanup-failed':
      return `clean-up failed  ${printable(progress.title)}`;
    case 'warning':
      return `warning: ${printable(progress.text)}`;
  }
}

interface Lines {
  show(progress: WorkflowProgress, milliseconds: number): void;
  clear(): void;
}

function logLines({ problems }: Io, json: boolean): Lines {
  let isDue = logPace();
  return {
    show(progress) {
      if (progress.kind === 'step-started') isDue = logPace();
      if (progress.kind === 'step-progressed') {
        const { ratio } = progress;
        if (!isDue({ ratio: ratio ?? undefined }, performance.now())) return;
      }
      const text = json ? toJson(progress) : progressLine(progress);
      if (text !== null) problems.write(`${text}\n`);
    },
    clear() {},
  };
}

function terminalLines(io: Io): Lines {
  const { problems } = io;
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) problems.write('\r\x1b[K');
    isDrawn = false;
  };
  const keep = (text: string): void => {
    clear();
    problems.write(`${text}\n`);
  };
  return {
    show(progress, milliseconds) {
      const isMoving = progress.kind === 'step-started' || progress.kind === 'step-progressed';
      if (isMoving || progress.kind === 'cleanup-started') {
        // A terminal that is slow, or stopped, gets the newest only.
        if (problems.writableNeedDrain) return;
        problems.write(`\r${movingLine(progress, problemsLook(io))}\x1b[K`);
        isDrawn = true;
        return;
      }
      const time = formatSeconds(Math.round(milliseconds / 1000));
      if (progress.kind === 'step-finished')
        keep(`${countText(progress)}  ${printable(progress.title)}  ${time}`);
      else if (progress.kind === 'cleanup-finished') keep(`clean-up  ${printable(progress.title)}  ${time}`);
      else keep(progressLine(progress) ?? '');
    },
    clear,
  };
}

function movingLine(progress: WorkflowProgress, look: Look): string {
  if (progress.kind !== 'step-progressed')
    return barLine([progressLine(progress) ?? ''], [], undefined, look);
  const parts = [countText(progress), printable(progress.title)];
  return barLine([parts.join('  ')], numbersOf(progress), progress.ratio ?? undefined, look);
}

function countText({ index, count }: { readonly index: number; readonly count: number }): string {
  return `${String(index + 1).padStart(String(count).length)}/${count}`;
}

function numbersOf(progress: Extract<WorkflowProgress, { kind: 'step-progressed' }>): readonly string[] {
  const { ratio, bytesPerSecond, remaining, detail } = progress;
  return [
    ...(detail == null ? [] : [printable(detail)]),
    // Only what is done has 100 percent.
    ...(ratio === null ? [] : [`${(ratio >= 1 ? 100 : Math.min(99.99, ratio * 100)).toFixed(2)}%`]),
    ...(bytesPerSecond == null ? [] : [`${formatSectors(Math.round(bytesPerSecond / 512))}/s`]),
    ...(remaining == null ? [] : [`${formatSeconds(Math.round(remaining / 1000))} left`]),
  ];
}
