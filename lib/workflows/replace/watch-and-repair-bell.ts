import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, Monitor } from '../../monitor/types.ts';

/** Why a watch looks: a failure of which writers wait, another one, or that it is time to. */
export type Ring = 'at-once' | 'settle' | 'timer';

/** Tells of failures that the kernel tells of. */
export interface Bell {
  /**
   * Waits for a failure, or so many milliseconds; one that was told meanwhile counts. Rejects with what has ended the
   * monitor, as none would be told of any more.
   */
  next(milliseconds: number, stop: AbortSignal): Promise<Ring>;
  /** Says that it is time to look. */
  ring(): void;
  end(): void;
}

/** The failures that a monitor tells of. */
export function bellOf(monitor: Monitor): Bell {
  let rung: Ring | null = null;
  let ended: { readonly error: unknown } | null = null;
  let wake: () => void = () => {};
  const ring = (how: Ring): void => {
    if (rung === 'at-once' || (rung === 'settle' && how === 'timer')) return;
    rung = how;
    wake();
  };
  const off = monitor.on((change) => {
    const how = ringOf(change);
    if (how !== null) ring(how);
  });
  // A listener is not told of the end.
  monitor
    .until(() => false)
    .catch((error: unknown) => {
      ended = { error };
      wake();
    });
  return {
    end: off,
    ring: () => ring('timer'),
    async next(milliseconds, stop) {
      if (rung === null && ended === null) {
        const timer = new AbortController();
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const longest = Math.min(milliseconds, 2 ** 31 - 1);
        await Promise.race([woken, rest(longest, AbortSignal.any([stop, timer.signal]))]);
        timer.abort();
      }
      if (ended !== null) throw ended.error;
      const how = rung ?? 'timer';
      rung = null;
      return how;
    },
  };
}

// What a failure looks like; writers of a dm-mirror wait from then on.
function ringOf(change: Change): Ring | null {
  if (change.kind === 'overflowed') return 'settle';
  const isFailure = ['leg-failed', 'log-failed', 'degraded', 'target-failed'].includes(change.kind);
  if (!isFailure || !('after' in change)) return null;
  const { after } = change;
  return typeof after === 'object' && 'type' in after && after.type === 'mirror' ? 'at-once' : 'settle';
}

/** Waits; not longer than until the signal fires. */
export async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => {});
}
