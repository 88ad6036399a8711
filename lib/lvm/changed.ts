import type { LvmState } from './state.ts';

/**
 * Whether a command changed anything: a group's metadata (each commit raises its `vg_seqno`), which groups and devices
 * there are, or what of its volumes is active, open to writing, or suspended.
 */
export function changedBetween(before: LvmState, after: LvmState): boolean {
  return fingerprint(before) !== fingerprint(after);
}

function fingerprint({ groups, orphans }: LvmState): string {
  return JSON.stringify([
    groups.map(({ vg, lvs, pvs }) => [
      ...[vg.uuid, vg.name, vg.seqno, vg.exported, vg.missingPvCount],
      lvs.map((lv) => [lv.uuid, lv.name, lv.active, lv.attributes, lv.healthStatus, lv.snapshotInvalid]),
      pvs.map((pv) => [pv.uuid, pv.name, pv.missing, pv.tags]),
    ]),
    orphans.map((pv) => [pv.uuid, pv.name, String(pv.devSize), String(pv.size), pv.attr]),
  ]);
}
