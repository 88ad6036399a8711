import { lvmDeviceName } from '../../names.ts';
import type { Plan } from '../plan.ts';
import type { WorkflowProgress } from '../progress.ts';
import type { Tools } from '../tools.ts';
import { bellOf, type Ring, rest } from './watch-and-repair-bell.ts';
import { emptyMemory, lookOnce } from './watch-and-repair-look.ts';
import type { WatchedGroup } from './watch-and-repair-spare.ts';
import { syncsOf } from './watch-and-repair-syncs.ts';
import type { RepairEvent } from './watch-and-repair-types.ts';

/** Checked options of a watch, with the defaults. */
export interface Watched extends WatchedGroup {
  readonly veto: ((plan: Plan, signal: AbortSignal) => boolean | Promise<boolean>) | undefined;
  readonly onProgress: ((progress: WorkflowProgress) => void) | undefined;
  readonly minInterval: number;
  readonly settle: number;
  readonly interval: number;
}

/**
 * Watches and repairs until the signal fires, one thing after another; only what the kernel gets in sync by itself goes on
 * beside it. Rejects if devices can no longer be watched.
 */
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
  const syncs = syncsOf(tools, bell.ring);
  const watching = { tools, watched, syncs, memory: emptyMemory(), push, stop };
  try {
    await monitor.ready;
    for (let rang: Ring = 'timer'; !stop.aborted; ) {
      if (rang === 'settle' && watched.settle > 0) await rest(watched.settle, stop);
      const wait = await lookOnce(watching, rang);
      if (stop.aborted) return;
      rang = await bell.next(Math.min(wait, watched.interval), stop);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    bell.end();
    monitor.close();
    await syncs.end();
  }
}
