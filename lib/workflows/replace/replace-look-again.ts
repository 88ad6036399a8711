import type { DeviceStatus } from '../../device.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup } from '../lvm-step.ts';
import type { Tools } from '../tools.ts';
import { type Damage, damageOf } from './degraded.ts';
import { type FailedDisk, numberOf } from './replace-find.ts';

/** A group as it is now, and what it is without the disks that were found to have failed. */
export interface SecondLook {
  readonly state: LvmState;
  readonly group: GroupState;
  readonly damage: Damage;
}

/**
 * Looks at a group once more, directly before something of it is wiped, removed or taken out. Rejects with a
 * {@link Refusal} `unsafe` if the disks are not as they were judged: one is back, or another one is missing now.
 */
export async function lookAgain(
  tools: Tools,
  vg: string,
  disks: readonly FailedDisk[],
  signal: AbortSignal,
): Promise<SecondLook> {
  const { state, group } = await lookAtGroup(tools, vg, signal);
  const wrong = changeOf(group, disks);
  if (wrong !== null)
    throw new Refusal(
      'unsafe',
      `the disks of ${vg} are not as they were: ${wrong}`,
      'Call again: it looks anew.',
    );
  const uuids = new Set(disks.map(({ uuid }) => uuid));
  const statuses: readonly DeviceStatus[] = await tools.dm.status({ signal });
  return { state, group, damage: damageOf(group, uuids, statuses) };
}

/** What has become of a group's failed disks since they were judged, in words; null if they are as they were. Pure. */
export function changeOf(group: GroupState, disks: readonly FailedDisk[]): string | null {
  for (const { uuid, path, number } of disks) {
    const pv = group.pvs.find((one) => one.uuid === uuid);
    if (pv === undefined) return `the PV ${uuid} is in it no more`;
    if (pv.name === null) continue;
    if (path === null) return `${pv.name}, which was missing, is back`;
    if (pv.name !== path || numberOf(pv) !== number)
      return `the PV ${uuid} is ${pv.name} (${numberOf(pv)}) now, not ${path} (${number})`;
  }
  const other = group.pvs.find(
    ({ missing, uuid }) => missing === true && !disks.some((disk) => disk.uuid === uuid),
  );
  return other === undefined ? null : `${other.name ?? other.uuid} is missing, too`;
}

/** Throws a {@link Refusal} `unsafe` unless each of these volumes, known by their uuids in `before`, is lost still. Pure. */
export function requireLost(
  { lost }: Pick<Damage, 'lost'>,
  before: LvmState,
  volumes: readonly string[],
): void {
  const uuids = new Map(
    before.groups.flatMap(({ lvs }) => lvs.map(({ fullName, uuid }) => [fullName, uuid] as const)),
  );
  const other = volumes.filter(
    (name) => !lost.some(({ row }) => row.fullName === name && row.uuid === uuids.get(name)),
  );
  if (other.length === 0) return;
  throw new Refusal(
    'unsafe',
    `${other.join(', ')} is not the lost volume any more that it was: nothing was removed`,
    'Call again: it looks anew.',
  );
}
