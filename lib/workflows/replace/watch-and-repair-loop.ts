import { lvmDeviceName } from '../../names.ts';
import { WorkflowError } from '../errors.ts';
import type { Plan } from '../plan.ts';
import type { WorkflowProgress } from '../progress.ts';
import type { Tools } from '../tools.ts';
import { bellOf, type Ring, rest } from './watch-and-repair-bell.ts';
import { isVetoed, repair } from './watch-and-repair-run.ts';
import { inTurn, type NextRepair, nextRepair, type WatchedGroup } from './watch-and-repair-spare.ts';
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
  const memory: Memory = { told: '', refused: '', begunAt: null, limited: false, retry: 0, rejected: [] };
  try {
    await monitor.ready;
    for (let rang: Ring = 'timer'; !stop.aborted; ) {
      if (rang === 'settle' && watched.settle > 0) await rest(watched.settle, stop);
      const wait = await lookOnce(tools, watched, memory, rang, push, stop);
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
  /** Why there can be no repair, as it was told last. */
  refused: string;
  /** When the last repair began, by `performance.now()`. */
  begunAt: number | null;
  /** Whether it was told that the next one has to wait. */
  limited: boolean;
  /** Milliseconds after which what could not be asked, or begun, is tried again; 0 if it could be. */
  retry: number;
  /** Paths of the spares that could not be taken into the group, the last one at the end. */
  rejected: readonly string[];
}

// Returns after how many milliseconds to look again at the latest.
async function lookOnce(
  tools: Tools,
  watched: Watched,
  memory: Memory,
  rang: Ring,
  push: (event: RepairEvent) => void,
  stop: AbortSignal,
): Promise<number> {
  const at = (): number => Date.now();
  const failed = (error: unknown): void =>
    push({ kind: 'failed', at: at(), error: error instanceof Error ? error : new Error(String(error)) });
  const group = { ...watched, spares: inTurn(watched.spares, memory.rejected) };
  let next: NextRepair;
  try {
    next = await nextRepair(tools, group, stop);
    if (next.kind === 'repair' && rang === 'timer') {
      await rest(watched.settle, stop);
      next = await nextRepair(tools, group, stop);
    }
  } catch (error) {
    if (stop.aborted) return 0;
    failed(error);
    return retryLater(memory, watched);
  }
  const told = messageOf(next);
  if (told !== '' && memory.told !== told) push({ kind: 'degraded', at: at(), message: told });
  memory.told = told;
  const refused =
    next.kind === 'failed' ? next.error.message : next.kind === 'out-of-spares' ? next.message : '';
  const isNews = memory.refused !== refused;
  memory.refused = refused;
  if (next.kind === 'failed' && isNews) failed(next.error);
  if (next.kind === 'out-of-spares' && isNews)
    push({ kind: 'out-of-spares', at: at(), message: next.message });
  if (next.kind !== 'repair') {
    memory.retry = 0;
    return Number.POSITIVE_INFINITY;
  }
  const left = memory.begunAt === null ? 0 : memory.begunAt + watched.minInterval - performance.now();
  if (left > 0) {
    if (!memory.limited) push({ kind: 'rate-limited', at: at(), until: at() + left });
    memory.limited = true;
    return left;
  }
  memory.limited = false;
  memory.begunAt = performance.now();
  try {
    if (await isVetoed(watched, next.plan, stop)) push({ kind: 'vetoed', at: at(), plan: next.plan });
    else await repair(tools, watched, next, push, stop);
  } catch (error) {
    if (stop.aborted) return 0;
    failed(error);
    const { spare } = next;
    if (error instanceof WorkflowError && error.step === 'extend' && spare !== null)
      memory.rejected = [...memory.rejected.filter((path) => path !== spare), spare];
    // Nothing was begun: another workflow is at it, or what was planned is not what is needed any more.
    if (error instanceof WorkflowError && error.step === null) {
      memory.begunAt = null;
      return retryLater(memory, watched);
    }
  }
  memory.retry = 0;
  return watched.minInterval;
}

function retryLater(memory: Memory, { interval }: Watched): number {
  memory.retry = Math.min(Math.max(1000, 2 * memory.retry), interval);
  return memory.retry;
}

function messageOf(next: NextRepair): string {
  switch (next.kind) {
    case 'none':
      return next.message ?? '';
    case 'repair':
      return next.plan.summary;
    case 'failed':
      return next.error.message;
    case 'out-of-spares':
      return next.summary;
  }
}
