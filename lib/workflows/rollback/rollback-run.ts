import { setTimeout as sleep } from 'node:timers/promises';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { groupOf, type LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup } from '../lvm-step.ts';
import type { StepContext } from '../step.ts';
import type { Tools } from '../tools.ts';
import { overflowed, type SeenPair } from './rollback-checks.ts';
import { inUse, sightOf } from './rollback-kernel.ts';
import { isScheduled, noteTag } from './rollback-pairs.ts';

/** How far a snapshot is on its way back; `vanished`: gone, and not by a merge. */
export type MergeState = 'present' | 'scheduled' | 'merging' | 'merged' | 'vanished';

/** How far each snapshot is, by its name, as far as a run has seen it, or brought it. */
export type Reached = Map<string, MergeState>;

/** How far a pair is now. That lvm was told to merge it, which is seen here, is kept in `reached`. */
export async function stateOf(
  tools: Tools,
  pair: SeenPair,
  state: LvmState,
  reached: Reached,
  signal?: AbortSignal,
): Promise<{ readonly now: MergeState; readonly pair: SeenPair }> {
  const row = rowOf(state, pair);
  if (row === undefined) {
    const before = reached.get(pair.snapshot) ?? pair.phase;
    // Only of what lvm was told to merge can it be a merge that it is gone by.
    return { now: before === 'present' || before === 'vanished' ? 'vanished' : 'merged', pair };
  }
  const sight = await sightOf(tools, { ...pair, snapshot: row.fullName }, signal);
  const phase = isScheduled(row) ? 'scheduled' : 'present';
  const seen: SeenPair = { ...pair, snapshotRow: row, sight, phase };
  if (phase === 'present') return { now: phase, pair: seen };
  const now = sight.merging ? 'merging' : 'scheduled';
  reached.set(pair.snapshot, now);
  return { now, pair: seen };
}

/**
 * Rejects with a {@link Refusal} `plan-changed` if one of the snapshots that are to be merged is gone, or has another name
 * or origin. The note of an earlier run is taken back then: by it the next call would believe it merged.
 */
export async function requireThere(
  tools: Tools,
  vg: string,
  pairs: readonly SeenPair[],
  signal: AbortSignal,
): Promise<void> {
  const { state } = await lookAtGroup(tools, vg, signal);
  const lost = pairs.filter((pair) => {
    const row = rowOf(state, pair);
    const isSame = row?.fullName === pair.snapshot && row.origin === pair.originRow.name;
    return pair.phase === 'present' && !isSame;
  });
  if (lost.length === 0) return;
  const deleteTags = lost.flatMap(({ note }) => (note === null ? [] : [noteTag(note)]));
  if (deleteTags.length > 0) await tools.lvm.vgchange.change(vg, { deleteTags });
  throw new Refusal(
    'plan-changed',
    `${lost.map(({ snapshot, origin }) => `${snapshot} is no longer the snapshot of ${origin}`).join(', ')} that was to be merged`,
    'Somebody has removed or renamed it meanwhile.',
  );
}

// By its uuid: what has its name may be another one, and it may have another name.
function rowOf(state: LvmState, { originRow, snapshotRow, note }: SeenPair): LvRow | undefined {
  const uuid = snapshotRow?.uuid ?? note?.uuid;
  return groupOf(state, originRow.vgName)?.lvs.find((row) => row.uuid === uuid);
}

/**
 * Brings a merge under way that lvm has put off, as soon as nobody uses origin and snapshot. Resolves with `scheduled` if
 * they are used and that is to be so; rejects with a {@link Refusal} if it is not, or if lvm does not begin it.
 */
export async function begin(
  tools: Tools,
  pair: SeenPair,
  { whenOpen, reached }: { readonly whenOpen: 'refuse' | 'defer'; readonly reached: Reached },
  refresh: (signal: AbortSignal) => Promise<unknown>,
  { signal, warn }: Pick<StepContext, 'signal' | 'warn'>,
): Promise<MergeState> {
  for (let attempt = 1; ; attempt++) {
    const { state } = await lookAtGroup(tools, pair.originRow.vgName, signal);
    const { now, pair: seen } = await stateOf(tools, pair, state, reached, signal);
    if (seen.sight.invalid) throw overflowed(seen);
    if (now === 'merged' || now === 'merging') return now;
    const { origin, snapshot } = pair;
    const { users } = seen.sight;
    if (users.length > 0 && whenOpen === 'defer') {
      warn(`lvm merges ${snapshot} when ${origin} is activated the next time: ${users.join('; ')}`);
      return 'scheduled';
    }
    if (attempt === mostAttempts)
      throw users.length > 0
        ? inUse(seen, users)
        : new Refusal('failed', `lvm does not begin to merge ${snapshot}, though nobody uses ${origin}`);
    // What opens a device for a moment, as udev's rules do, is gone at the next look.
    if (users.length === 0) await refresh(signal);
    await sleep(200 * attempt, undefined, { signal });
  }
}

/**
 * Resolves when the snapshots are gone, and the kernel has the origins as ordinary volumes; rejects with a {@link Refusal}
 * `failed` if that does not come within some seconds after the merges' end.
 */
export async function requireMerged(
  tools: Tools,
  pairs: readonly SeenPair[],
  reached: Reached,
  signal: AbortSignal,
): Promise<void> {
  for (const pair of pairs)
    for (let attempt = 1; ; attempt++) {
      const problem = await unmerged(tools, pair, reached, signal);
      if (problem === null) break;
      if (attempt === mostAttempts) throw new Refusal('failed', problem);
      // lvm has written its metadata before the kernel has the new table.
      await sleep(200 * attempt, undefined, { signal });
    }
}

async function unmerged(
  tools: Tools,
  pair: SeenPair,
  reached: Reached,
  signal: AbortSignal,
): Promise<string | null> {
  const { state } = await lookAtGroup(tools, pair.originRow.vgName, signal);
  const { now } = await stateOf(tools, pair, state, reached, signal);
  if (now !== 'merged') return `${pair.snapshot} is there still, though its merge was to be over`;
  const { merging } = await sightOf(tools, pair, signal);
  return merging ? `${pair.snapshot} is gone, but the kernel still merges into ${pair.origin}` : null;
}

const mostAttempts = 8;
