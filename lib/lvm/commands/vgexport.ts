import { type After, type NoOptions, type Operation, operation } from '../operation.ts';
import { type OptionsOf, type OptionTable, option, requireBoolean } from '../option.ts';
import { groupOf, type LvmState } from '../state.ts';
import { groups, type Place } from '../subject.ts';

/** A result that tells of several groups as they are now. */
export interface GroupsResult {
  /** The groups' rows of the report. */
  readonly groups: readonly LvmState['groups'][number]['vg'][];
}

/** Hides inactive groups from this host's commands, so that their devices can go to another host (vgexport(8)). */
export const vgexport: Operation<string | readonly string[], NoOptions, GroupsResult> = operation({
  command: 'vgexport',
  fixed: [],
  summary: 'Makes volume groups unknown to this host, to be imported on another.',
  subject: groups,
  options: {},
  satisfiedBy: ['exported'],
  verify: ({ place, after }: After<object>) => differing(place, after, true),
  result: groupsResult,
});

const vgimportOptions = {
  /** Leave to import groups of which devices are missing (`--force`). */
  allowMissing: option<boolean>(
    '--force',
    'consent: groups are imported although devices are missing',
    (value, key) => (requireBoolean(key, value) ? ['--force'] : []),
  ),
} as const satisfies OptionTable;

/** Options of `lvm.vgimport`. */
export interface VgimportOptions extends OptionsOf<typeof vgimportOptions> {}

/** Makes exported groups known (vgimport(8)). */
export const vgimport: Operation<string | readonly string[], VgimportOptions, GroupsResult> = operation({
  command: 'vgimport',
  fixed: [],
  summary: 'Makes exported volume groups known to this host.',
  subject: groups,
  options: vgimportOptions,
  satisfiedBy: ['wrong-state'],
  verify: ({ place, after }: After<object>) => differing(place, after, false),
  result: groupsResult,
});

/** The result of an operation on several groups. */
export function groupsResult({ place, after }: After<object>): GroupsResult {
  return { groups: place.groups.flatMap((name) => groupOf(after, name)?.vg ?? []) };
}

function differing(place: Place, after: LvmState, wanted: boolean): string | null {
  const left = place.groups.find((name) => (groupOf(after, name)?.vg.exported === true) !== wanted);
  return left === undefined ? null : `${left} is ${wanted ? 'not' : 'still'} exported`;
}
