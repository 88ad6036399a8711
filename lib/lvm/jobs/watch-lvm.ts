import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../execute.ts';
import { parseProgressLine } from './progress-text.ts';
import type { Measure } from './reading.ts';
import type { UnderWay } from './under-way.ts';

/** lvm's side of one job, for where the kernel cannot be asked. */
export interface LvmWatch {
  /** Resolves when the report has to be looked at again. */
  next(now: UnderWay, onMeasure: (measure: Measure) => void, signal: AbortSignal): Promise<void>;
}

/**
 * Follows by `lvm lvpoll` in the foreground, which writes how far it is and makes it final at the end; what it does not
 * poll, such as an array, by nothing but the report; so all of it with `test`, as lvpoll changes the metadata.
 */
export function watchLvm({ run, test }: Pick<Context, 'run' | 'test'>, interval: number): LvmWatch {
  let hasLvpoll = !test;
  return {
    async next(now, onMeasure, signal) {
      const operation = now.isThin || !hasLvpoll ? undefined : polls[now.kind];
      if (now.percent !== null && operation === undefined) onMeasure(percentMeasure(now, now.percent));
      const started = performance.now();
      if (operation !== undefined) {
        const { exitCode } = await run({
          argv: [
            ...['lvpoll', '--polloperation', operation, '--interval', String(Math.ceil(interval / 1000))],
            ...['--', `${now.vg}/${now.lv}`],
          ],
          log: 'none',
          onLine: (line) => {
            const told = parseProgressLine(line);
            if (told !== null) onMeasure(percentMeasure(now, told.percent));
          },
          signal,
        });
        // ENO_SUCH_CMD: an lvm that was built without lvmpolld has no lvpoll.
        hasLvpoll = exitCode !== 2;
      }
      // Of a merge that waits for its origin, lvpoll says at once that there is nothing to poll.
      const left = interval - (performance.now() - started);
      if (left > 0) await sleep(left, undefined, { signal });
    },
  };
}

const polls: Readonly<Partial<Record<UnderWay['kind'], string>>> = {
  pvmove: 'pvmove',
  mirror: 'convert',
  merge: 'merge',
};

function percentMeasure({ kind, action }: UnderWay, percent: number): Measure {
  return {
    ...{ ratio: percent / 100, done: percent, total: 100, unit: 'percent', bytes: null },
    action: action ?? (kind === 'pvmove' ? 'move' : kind === 'merge' ? 'merge' : 'copy'),
  };
}
