import type { LvRow } from '../../lvm/columns/lv.ts';
import { groupOf, type LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';

/** The tag of every snapshot that withSnapshot makes for a time. */
export const snapshotTag = 'devmapper.withSnapshot';

/** The tag that says of which volume: a snapshot that came out half-made is none yet, for lvm. */
export function originTag(lv: string): string {
  return `devmapper.origin=${lv}`;
}

/** The tag with LVM's uuid of that volume: another volume may have its name later. */
export function originUuidTag(uuid: string): string {
  return `${originUuidPrefix}${uuid}`;
}

const originUuidPrefix = 'devmapper.originUuid=';

/**
 * The snapshots of a volume, whatever that is called by now, that an earlier run of withSnapshot has made and not removed,
 * as it was killed. Whoever holds the volume's lock may remove them.
 */
export function leftoversOf(state: LvmState, origin: LvRow): readonly LvRow[] {
  const all = groupOf(state, origin.vgName)?.lvs ?? [];
  const now = all.find(({ uuid }) => uuid === origin.uuid) ?? origin;
  return all.filter((row) => isOurs(row) && row.name !== now.name && isOf(row, now));
}

function isOurs({ tags }: LvRow): boolean {
  return tags.includes(snapshotTag);
}

function isOf({ tags, origin: of, segtype }: LvRow, origin: LvRow): boolean {
  const noted = tags.find((tag) => tag.startsWith(originUuidPrefix));
  if (noted !== undefined && noted !== originUuidTag(origin.uuid)) return false;
  // One that is of another volume now, or whose tags were copied to one, is not ours to remove.
  if (of !== null) return of === origin.name;
  // Half-made, which only one with a store can be. A thin one lives on without its origin, as when that was removed or
  // another was merged into it (measured, lvm2 2.03.16), and may hold the only copy.
  return segtype !== 'thin' && (noted !== undefined || tags.includes(originTag(origin.name)));
}

/** The name of the new snapshot. Throws a {@link Refusal} `foreign` if a volume has it that no workflow has left. */
export function requireFreeName(
  state: LvmState,
  vg: string,
  name: string,
  leftovers: readonly LvRow[],
): void {
  const taken = groupOf(state, vg)?.lvs.find((row) => row.name === name);
  if (taken === undefined || leftovers.includes(taken)) return;
  throw new Refusal(
    'foreign',
    `there is a volume ${vg}/${name} already, which ${whose(taken)}`,
    'Give another name or suffix, or remove it.',
  );
}

function whose(row: LvRow): string {
  if (!isOurs(row)) return 'no run of withSnapshot has left';
  return row.origin === null
    ? 'withSnapshot has made, and which is a snapshot no more: it may hold what nothing else does'
    : `withSnapshot has made of ${row.vgName}/${row.origin}`;
}
