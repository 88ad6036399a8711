import type { PvRow } from '../columns/pv.ts';
import {
  type After,
  type Before,
  type Operation,
  operation,
  type Question,
  type Refusal,
} from '../operation.ts';
import { consent, destroyConsent, type OptionsOf } from '../option.ts';
import { type GroupState, groupOf, type LvmState } from '../state.ts';
import { group } from '../subject.ts';
import { asksToDestroy } from './destroy-plan.ts';
import { removalPlan } from './lvremove-plan.ts';

const options = {
  /** Leave to destroy its volumes, each as vg/lv: all that are visible, and snapshots that wait for their merge. */
  allowDestroy: destroyConsent(),
  /** Leave to remove it while devices of it are missing, which will still have its metadata when they come back. */
  allowMissing: consent('the group is removed although devices of it are missing'),
} as const;

/** Options of `lvm.vgremove`. */
export interface VgremoveOptions extends OptionsOf<typeof options> {}

/** What went with a volume group. */
export interface VgremoveResult {
  /** Volumes that were destroyed, as vg/lv. */
  readonly destroyed: readonly string[];
  /** The devices that it had, as they are now. */
  readonly devices: readonly PvRow[];
}

type Options = OptionsOf<typeof options>;

/** Removes a volume group; its devices stay physical volumes (vgremove(8)). */
export const vgremove: Operation<string, VgremoveOptions, VgremoveResult> = operation({
  command: 'vgremove',
  fixed: [],
  summary: 'Removes a volume group; its devices stay physical volumes.',
  subject: group,
  options,
  looks: 'everything',
  refuse,
  asks,
  verify({ place, after }: After<Options>) {
    const left = place.groups.find((name) => groupOf(after, name) !== undefined);
    return left === undefined ? null : `${left} is there still`;
  },
  result({ place, before, after }: After<Options>) {
    const found = groupOf(before, place.groups[0] ?? '');
    const kept = new Set(found?.pvs.map(({ uuid }) => uuid));
    return {
      destroyed: found === undefined ? [] : destroyedWith(before, found),
      devices: after.orphans.filter(({ uuid }) => kept.has(uuid)),
    };
  },
});

// vgremove removes one volume after another, so that those before the one that is in use are gone.
function refuse({ place, before }: Before<Options>): Refusal | null {
  const open = groupOf(before, place.groups[0] ?? '')?.lvs.filter(
    ({ hidden, deviceOpen, layout }) => !hidden && deviceOpen === true && !layout.includes('pool'),
  );
  if (open === undefined || open.length === 0) return null;
  const names = open.map(({ fullName }) => fullName).join(', ');
  return {
    reason: 'in-use',
    message: `${names} ${open.length === 1 ? 'is' : 'are'} in use; unmount or close first; nothing was done`,
  };
}

// tools/vgremove.c; the spare of pool metadata goes with the group.
function asks({ place, options: given, before }: Before<Options>): readonly Question[] {
  const [name = ''] = place.groups;
  const found = groupOf(before, name);
  if (found === undefined) return [];
  const missing: Question = {
    consent: 'allowMissing',
    granted: given.allowMissing === true,
    certain: true,
    text: `${found.vg.missingPvCount} devices of ${name} are missing and would have its metadata when they come back; set allowMissing to true, or vgreduce it first`,
  };
  const spare: Question = {
    consent: 'allowDestroy',
    granted: true,
    certain: false,
    text: `the spare of the pool metadata of ${name} is removed`,
  };
  return [
    ...(found.vg.missingPvCount > 0 ? [missing] : []),
    ...asksToDestroy(destroyedWith(before, found), given.allowDestroy, `removing ${name}`),
    ...(found.lvs.some(({ role }) => role.includes('spare')) ? [spare] : []),
  ];
}

// Hidden is also a snapshot that waits for its merge, whose content is nowhere else.
function destroyedWith(state: LvmState, { lvs }: GroupState): readonly string[] {
  const visible = lvs.filter(({ hidden }) => !hidden).map(({ vgName, name }) => `${vgName}/${name}`);
  return [...visible, ...removalPlan(state, visible).map(({ row }) => `${row.vgName}/${row.name}`)];
}
