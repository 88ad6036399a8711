import { onAbort } from '../../abort.ts';
import type { Done, Plan } from '../plan.ts';
import type { Tools } from '../tools.ts';
import { replaceFailedDevice } from './replace.ts';
import type { ReplaceResult } from './replace-result.ts';
import type { Watched } from './watch-and-repair-loop.ts';
import { type NextRepair, nextRepair, type WatchedGroup } from './watch-and-repair-spare.ts';

/** Asks whether a repair is not to be done. A veto that never answers does not hold up the end. */
export async function isVetoed({ veto }: Watched, plan: Plan, stop: AbortSignal): Promise<boolean> {
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

/**
 * Does a repair that was planned; what the kernel gets in sync by itself then is not waited for. Rejects as
 * {@link replaceFailedDevice} does.
 */
export async function repair(
  tools: Tools,
  { vg, wipeSignatures, onProgress }: Pick<Watched, 'vg' | 'wipeSignatures' | 'onProgress'>,
  { plan: expected, spares }: Extract<NextRepair, { kind: 'repair' }>,
): Promise<Done<ReplaceResult>> {
  // Not with the signal: between its commands a mirror may have one copy only.
  const common = { vg, wipeSignatures, onProgress, keepLost: true, wait: false } as const;
  return replaceFailedDevice(tools, {
    ...common,
    with: spares.length === 0 ? undefined : spares,
    expected,
  });
}

/**
 * Decides on the repair as {@link nextRepair} does, and first takes off the tags that what is in sync by now needs no more:
 * kept, they would hinder a later repair, and that they go is none. Rejects if either fails.
 */
export async function tidyAndDecide(
  tools: Tools,
  group: WatchedGroup,
  stop: AbortSignal,
): Promise<NextRepair> {
  for (;;) {
    const next = await nextRepair(tools, group, stop);
    if (next.kind !== 'repair' || stop.aborted) return next;
    if (!next.plan.steps.every(({ name }) => name === 'forget' || name === 'check')) return next;
    await repair(tools, { ...group, onProgress: undefined }, next);
  }
}
