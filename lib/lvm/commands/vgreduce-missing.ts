import type { LvRow } from '../columns/lv.ts';
import type { VgRow } from '../columns/vg.ts';
import {
  type After,
  type Before,
  type Operation,
  operation,
  type Question,
  type Refusal,
} from '../operation.ts';
import { destroyConsent, type OptionsOf, type OptionTable, option, requireBoolean } from '../option.ts';
import { type GroupState, groupOf, segmentsOf } from '../state.ts';
import { group } from '../subject.ts';
import { asksToDestroy } from './destroy-plan.ts';
import { metadataOptions } from './pv-options.ts';

const allowDestroy = destroyConsent();
const ownOptions = {
  /**
   * Whether mirrors and RAID volumes lose the legs that are gone, and all other volumes stay, in which case the group
   * may not get rid of its missing devices (`--mirrorsonly --force`). A RAID leg becomes an error target.
   */
  mirrorsOnly: option<boolean>('--mirrorsonly --force', 'true', (value, key) =>
    requireBoolean(key, value) ? ['--mirrorsonly', '--force'] : [],
  ),
  /** Leave to destroy all other volumes that touch a missing device, each as vg/lv: just those (`--force`). */
  allowDestroy: { ...allowDestroy, toArguments: forced },
} as const satisfies OptionTable;

const options: typeof metadataOptions & typeof ownOptions = { ...metadataOptions, ...ownOptions };

type Options = OptionsOf<typeof options>;

/** What came of removing missing devices. */
export interface RemovedMissing {
  /** The group's row of the report; null if it was only tested. */
  readonly group: VgRow | null;
  /** Volumes that are gone, as vg/lv. */
  readonly destroyed: readonly string[];
  /** Legs of mirrors and logs that were dropped, as vg/lv. */
  readonly droppedLegs: readonly string[];
  /**
   * Legs of RAID volumes that are error targets now, as vg/lv; nothing else shows that these are degraded: their health
   * and the kernel's status look well. `lvconvert --repair` replaces them.
   */
  readonly errorLegs: readonly string[];
}

/** Options of `lvm.vgreduce.removeMissing`. */
export interface VgreduceRemoveMissingOptions extends OptionsOf<typeof options> {}

/** Takes missing devices out of a group, with what was on them. */
export const removeMissing: Operation<string, VgreduceRemoveMissingOptions, RemovedMissing> = operation({
  command: 'vgreduce',
  fixed: ['--removemissing'],
  summary: 'Takes missing devices out of a volume group.',
  subject: group,
  options,
  refuse,
  asks,
  verify,
  result,
});

/**
 * Volumes that `vgreduce --removemissing --force` may destroy: those that stand on a missing device in any way, but for
 * mirrors and RAID. lvm takes a volume for one if a snapshot of it does, or if the RAID below a thin pool does
 * (lib/metadata/metadata.c, `_lv_each_dependency`).
 */
function destroyedByRemoval({ lvs }: GroupState): readonly string[] {
  return lvs.filter((lv) => isPartial(lv) && !lv.hidden && !isLegged(lv)).map(({ fullName }) => fullName);
}

function forced(value: readonly string[], key: string): readonly string[] {
  allowDestroy.toArguments(value, key);
  return ['--force'];
}

function asks({ place, options: given, before }: Before<Options>): readonly Question[] {
  const found = groupOf(before, place.groups[0] ?? '');
  const plan = found === undefined || given.mirrorsOnly === true ? [] : destroyedByRemoval(found);
  const cause =
    'removing the missing devices (pools on RAID stay if that is done with mirrorsOnly first, origins of snapshots if the snapshots are removed first)';
  return asksToDestroy(plan, given.allowDestroy, cause);
}

// tools/vgreduce.c, _make_vg_consistent: such a volume stays partial, and it starts over for ever (before 2.03.39).
function refuse({ place, options: given, before }: Before<Options>): Refusal | null {
  const found = groupOf(before, place.groups[0] ?? '');
  if (found === undefined || (given.mirrorsOnly !== true && given.allowDestroy === undefined)) return null;
  const endless = found.lvs.find(
    (lv) => isPartial(lv) && isLegged(lv) && snapshotsOf(found, lv).some(isPartial),
  );
  if (endless === undefined) return null;
  const names = snapshotsOf(found, endless).filter(isPartial);
  return {
    reason: 'unsupported',
    message: `vgreduce might never end: ${names.map(({ fullName }) => fullName).join(', ')} of ${endless.fullName} is on a missing device; lvremove it first; nothing was done`,
  };
}

function verify({ place, options: given, before, after }: After<Options>): string | null {
  const [name = ''] = place.groups;
  const found = groupOf(after, name);
  if (found === undefined) return `there is no group ${name}`;
  const allowed = new Set(given.allowDestroy);
  const wrong = gone(groupOf(before, name), found).find((lv) => !lv.hidden && !allowed.has(lv.fullName));
  if (wrong !== undefined) return `${wrong.fullName} is gone, which was not to be`;
  if (found.vg.missingPvCount === 0) return null;
  const left = destroyedByRemoval(found);
  const why = left.length === 0 ? '' : `, as ${left.join(', ')} stand on them`;
  return `${name} still misses ${found.vg.missingPvCount} devices${why}`;
}

function result({ place, before, after }: After<Options>): RemovedMissing {
  const [name = ''] = place.groups;
  const old = groupOf(before, name);
  const found = groupOf(after, name);
  const lost = found === undefined ? [] : gone(old, found);
  const errors = (state: GroupState | undefined): readonly string[] =>
    (state?.lvs ?? []).filter((lv) => typesIn(state, lv).includes('error')).map(({ fullName }) => fullName);
  const known = new Set(errors(old));
  return {
    group: found?.vg ?? null,
    destroyed: lost.filter(({ hidden }) => !hidden).map(({ fullName }) => fullName),
    droppedLegs: lost.filter(({ hidden }) => hidden).map(({ fullName }) => fullName),
    errorLegs: errors(found).filter((leg) => !known.has(leg)),
  };
}

function gone(old: GroupState | undefined, found: GroupState): readonly LvRow[] {
  return (old?.lvs ?? []).filter(({ uuid }) => !found.lvs.some((lv) => lv.uuid === uuid));
}

function isPartial({ healthStatus }: LvRow): boolean {
  return healthStatus === 'partial';
}

function isLegged({ segtype }: LvRow): boolean {
  return segtype === 'mirror' || segtype.startsWith('raid');
}

function snapshotsOf({ lvs }: GroupState, { name }: LvRow): readonly LvRow[] {
  return lvs.filter(({ origin, layout }) => origin === name && !layout.includes('thin'));
}

function typesIn(state: GroupState | undefined, lv: LvRow): readonly string[] {
  return state === undefined ? [] : segmentsIn(state, lv).map(({ segtype }) => segtype);
}

function segmentsIn(state: GroupState, lv: LvRow): ReturnType<typeof segmentsOf> {
  return segmentsOf({ groups: [state], orphans: [] }, lv);
}
