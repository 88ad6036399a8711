import { lvKernelColumns } from './columns/lv-kernel.ts';
import type { LvmState } from './state.ts';

/**
 * Whether lvm changed anything: it committed metadata (each commit raises `vg_seqno`), or what its reports tell differs,
 * but for what the kernel moves by itself.
 */
export function changedBetween(before: LvmState, after: LvmState): boolean {
  const commits = ({ groups }: LvmState) => groups.map(({ vg }) => `${vg.uuid} ${vg.seqno}`).join();
  return commits(before) !== commits(after) || differs(before, after);
}

/** The same of a command that failed: what it committed and took back by itself is no change. */
export function differs(before: LvmState, after: LvmState): boolean {
  return fingerprint(before) !== fingerprint(after);
}

// What moves without lvm, and what counts commits.
const moving: ReadonlySet<string> = new Set([
  ...Object.keys(lvKernelColumns),
  ...['initialImageSync', 'imageSynced', 'raidMismatchCount', 'raidSyncAction', 'integritymismatches'],
  ...['modules', 'seqno', 'mdaFree', 'more'],
]);

function fingerprint({ groups, orphans }: LvmState): string {
  return JSON.stringify(
    [
      groups.map(({ vg, lvs, pvs, segs, pvSegs }) => [
        vg,
        lvs.map((lv) => [lv, lv.suspended, lv.permissions, lv.inactiveTable]),
        ...[pvs, segs, pvSegs],
      ]),
      orphans,
    ],
    (key, value: unknown) => {
      if (moving.has(key)) return undefined;
      return typeof value === 'bigint' ? String(value) : value;
    },
  );
}
