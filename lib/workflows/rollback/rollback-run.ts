import { setTimeout as sleep } from 'node:timers/promises';
import { type LvmState, volumeOf } from '../../lvm/state.ts';
import { Refusal, type Remainder } from '../errors.ts';
import { lookAtGroup } from '../lvm-step.ts';
import type { StepContext } from '../step.ts';
import type { Tools } from '../tools.ts';
import { overflowed, type SeenPair } from './rollback-checks.ts';
import { inUse, sightOf } from './rollback-kernel.ts';
import { isScheduled } from './rollback-pairs.ts';

/** How far a snapshot is on its way back. */
export type MergeState = 'present' | 'scheduled' | 'merging' | 'merged';

/** How far a pair is now. */
export async function stateOf(
  tools: Tools,
  pair: SeenPair,
  state: LvmState,
  signal?: AbortSignal,
): Promise<{ readonly now: MergeState; readonly pair: SeenPair }> {
  const row = volumeOf(state, pair.snapshot);
  if (row === undefined) return { now: 'merged', pair };
  const sight = await sightOf(tools, pair, signal);
  const seen: SeenPair = {
    ...pair,
    snapshotRow: row,
    sight,
    phase: isScheduled(row) ? 'scheduled' : 'present',
  };
  if (!isScheduled(row)) return { now: 'present', pair: seen };
  return { now: sight.merging ? 'merging' : 'scheduled', pair: seen };
}

/**
 * Brings a merge under way that lvm has put off, as soon as nobody uses origin and snapshot. Resolves with `scheduled` if
 * they are used and that is to be so; rejects with a {@link Refusal} if it is not, or if lvm does not begin it.
 */
export async function begin(
  tools: Tools,
  pair: SeenPair,
  whenOpen: 'refuse' | 'defer',
  refresh: (signal: AbortSignal) => Promise<unknown>,
  { signal, warn }: Pick<StepContext, 'signal' | 'warn'>,
): Promise<MergeState> {
  for (let attempt = 1; ; attempt++) {
    const { state } = await lookAtGroup(tools, pair.originRow.vgName, signal);
    const { now, pair: seen } = await stateOf(tools, pair, state, signal);
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
  signal: AbortSignal,
): Promise<void> {
  for (const pair of pairs)
    for (let attempt = 1; ; attempt++) {
      const problem = await unmerged(tools, pair, signal);
      if (problem === null) break;
      if (attempt === mostAttempts) throw new Refusal('failed', problem);
      // lvm has written its metadata before the kernel has the new table.
      await sleep(200 * attempt, undefined, { signal });
    }
}

async function unmerged(tools: Tools, pair: SeenPair, signal: AbortSignal): Promise<string | null> {
  const { state } = await lookAtGroup(tools, pair.originRow.vgName, signal);
  const { now } = await stateOf(tools, pair, state, signal);
  if (now !== 'merged') return `${pair.snapshot} is there still, though its merge was to be over`;
  const { merging } = await sightOf(tools, pair, signal);
  return merging ? `${pair.snapshot} is gone, but the kernel still merges into ${pair.origin}` : null;
}

/** What is left of merges that were begun, in words; null if there is nothing to tell. */
export async function leftOf(tools: Tools, pairs: readonly SeenPair[]): Promise<Remainder | null> {
  const texts: string[] = [];
  for (const pair of pairs) {
    const { origin, snapshot } = pair;
    const { state } = await lookAtGroup(tools, pair.originRow.vgName);
    const { now, pair: seen } = await stateOf(tools, pair, state);
    if (now === 'merged') texts.push(`${origin} is rolled back to ${snapshot}, which is gone`);
    if (now === 'merging' && seen.sight.invalid) texts.push(overflowed(seen).message);
    else if (now === 'merging')
      texts.push(
        `the kernel goes on to merge ${snapshot} into ${origin}, which reads as ${snapshot} already and may be used`,
      );
    if (now === 'scheduled')
      texts.push(`lvm will merge ${snapshot} when ${origin} is activated the next time`);
    if (now === 'present') texts.push(`${snapshot} and ${origin} are as they were`);
  }
  if (texts.length === 0) return null;
  return {
    state: texts.join('; '),
    next: 'Call rollback again with the same snapshots: it goes on from there, and waits for the end.',
  };
}

const mostAttempts = 8;
