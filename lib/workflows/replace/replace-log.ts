import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState } from '../../lvm/state.ts';

/**
 * The place of a mirror's log on its disk as lvm takes it, `/dev/sdc:0-0`: where it is now, or else the first free
 * extent there. In a list of devices it keeps the log there, and new copies off the rest of that disk. Null if the disk
 * is not there or full. Pure.
 */
export function logRange(group: GroupState, pvUuid: string | null, log: LvRow | null): string | null {
  const path = group.pvs.find(({ uuid, missing }) => uuid === pvUuid && missing !== true)?.name ?? null;
  if (path === null) return null;
  const runs = group.pvSegs.filter((run) => run.pvUuid === pvUuid);
  const own = runs.find(({ lvUuid }) => log !== null && lvUuid === log.uuid);
  const free = runs.find(({ lvName, lvUuid, size }) => lvName === null && lvUuid === null && size > 0);
  if (own !== undefined) return `${path}:${own.start}-${own.start + own.size - 1}`;
  return free === undefined ? null : `${path}:${free.start}-${free.start}`;
}
