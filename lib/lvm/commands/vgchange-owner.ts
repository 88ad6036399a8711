import {
  type After,
  type Before,
  type NoOptions,
  type Operation,
  operation,
  type Question,
} from '../operation.ts';
import { consent, type OptionsOf, type OptionTable, option, required, word } from '../option.ts';
import { groupOf } from '../state.ts';
import { group, groups } from '../subject.ts';
import { type GroupResult, groupResult } from '../verify.ts';
import { systemIdOption } from './vg-options.ts';
import { type GroupsResult, groupsResult } from './vgexport.ts';

const idOptions = {
  /** The host that is to own it, or an empty text for none (`--systemid`); its volumes must be inactive. */
  systemId: required(
    option<string>('--systemid', "a system id, or ''", (value, key) =>
      value === '' ? ['--systemid', ''] : systemIdOption.toArguments(value as string, key),
    ),
  ),
  /** Leave to give it to another host, so that this one cannot reach it, or to no host, so that all can. */
  allowForeign: consent('the group gets out of reach of this host, or into that of all'),
} as const satisfies OptionTable;

const lockOptions = {
  /** How lvmlockd locks it (`--locktype`). */
  lockType: required(word('--locktype', ['none', 'sanlock', 'dlm', 'idm'])),
} as const satisfies OptionTable;

type IdOptions = OptionsOf<typeof idOptions>;

/** Options of `lvm.vgchange.systemId`. */
export interface VgchangeSystemIdOptions extends OptionsOf<typeof idOptions> {}

/** Gives a group to another host, or to none (lvmsystemid(7)). */
export const systemId: Operation<string, VgchangeSystemIdOptions, GroupResult> = operation({
  command: 'vgchange',
  fixed: [],
  summary: 'Says which host owns a volume group.',
  subject: group,
  options: idOptions,
  looks: 'everything',
  asks,
  verify({ place, options: given, before, after }: After<IdOptions>) {
    const [name = ''] = place.groups;
    const vg = groupOf(after, name)?.vg;
    // A group of another host is not told of.
    if (vg === undefined)
      return given.systemId !== '' && groupOf(before, name) !== undefined
        ? null
        : `there is no group ${name}`;
    return (vg.systemid ?? '') === given.systemId ? null : `${name} is owned by ${vg.systemid ?? 'no host'}`;
  },
  result: groupResult,
});

/** Options of `lvm.vgchange.lockType`. */
export interface VgchangeLockTypeOptions extends OptionsOf<typeof lockOptions> {}

/** Changes how lvmlockd locks a group (lvmlockd(8)). Without lvmlockd lvm does nothing, with status 0: `not-done`. */
export const lockType: Operation<string, VgchangeLockTypeOptions, GroupResult> = operation({
  command: 'vgchange',
  fixed: [],
  summary: 'Changes how lvmlockd locks a volume group.',
  subject: group,
  options: lockOptions,
  writes: 'nothing',
  verify({ place, options: given, after }: After<OptionsOf<typeof lockOptions>>) {
    const [name = ''] = place.groups;
    const found = groupOf(after, name)?.vg.lockType ?? 'none';
    return found === given.lockType ? null : `the lock type of ${name} is ${found}`;
  },
  result: groupResult,
});

/** Starts the lockspace of shared groups (lvmlockd(8)). */
export const lockStart: Operation<string | readonly string[], NoOptions, GroupsResult> = operation({
  command: 'vgchange',
  fixed: ['--lockstart'],
  summary: 'Starts the lockspace of shared volume groups in lvmlockd.',
  subject: groups,
  options: {},
  writes: 'nothing',
  verify: unshared,
  result: groupsResult,
});

/** Stops the lockspace of shared groups (lvmlockd(8)). */
export const lockStop: Operation<string | readonly string[], NoOptions, GroupsResult> = operation({
  command: 'vgchange',
  fixed: ['--lockstop'],
  summary: 'Stops the lockspace of shared volume groups in lvmlockd.',
  subject: groups,
  options: {},
  writes: 'nothing',
  verify: unshared,
  result: groupsResult,
});

// lvm passes over groups that are not shared, and without lvmlockd over all, with status 0.
function unshared({ place, after }: After<object>): string | null {
  const found = place.groups.find((name) => groupOf(after, name)?.vg.shared !== true);
  return found === undefined ? null : `${found} is not shared, so there is no lockspace of it`;
}

// tools/vgchange.c, _vgchange_system_id; this host's own id, which needs no answer, is not in the reports.
function asks({ options: given, before, place }: Before<IdOptions>): readonly Question[] {
  const owner = groupOf(before, place.groups[0] ?? '')?.vg.systemid ?? '';
  if (owner === given.systemId) return [];
  return [
    {
      consent: 'allowForeign',
      granted: given.allowForeign === true,
      certain: given.systemId !== '',
      text: `lvm asks before a group is owned by ${given.systemId === '' ? 'no host, so that any may change it' : `${given.systemId}, which may be another host than this`}; set allowForeign to true`,
    },
  ];
}
