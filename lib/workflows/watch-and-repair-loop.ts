import { setTimeout as sleep } from 'node:timers/promises';
import { onAbort } from '../abort.ts';
import type { Change, Monitor } from '../monitor/types.ts';
import { lvmDeviceName } from '../names.ts';
import type { Plan } from './plan.ts';
import type { WorkflowProgress } from './progress.ts';
import { replaceFailedDevice } from './replace.ts';
import { untilInSync } from './sync.ts';
import type { Tools } from './tools.ts';
import { nextRepair, type WatchedGroup } from './watch-and-repair-spare.ts';
import type { RepairEvent } from './watch-and-repair-types.ts';

/** Checked options of a watch, with the defaults. */
export interface Watched extends WatchedGroup {
  readonly veto: ((plan: Plan, signal: AbortSignal) => boolean | Promise<boolean>) | undefined;
  readonly onProgress: ((progress: WorkflowProgress) => void) | undefined;
  readonly minInterval: number;
  readonly settle: number;
  readonly interval: number;
}

/** Watches and repairs until the signal fires, one thing after another. Rejects if devices can no longer be watched. */
export async function repairLoop(
  tools: Tools,
  watched: Watched,
  push: (event: RepairEvent) => void,
  stop: AbortSignal,
): Promise<void> {
  // In its own turn, so that who asked for the watch can listen before the first event.
  await Promise.resolve();
  if (stop.aborted) return;
  // All of the group's devices: lvmDeviceName doubles the hyphens of names, and adds one between them.
  const include = [`${lvmDeviceName(watched.vg, '')}*`];
  const monitor = tools.dm.monitor({ include, keepAlive: true, signal: stop });
  const bell = bellOf(monitor);
  const memory: Memory = { told: '', begunAt: null, limited: false };
  try {
    await monitor.ready;
    for (let rang: Ring = 'timer'; !stop.aborted; ) {
      if (rang === 'settle' && watched.settle > 0) await rest(watched.settle, stop);
      const wait = await lookOnce(tools, watched, memory, push, stop);
      if (stop.aborted) return;
      rang = await bell.next(Math.min(wait, watched.interval), stop);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    bell.end();
    monitor.close();
  }
}

interface Memory {
  /** What was told last as `degraded`. */
  told: string;
  /** When the last repair began, by `performance.now()`. */
  begunAt: number | null;
  /** Whether it was told that the next one has to wait. */
  limited: boolean;
}

// Returns after how many milliseconds to look again at the latest.
async function lookOnce(
  tools: Tools,
  watched: Watched,
  memory: Memory,
  push: (event: RepairEvent) => void,
  stop: AbortSignal,
): Promise<number> {
  const at = (): number => Date.now();
  const tell = (message: string): void => {
    if (memory.told !== message) push({ kind: 'degraded', at: at(), message });
    memory.told = message;
  };
  let attempt = false;
  try {
    const next = await nextRepair(tools, watched, stop);
    if (next.kind === 'none') {
      if (next.message === null) memory.told = '';
      else tell(next.message);
      return Number.POSITIVE_INFINITY;
    }
    const message =
      next.kind === 'repair' ? next.plan.summary : next.kind === 'failed' ? next.error.message : next.summary;
    tell(message);
    const left = memory.begunAt === null ? 0 : memory.begunAt + watched.minInterval - performance.now();
    if (left > 0) {
      if (!memory.limited) push({ kind: 'rate-limited', at: at(), until: at() + left });
      memory.limited = true;
      return left;
    }
    memory.limited = false;
    memory.begunAt = performance.now();
    attempt = true;
    if (next.kind === 'failed') push({ kind: 'failed', at: at(), error: next.error });
    else if (next.kind === 'out-of-spares') push({ kind: 'out-of-spares', at: at(), message: next.message });
    else if (await isVetoed(watched, next.plan, stop)) push({ kind: 'vetoed', at: at(), plan: next.plan });
    else await repair(tools, watched, next, push, stop);
  } catch (error) {
    if (stop.aborted) return 0;
    // A look that failed uses up no attempt, but is not repeated at once either.
    if (!attempt) memory.begunAt = performance.now();
    push({ kind: 'failed', at: at(), error: error instanceof Error ? error : new Error(String(error)) });
  }
  return watched.minInterval;
}

// A veto that never answers must not hold up the end.
async function isVetoed({ veto }: Watched, plan: Plan, stop: AbortSignal): Promise<boolean> {
  if (veto === undefined) return false;
  let forget = (): void => {};
  const stopped = new Promise<true>((resolve) => {
    forget = onAbort(stop, () => resolve(true));
  });
  try {
    return await Promise.race([veto(plan, stop), stopped]);
  } finally {
    forget();
  }
}

async function repair(
  tools: Tools,
  { vg, wipeSignatures, onProgress }: Watched,
  { plan, spare }: { readonly plan: Plan; readonly spare: string | null },
  push: (event: RepairEvent) => void,
  stop: AbortSignal,
): Promise<void> {
  if (stop.aborted) return;
  push({ kind: 'repairing', at: Date.now(), plan, spare });
  // Not with the signal: between its commands a mirror may have one copy only. What takes long is waited for below.
  const result = await replaceFailedDevice(tools, {
    ...{ vg, wipeSignatures, onProgress, keepLost: true, wait: false },
    with: spare ?? undefined,
  });
  for (const volume of result.repaired)
    await untilInSync(tools, volume, { signal: stop, progress: () => {} });
  push({ kind: 'repaired', at: Date.now(), result });
}

type Ring = 'at-once' | 'settle' | 'timer';

interface Bell {
  /** Waits for a failure, or so many milliseconds; one that was told meanwhile counts. */
  next(milliseconds: number, stop: AbortSignal): Promise<Ring>;
  end(): void;
}

function bellOf(monitor: Monitor): Bell {
  let rung: Ring | null = null;
  let wake: () => void = () => {};
  const off = monitor.on((change) => {
    const ring = ringOf(change);
    if (ring === null || rung === 'at-once') return;
    rung = ring;
    wake();
  });
  return {
    end: off,
    async next(milliseconds, stop) {
      if (rung === null) {
        const timer = new AbortController();
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const longest = Math.min(milliseconds, 2 ** 31 - 1);
        await Promise.race([woken, rest(longest, AbortSignal.any([stop, timer.signal]))]);
        timer.abort();
      }
      const ring = rung ?? 'timer';
      rung = null;
      return ring;
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

async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => {});
}
