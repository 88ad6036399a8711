import { groupOf, type LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup } from '../lvm-step.ts';
import type { Tools } from '../tools.ts';
import type { Prepared } from '../workflow.ts';
import { requireRemovable } from './snapshot-clean-up.ts';
import { frozenMount } from './snapshot-frozen.ts';
import { planMount } from './snapshot-mount.ts';
import type { WithSnapshotSettings } from './with-snapshot-options.ts';
import { snapshotSteps } from './with-snapshot-steps.ts';
import { planStores, type Taking } from './with-snapshot-stores.ts';
import type { SnapshotCallback, WithSnapshotResult } from './with-snapshot-types.ts';
import { changesOf, summaryOf, warningsOf } from './with-snapshot-words.ts';

/** Looks at the volumes and says how snapshots are taken of them. Throws a {@link Refusal}. */
export async function prepareSnapshots<T>(
  tools: Tools,
  settings: WithSnapshotSettings,
  callback: SnapshotCallback<T>,
  signal: AbortSignal | undefined,
): Promise<Prepared<WithSnapshotResult<T>>> {
  const state = await lookAtAll(tools, settings, signal);
  const planned = planStores(state, settings);
  const takings: Taking[] = [];
  for (const one of planned) {
    const { old, ...rest } = one;
    const { row } = one;
    const mount = await planMount(tools, row, settings.mount, old, signal);
    const frozen = await frozenMount(mount.mounts, { signal });
    if (frozen !== null)
      throw new Refusal(
        'busy',
        `${one.origin} is mounted on ${frozen.target}, where nobody can write: the file system is frozen (fsfreeze), or its disk does not answer`,
        `Thaw it (fsfreeze --unfreeze ${frozen.target}): lvm freezes it itself for the moment of the snapshot.`,
      );
    const leftovers = await requireRemovable(tools, row, old, settings.mount);
    takings.push({ ...rest, mount, leftovers });
  }
  const { steps, result } = snapshotSteps(tools, state, settings, takings, callback);
  return {
    subject: takings.map(({ origin }) => origin).join(', '),
    summary: summaryOf(takings),
    changes: changesOf(takings),
    warnings: warningsOf(settings, takings),
    steps,
    result,
  };
}

async function lookAtAll(
  tools: Tools,
  { volumes }: WithSnapshotSettings,
  signal: AbortSignal | undefined,
): Promise<LvmState> {
  const [first, ...others] = [...new Set(volumes.map(({ origin }) => origin.vg))];
  const { state } = await lookAtGroup(tools, first ?? '', signal);
  // Asked again only for its words about a group that is not there.
  for (const vg of others) if (groupOf(state, vg) === undefined) await lookAtGroup(tools, vg, signal);
  return state;
}
