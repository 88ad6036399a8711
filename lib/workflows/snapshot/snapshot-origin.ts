import type { LvRow } from '../../lvm/columns/lv.ts';
import type { Lvm } from '../../lvm/lvm.ts';
import { type GroupState, groupOf, type LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { bytesText } from './snapshot-size.ts';

/** Throws a {@link Refusal} unless a snapshot can be taken of this volume now. */
export function requireSnapshotable(state: LvmState, row: LvRow): void {
  const name = row.fullName;
  if (row.hidden || row.role.includes('private'))
    throw new Refusal('wrong-type', `${name} is a part of another volume`, 'Name the volume itself.');
  if (row.layout.includes('pool'))
    throw new Refusal('wrong-type', `${name} is a pool`, 'Name a volume of it; a pool has no snapshots.');
  if (row.role.includes('thicksnapshot'))
    throw new Refusal(
      'wrong-type',
      `${name} is a snapshot itself, and lvm takes none of one`,
      `Take one of its origin ${row.vgName}/${row.origin}.`,
    );
  if (row.merging === true)
    throw new Refusal(
      'busy',
      `a snapshot is being merged into ${name}`,
      'Wait until that is done: rollback does so if it is called again.',
    );
  if (row.suspended === true)
    throw new Refusal(
      'busy',
      `${name} is suspended`,
      'Find out who has suspended it; dmsetup resume ends that.',
    );
  if (row.active === false)
    throw new Refusal('wrong-type', `${name} is not active`, `Activate it: lvchange --activate y ${name}.`);
  const vg = groupOf(state, row.vgName)?.vg;
  if (vg?.missingPvCount !== undefined && vg.missingPvCount > 0)
    throw new Refusal(
      'unsafe',
      `${vg.name} lacks ${vg.missingPvCount} of its disks, and lvm makes no volume in it until they are back or replaced`,
      'Bring them back, or call replaceFailedDevice.',
    );
}

/** Whether a volume is in a thin pool, so that its snapshots are thin and need no size. */
export function isThin(row: LvRow): boolean {
  return row.layout.includes('thin') && !row.layout.includes('pool') && row.poolLv !== null;
}

/** A store that needs space in a group, in bytes. */
export interface SpaceNeed {
  readonly origin: string;
  readonly vg: string;
  readonly size: bigint;
}

/** Bytes that new volumes of a group can have: free extents of its disks that are there and may be allocated from. */
export function allocatable({ vg, pvs }: GroupState): bigint {
  const extents = pvs
    .filter(({ missing, allocatable: may }) => missing !== true && may !== false)
    .reduce((sum, { peCount, peAllocCount }) => sum + peCount - peAllocCount, 0);
  return BigInt(extents) * vg.extentSize;
}

/** The same by what lvm reports now; 0 if there is no such group. */
export async function freeIn(lvm: Pick<Lvm, 'fullreport'>, vg: string, signal: AbortSignal): Promise<bigint> {
  const group = groupOf(await lvm.fullreport({ targets: [vg], signal }), vg);
  return group === undefined ? 0n : allocatable(group);
}

/**
 * Throws a {@link Refusal} `not-enough-space`, which says what fits, unless all of this fits together; `reclaimed` are
 * bytes by group that are freed before.
 */
export function requireSpace(
  state: LvmState,
  needs: readonly SpaceNeed[],
  reclaimed: ReadonlyMap<string, bigint> = new Map(),
): void {
  for (const group of state.groups) {
    const own = needs.filter(({ vg }) => vg === group.vg.name);
    const needed = own.reduce((sum, { size }) => sum + size, 0n);
    const free = allocatable(group) + (reclaimed.get(group.vg.name) ?? 0n);
    if (needed <= free) continue;
    const { extentSize, name } = group.vg;
    const extents = (bytes: bigint): string => `${bytes / extentSize} extents (${bytesText(bytes)})`;
    const each = free / BigInt(own.length) / extentSize;
    const fits = each === 0n ? 'nothing fits' : `what fits is ${bytesText(each * extentSize)}`;
    throw new Refusal(
      'not-enough-space',
      `the snapshot${own.length > 1 ? 's' : ''} of ${own.map(({ origin }) => origin).join(', ')} ${own.length > 1 ? 'need' : 'needs'} ${extents(needed)}, and ${name} has ${extents(free)} free`,
      `Ask for a smaller size (${fits}${own.length > 1 ? ' each' : ''}; it can overflow then, see guard), or add a disk with at least ${bytesText(needed - free)} (vgextend).`,
    );
  }
}
