import { removalPlan } from '../../lvm/commands/lvremove-plan.ts';
import { type GroupState, type LvmState, volumeOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import type { Damage, LostVolume } from './degraded.ts';
import { visibleOf } from './degraded-parts.ts';
import type { CheckedReplace } from './replace-options.ts';

/** What becomes of the volumes that do not survive. */
export interface Destruction {
  /** Those that are named to lvm, and those that go with them. */
  readonly destroy: readonly string[];
  readonly destroyWith: readonly string[];
  readonly kept: readonly LostVolume[];
}

/**
 * Decides what becomes of lost volumes. Throws a {@link Refusal}: `needs-consent` unless the caller allowed to destroy
 * just these, or to keep them; `in-use` if one is open. Pure.
 */
export function destroyedBy(
  state: LvmState,
  { lost }: Pick<Damage, 'lost'>,
  { vg, allowDestroy, keepLost }: Pick<CheckedReplace, 'vg' | 'allowDestroy' | 'keepLost'>,
): Destruction {
  const names = lost.map(({ row }) => row.fullName);
  const allowed = allowDestroy.filter((name) => volumeOf(state, name) !== undefined);
  const isAllowed = names.length === allowed.length && names.every((name) => allowed.includes(name));
  // What is allowed and not lost is refused in any case: the caller is mistaken about something.
  if (!isAllowed && !(keepLost && allowed.length === 0)) throw consentRefusal(lost, allowed);
  if (!isAllowed || names.length === 0) return { destroy: [], destroyWith: [], kept: lost };
  const open = lost.filter(({ row }) => row.deviceOpen === true && !isOpenByLost(row.fullName, state, names));
  if (open.length > 0)
    throw new Refusal(
      'in-use',
      `${open.map(({ row }) => row.fullName).join(', ')} does not survive and is open`,
      'Unmount it, or end whoever uses it, and call again.',
    );
  const snapshot = lost.find(
    ({ row }) =>
      row.role.includes('thicksnapshot') &&
      !names.includes(`${vg}/${row.origin}`) &&
      volumeOf(state, `${vg}/${row.origin}`)?.active !== false,
  );
  if (snapshot !== undefined) throw snapshotRefusal(vg, snapshot);
  const along = new Set(
    names.flatMap((name) => removalPlan(state, [name]).map(({ row }) => `${row.vgName}/${row.name}`)),
  );
  return {
    destroy: names.filter((name) => !along.has(name)),
    destroyWith: names.filter((name) => along.has(name)),
    kept: [],
  };
}

/** What the loss of disks means but for volumes that are destroyed, `vg/lv`: none of theirs is repaired. Pure. */
export function withoutDestroyed(group: GroupState, damage: Damage, doomed: ReadonlySet<string>): Damage {
  const isDoomed = (name: string): boolean =>
    group.lvs.some((row) => row.fullName === name && doomed.has(visibleOf(group, row).fullName));
  return {
    ...damage,
    mirrors: damage.mirrors.filter(({ row }) => !isDoomed(row.fullName)),
    blocked: damage.blocked.filter(({ name }) => !isDoomed(name)),
  };
}

// A pool or an origin is open by the volumes that go with it.
function isOpenByLost(name: string, state: LvmState, names: readonly string[]): boolean {
  return removalPlan(state, [name]).some(({ row }) => names.includes(`${row.vgName}/${row.name}`));
}

function consentRefusal(lost: readonly LostVolume[], allowed: readonly string[]): Refusal {
  if (lost.length === 0)
    return new Refusal(
      'needs-consent',
      `all volumes survive, so that there is nothing to destroy, and allowDestroy names ${allowed.join(', ')}`,
      'Leave allowDestroy out.',
    );
  const names = lost.map(({ row }) => row.fullName);
  const list = names.map((name) => `'${name}'`).join(', ');
  return new Refusal(
    'needs-consent',
    lost.map(({ row, why }) => `${row.fullName} does not survive: it ${why}`).join('; '),
    `Save from it what can be read; then set allowDestroy to [${list}], or keepLost to true to repair the others only.`,
  );
}

function snapshotRefusal(vg: string, { row }: LostVolume): Refusal {
  const command = `lvremove --config 'activation{activation_mode="partial"}' ${row.fullName}`;
  return new Refusal(
    'in-use',
    `${row.fullName} has lost its store, and lvm does not remove it while its origin ${vg}/${row.origin} is active`,
    `Deactivate ${vg}/${row.origin} for a moment and call again, or remove the snapshot by hand: ${command}`,
  );
}
