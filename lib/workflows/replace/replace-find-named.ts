import { bareUuid, deviceRow, isResolvable } from '../../lvm/commands/pv-rows.ts';
import type { LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { type FailedDisk, type Judging, legsOn } from './replace-find.ts';

/**
 * Judges the disk that the caller says has failed; resolves with warnings. Rejects with a {@link Refusal}: `unsafe` if it
 * is well or in another group, `not-found` if there is no such device and nothing has failed. `isClean`: nothing else is
 * to be done about disks.
 */
export async function judgeNamed(
  judging: Judging,
  state: LvmState,
  named: string,
  isClean: boolean,
): Promise<readonly string[]> {
  const { group, disks, add, probe } = judging;
  const vg = group.vg.name;
  const byUuid = group.pvs.find(({ uuid }) => bareUuid(uuid) === bareUuid(named));
  const pv = byUuid ?? (named.startsWith('/') ? deviceRow(state, named) : undefined);
  if (pv === undefined || (pv.vgName ?? null) === null) {
    const uuids = disks.map(({ uuid }) => uuid).join(', ');
    if (disks.length > 0)
      return [`${named} is not in ${vg} (any more), so whether it was ${uuids} cannot be told from here.`];
    if (isClean && named.startsWith('/') && !isResolvable(state, named))
      throw new Refusal(
        'not-found',
        `there is no device ${named}, and no disk of ${vg} has failed`,
        `If it was one of ${vg}, it is out already; without "failed" the group is looked at as it is.`,
      );
    return [`${named} is not in ${vg} (any more), and no disk of ${vg} has failed.`];
  }
  if (pv.vgName !== vg)
    throw new Refusal(
      'unsafe',
      `${named} is in the group ${pv.vgName}, not in ${vg}`,
      `The disks of ${vg} are ${group.pvs.map(({ name, uuid }) => name ?? uuid).join(', ')}.`,
    );
  if (disks.some(({ uuid }) => uuid === pv.uuid)) return [];
  if (pv.missing === true) {
    add(pv, 'missing', 'was away for a time');
    return [];
  }
  const [leg] = legsOn(judging, pv);
  const wrong = await probe(pv, group.lvs);
  if (wrong !== null) add(pv, 'failing', wrong);
  else if (leg !== undefined)
    add(pv, 'failing', `can be read, but the kernel has let go of a leg of ${leg.row.fullName} on it`);
  else
    throw new Refusal(
      'unsafe',
      `${named} has not failed: lvm finds it, the kernel uses all that is on it, and it can be read${othersFailed(disks)}`,
      `To take a disk out that is well, move what is on it away and then it: "pvmove ${pv.name}", "vgreduce ${vg} ${pv.name}".`,
    );
  return [];
}

function othersFailed(disks: readonly FailedDisk[]): string {
  if (disks.length === 0) return '';
  return `; what has failed is ${disks.map(({ path, uuid, why }) => `${path ?? uuid}, which ${why}`).join(', and ')}`;
}
