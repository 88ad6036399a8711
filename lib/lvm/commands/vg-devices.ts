import type { GroupState, LvmState } from '../state.ts';
import { deviceRow, isResolvable } from './pv-rows.ts';

/** What is wrong with a group that was to have these devices; null if it has them. */
export function missingDevice(
  state: LvmState,
  { vg, pvs }: GroupState,
  paths: readonly string[],
): string | null {
  const missing = paths.find((path) => {
    const row = deviceRow(state, path);
    // A path of another mount namespace (a prefix such as nsenter) cannot be told from here.
    return row === undefined ? isResolvable(state, path) : !pvs.some(({ uuid }) => uuid === row.uuid);
  });
  return missing === undefined ? null : `${missing} is not in ${vg.name}`;
}
