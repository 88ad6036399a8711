import type { Done } from '../plan.ts';
import { untilInSync } from '../sync.ts';
import type { Tools } from '../tools.ts';
import type { ReplaceResult } from './replace-result.ts';
import type { RepairEvent } from './watch-and-repair-types.ts';

/** Repairs whose volumes the kernel still gets in sync, for hours if they are large. */
export interface Syncs {
  /** Waits, beside all else, for the volumes of a repair. */
  follow(result: Done<ReplaceResult>): void;
  /** What has come of those that have ended since this was last called. */
  ended(): readonly RepairEvent[];
  /** Ends all waits; what has come of these is not told. */
  end(): Promise<void>;
}

/** Waits for what repairs have left to the kernel; `tell` is called whenever one of them is in sync, or cannot be. */
export function syncsOf(tools: Tools, tell: () => void): Syncs {
  const stop = new AbortController();
  const pending = new Set<Promise<void>>();
  let events: readonly RepairEvent[] = [];
  const wait = async (result: Done<ReplaceResult>): Promise<void> => {
    const failures: RepairEvent[] = [];
    for (const volume of result.repaired) {
      await untilInSync(tools, volume, { signal: stop.signal, progress: () => {}, nosync: true }).catch(
        (cause: unknown) => {
          const error = cause instanceof Error ? cause : new Error(String(cause));
          failures.push({ kind: 'failed', at: Date.now(), error });
        },
      );
    }
    if (stop.signal.aborted) return;
    const repaired: RepairEvent = { kind: 'repaired', at: Date.now(), result };
    events = [...events, ...(failures.length === 0 ? [repaired] : failures)];
    tell();
  };
  return {
    follow(result) {
      const waiting = wait(result).finally(() => pending.delete(waiting));
      pending.add(waiting);
    },
    ended() {
      const told = events;
      events = [];
      return told;
    },
    async end() {
      stop.abort();
      await Promise.all(pending);
    },
  };
}
