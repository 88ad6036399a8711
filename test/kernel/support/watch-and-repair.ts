import { onTestFinished } from 'vitest';
import {
  type RepairEvent,
  type RepairWatch,
  type Tools,
  type WatchAndRepairOptions,
  watchAndRepair,
} from '../../../lib/workflows/index.ts';
import { until } from './moment.ts';

/** A watch that repairs, and what it has told. */
export interface Watching {
  readonly watch: RepairWatch;
  readonly events: readonly RepairEvent[];
  /** Waits for an event, or for so many of its kind, and gives the last one. */
  readonly seen: <K extends RepairEvent['kind']>(
    kind: K,
    count?: number,
  ) => Promise<Extract<RepairEvent, { kind: K }>>;
}

/** Starts one that looks often; it is closed when the test ends. */
export function startWatch(tools: Tools, options: WatchAndRepairOptions): Watching {
  const watch = watchAndRepair(tools, { settle: 100, interval: 2000, ...options });
  onTestFinished(() => watch.close());
  const events: RepairEvent[] = [];
  watch.on((event) => void events.push(event));
  return {
    watch,
    events,
    seen: async (kind, count = 1) => {
      const found = await until(
        async () => events.filter((event) => event.kind === kind),
        (all) => all.length >= count,
        100,
      );
      return found[count - 1] as never;
    },
  };
}
