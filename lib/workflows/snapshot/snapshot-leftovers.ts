import type { LvRow } from '../../lvm/columns/lv.ts';
import { groupOf, type LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';

/** The tag of every snapshot that withSnapshot makes for a time. */
export const snapshotTag = 'devmapper.withSnapshot';

/** The tag that says of which volume: a snapshot that came out half-made is none yet, for lvm. */
export function originTag(lv: string): string {
  return `devmapper.origin=${lv}`;
}

/**
 * The snapshots of a volume that an earlier run of withSnapshot has made and not removed, as it was killed. Whoever holds
 * the volume's lock may remove them.
 */
export function leftoversOf(state: LvmState, origin: LvRow): readonly LvRow[] {
  const all = groupOf(state, origin.vgName)?.lvs ?? [];
  return all.filter(({ tags, origin: of, name }) => {
    if (!tags.includes(snapshotTag) || name === origin.name) return false;
    // One that has become an ordinary volume, or whose tags were copied to one, is not ours to remove.
    return of === origin.name || (of === null && tags.includes(originTag(origin.name)));
  });
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
    `there is a volume ${vg}/${name} already, which no run of withSnapshot has left`,
    'Give another name or suffix, or remove it.',
  );
}
