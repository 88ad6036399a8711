import type { RunLvm } from './reports.ts';
import type { Run } from './run.ts';
import { fullreportArguments, type LvmState, parseState } from './state.ts';
import type { Place } from './subject.ts';

/** What of lvm's report an operation looks at, before and after. */
export type Looks = 'everything' | 'groups' | 'nothing';

/** One `fullreport` of the groups, or of all there is. Rejects with an `LvmError`, `not-found` for a group that is not. */
export async function lookAt(
  run: RunLvm,
  looks: Looks,
  groups: readonly string[],
  limits: Pick<Run, 'signal' | 'timeout'>,
): Promise<LvmState> {
  if (looks === 'nothing') return { groups: [], orphans: [] };
  const argv = fullreportArguments(looks === 'everything' ? [] : groups);
  return parseState(await run({ argv, log: 'json', ...limits }));
}

/**
 * Whose turn a command waits for: that of its groups, or of all if it names none or looks at everything. None if there
 * is nothing to look at, as that only reads, or (vgmknodes) puts right what lvm's own locks keep still.
 */
export function turnOf(looks: Looks, { groups }: Place): readonly string[] | 'everything' {
  if (looks === 'nothing') return [];
  return looks === 'everything' || groups.length === 0 ? 'everything' : groups;
}
