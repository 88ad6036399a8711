import { onAbort } from '../../abort.ts';
import { volumeOf } from '../../lvm/state.ts';
import { lookAtGroup } from '../lvm-step.ts';
import { fillingIn } from '../mirror/filling.ts';
import type { Plan } from '../plan.ts';
import { untilInSync } from '../sync.ts';
import type { Tools } from '../tools.ts';
import { planReplaceFailedDevice, replaceFailedDevice } from './replace.ts';
import type { ReplaceOptions } from './replace-options.ts';
import type { Watched } from './watch-and-repair-loop.ts';
import type { RepairEvent } from './watch-and-repair-types.ts';

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

/** Does a repair that was planned, waits until it is in sync, and tells of it. Rejects as {@link replaceFailedDevice} does. */
export async function repair(
  tools: Tools,
  { vg, wipeSignatures, onProgress }: Watched,
  { plan, spare }: { readonly plan: Plan; readonly spare: string | null },
  push: (event: RepairEvent) => void,
  stop: AbortSignal,
): Promise<void> {
  if (stop.aborted) return;
  push({ kind: 'repairing', at: Date.now(), plan, spare });
  // Not with the signal: between its commands a mirror may have one copy only. What takes long is waited for below.
  const common = { vg, wipeSignatures, onProgress, keepLost: true, wait: false } as const;
  const result = await replaceFailedDevice(tools, { ...common, with: spare ?? undefined, expected: plan });
  for (const volume of result.repaired) {
    await untilInSync(tools, volume, { signal: stop, progress: () => {}, nosync: true });
    await forgetFilling(tools, volume);
  }
  if (plan.steps.some(({ name }) => name.startsWith('refresh:'))) await forget(tools, common);
  push({ kind: 'repaired', at: Date.now(), result });
}

async function forgetFilling(tools: Tools, volume: string): Promise<void> {
  const { state } = await lookAtGroup(tools, volume.split('/')[0] ?? '');
  const tags = fillingIn(volumeOf(state, volume)?.tags ?? []);
  if (tags.length > 0) await tools.lvm.lvchange.change(volume, { deleteTags: tags });
}

// Takes away the tags by which a leg is known that dies again after it was taken back: it has not. If there is more to do
// by now, the next look sees to it.
async function forget(tools: Tools, options: ReplaceOptions): Promise<void> {
  const expected = await planReplaceFailedDevice(tools, options);
  if (expected.steps.every(({ name }) => name === 'forget' || name === 'check'))
    await replaceFailedDevice(tools, { ...options, dryRun: false, expected });
}
