import {
  type After,
  type Before,
  type Operation,
  operation,
  type Question,
  type Refusal,
} from '../operation.ts';
import { consent, destroyConsent, flag, type OptionsOf, type OptionTable } from '../option.ts';
import { type LvmState, volumeOf } from '../state.ts';
import { type Place, volumes } from '../subject.ts';
import { areGone } from '../verify.ts';
import { asksToDestroy } from './destroy-plan.ts';
import { removalPlan } from './lvremove-plan.ts';

const options = {
  /** Leave to destroy what goes with it, such as the volumes of a pool: just these volumes, each as `vg/lv`. */
  allowDestroy: destroyConsent(),
  /** Leave to destroy all snapshots of what is named; thin snapshots stay anyway. */
  withSnapshots: consent('all snapshots of the volumes are destroyed with them'),
  /** Leave to remove a snapshot whose merge failed: its origin may hold part of each. */
  allowFailedMerge: consent('a snapshot whose merge failed is removed'),
  /** Leave to remove the spare for the metadata of pools, without which lvm cannot repair one (lvmthin(7)). */
  allowNoSpare: consent('the spare for the metadata of pools is removed'),
  /** Keeps no record of them in the group's history of volumes (`--nohistory`). */
  noHistory: flag('--nohistory'),
} as const satisfies OptionTable;

/** Options of `lvm.lvremove`. */
export interface LvremoveOptions extends OptionsOf<typeof options> {}

/**
 * Removes volumes, active or not, with all that is on them (lvremove(8)). What is open or mounted stays; lvm tries that
 * for 5 s. Removes all it can, and rejects if one is left.
 */
export const lvremove: Operation<string | readonly string[], LvremoveOptions, RemovedResult> = operation({
  command: 'lvremove',
  fixed: [],
  summary: 'Removes volumes.',
  subject: volumes,
  options,
  refuse,
  asks,
  verify: areGone,
  result: removedVolumes,
});

/** A result that tells what was removed. */
export interface RemovedResult {
  /** Every volume that is there no more, as `vg/lv`, hidden parts left out; empty if it was only tested. */
  readonly removed: readonly string[];
}

type Options = OptionsOf<typeof options>;

function refuse({ place, before }: Before<Options>): Refusal | null {
  const parts = namesOf(place).flatMap((name) => volumeOf(before, name) ?? []);
  const part = parts.find(({ hidden, parent }) => hidden && parent !== null);
  // Of a used cache pool lvm would only take the cache away.
  const pool = parts.find(({ hidden, layout }) => hidden && layout.includes('cache'));
  const found = part ?? pool;
  if (found === undefined) return null;
  const message = `${found.fullName} is a part of another volume; remove that one, or take it apart with lvconvert`;
  return { reason: 'component', message };
}

function asks({ place, options: given, before }: Before<Options>): readonly Question[] {
  const named = namesOf(place).flatMap((name) => volumeOf(before, name) ?? []);
  const failed = named.some(({ mergeFailed }) => mergeFailed === true);
  const spare = named.some(({ role }) => role.includes('spare'));
  return [
    // Whether to remove what is active, which the function's name says.
    { consent: '', granted: true, certain: false, text: 'lvm asks whether to remove it' },
    ...asksToGoAlong(place, given, before),
    ...(failed
      ? [
          asked(
            'allowFailedMerge',
            given,
            'the merge of a snapshot failed, and its origin may hold part of each',
          ),
        ]
      : []),
    ...(spare
      ? [asked('allowNoSpare', given, 'without a spare for metadata, lvm cannot repair a thin or cache pool')]
      : []),
  ];
}

function asksToGoAlong(place: Place, given: Options, before: LvmState): readonly Question[] {
  const plan = removalPlan(before, namesOf(place));
  const names = plan.map(({ row }) => `${row.vgName}/${row.name}`);
  const snapshots = names.filter((_name, index) => plan[index]?.snapshot === true);
  const allowed =
    given.withSnapshots === true ? [...(given.allowDestroy ?? []), ...snapshots] : given.allowDestroy;
  return asksToDestroy(names, allowed, `removing ${namesOf(place).join(', ')}`);
}

function asked(name: 'allowFailedMerge' | 'allowNoSpare', given: Options, text: string): Question {
  return {
    consent: name,
    granted: given[name] === true,
    certain: true,
    text: `${text}; set ${name} to true`,
  };
}

function removedVolumes({ before, after }: After<Options>): RemovedResult {
  const rows = before.groups.flatMap(({ lvs }) =>
    lvs.filter(({ hidden, merging }) => !hidden || merging === true),
  );
  const names = rows.map(({ vgName, name }) => `${vgName}/${name}`);
  return { removed: names.filter((name) => volumeOf(after, name) === undefined) };
}

function namesOf({ volumes: named }: Place): readonly string[] {
  return named.map(({ vg, lv }) => `${vg}/${lv}`);
}
