import { WorkflowError } from '../errors.ts';
import type { Tools } from '../tools.ts';
import { type Ring, rest } from './watch-and-repair-bell.ts';
import type { Watched } from './watch-and-repair-loop.ts';
import { isVetoed, repair, tidyAndDecide } from './watch-and-repair-run.ts';
import { inTurn, type NextRepair } from './watch-and-repair-spare.ts';
import type { Syncs } from './watch-and-repair-syncs.ts';
import type { RepairEvent } from './watch-and-repair-types.ts';

/** A watch that is under way. */
export interface Watching {
  readonly tools: Tools;
  readonly watched: Watched;
  readonly syncs: Syncs;
  readonly memory: Memory;
  readonly push: (event: RepairEvent) => void;
  readonly stop: AbortSignal;
}

/** What a look needs to know of those before it. */
export interface Memory {
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
  /** Paths of the spares that could not be taken into the group, the last ones at the end. */
  rejected: readonly string[];
}

/** That of a watch that has not looked yet. */
export function emptyMemory(): Memory {
  return { told: '', refused: '', begunAt: null, limited: false, retry: 0, rejected: [] };
}

/** Looks at the group, and repairs it if need be. Resolves with the milliseconds after which to look again at the latest. */
export async function lookOnce(watching: Watching, rang: Ring): Promise<number> {
  const { tools, watched, syncs, memory, push, stop } = watching;
  const at = (): number => Date.now();
  const failed = (error: unknown): void =>
    push({ kind: 'failed', at: at(), error: error instanceof Error ? error : new Error(String(error)) });
  const group = { ...watched, spares: inTurn(watched.spares, memory.rejected) };
  // Before it looks, so that what is told as repaired has no tag of a repair any more.
  const ended = syncs.ended();
  let next: NextRepair;
  try {
    next = await tidyAndDecide(tools, group, stop);
    if (next.kind === 'repair' && rang === 'timer') {
      await rest(watched.settle, stop);
      next = await tidyAndDecide(tools, group, stop);
    }
  } catch (error) {
    if (stop.aborted) return 0;
    failed(error);
    return retryLater(memory, watched);
  } finally {
    if (!stop.aborted) for (const event of ended) push(event);
  }
  if (stop.aborted) return 0;
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
  const { plan, spares } = next;
  try {
    const vetoed = await isVetoed(watched, plan, stop);
    if (stop.aborted) return 0;
    if (vetoed) push({ kind: 'vetoed', at: at(), plan });
    else {
      push({ kind: 'repairing', at: at(), plan, spares });
      syncs.follow(await repair(tools, watched, next));
    }
  } catch (error) {
    if (stop.aborted) return 0;
    failed(error);
    if (error instanceof WorkflowError && error.step === 'extend') {
      // lvm names the one that it could not take, unless what has failed is something else.
      const named = spares.filter((path) => error.message.includes(path));
      const last = named.length === 0 ? spares : named;
      memory.rejected = [...memory.rejected.filter((path) => !last.includes(path)), ...last];
    }
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
