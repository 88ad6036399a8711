import type { Remainder } from '../errors.ts';
import { lookAtGroup } from '../lvm-step.ts';
import type { Tools } from '../tools.ts';
import { overflowed, type SeenPair } from './rollback-checks.ts';
import { type MergeState, type Reached, stateOf } from './rollback-run.ts';

/** What is left of merges that were begun, in words; null if there is nothing to tell. */
export async function leftOf(
  tools: Tools,
  pairs: readonly SeenPair[],
  reached: Reached,
): Promise<Remainder | null> {
  const texts: string[] = [];
  const states = new Set<MergeState>();
  for (const pair of pairs) {
    const { state } = await lookAtGroup(tools, pair.originRow.vgName);
    const { now, pair: seen } = await stateOf(tools, pair, state, reached);
    states.add(now);
    texts.push(textOf(now, seen));
  }
  if (texts.length === 0) return null;
  const goOn = 'Call rollback again with the same snapshots: it goes on from there, and waits for the end.';
  return {
    state: texts.join('; '),
    next: !states.has('vanished')
      ? goOn
      : states.size === 1
        ? 'There is nothing to roll back to.'
        : 'Call rollback again with those of the snapshots that are there, or were merged: it goes on from there.',
  };
}

function textOf(now: MergeState, seen: SeenPair): string {
  const { origin, snapshot, snapshotRow } = seen;
  const name = snapshotRow?.fullName ?? snapshot;
  switch (now) {
    case 'merged':
      return `${origin} is rolled back to ${snapshot}, which is gone`;
    case 'vanished':
      return `${snapshot} is gone without having been merged, and ${origin} is as it was`;
    case 'merging':
      return seen.sight.invalid
        ? overflowed(seen).message
        : `the kernel goes on to merge ${snapshot} into ${origin}, which reads as ${snapshot} already and may be used`;
    case 'scheduled':
      return `lvm will merge ${snapshot} when ${origin} is activated the next time`;
    case 'present':
      return `${name === snapshot ? name : `${snapshot}, now ${name},`} and ${origin} are as they were`;
  }
}
