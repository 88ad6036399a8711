import type { LvRow } from '../columns/lv.ts';
import { type After, type NoOptions, type Operation, operation } from '../operation.ts';
import { flag, type OptionsOf, type OptionTable, word, yesNo } from '../option.ts';
import { groupOf } from '../state.ts';
import { groups } from '../subject.ts';
import { type GroupsResult, groupsResult } from './vgexport.ts';

const options = {
  /** Which volumes with missing devices are activated: none, redundant ones (the default), or all (`--activationmode`). */
  activationMode: word('--activationmode', ['complete', 'degraded', 'partial']),
  /** Whether volumes that are marked to be skipped are activated too (`--ignoreactivationskip`). */
  ignoreActivationSkip: flag('--ignoreactivationskip'),
  /** Whether the metadata is only read, for use while another host may write it (`--readonly`). */
  readonly: flag('--readonly'),
  /** Whether dmeventd watches the volumes (`--monitor`). */
  monitor: yesNo('--monitor'),
  /** Whether conversions that had begun go on (`--poll`). */
  poll: yesNo('--poll'),
} as const satisfies OptionTable;

type Options = OptionsOf<typeof options>;

/** Options of `lvm.vgchange.activate`. */
export interface VgchangeActivateOptions extends OptionsOf<typeof options> {}

/** Activates all volumes of groups, but for those to be skipped. */
export const activate: Operation<string | readonly string[], VgchangeActivateOptions, GroupsResult> =
  operation({
    command: 'vgchange',
    fixed: ['--activate', 'y'],
    summary: 'Activates the volumes of volume groups.',
    subject: groups,
    options,
    verify: inactive,
    result: groupsResult,
  });

/** Options of `lvm.vgchange.autoactivate`. */
export interface VgchangeAutoactivateOptions extends OptionsOf<typeof options> {}

/** Activates the volumes that are to be activated at boot (`auto_activation_volume_list`, `autoactivation`). */
export const autoactivate: Operation<string | readonly string[], VgchangeAutoactivateOptions, GroupsResult> =
  operation({
    command: 'vgchange',
    fixed: ['--activate', 'ay'],
    summary: 'Activates the volumes of volume groups that are to be activated automatically.',
    subject: groups,
    options,
    // lvm.conf may name those that are activated, which no report tells.
    verify: () => null,
    result: groupsResult,
  });

/** Deactivates all volumes of groups; none may be in use. */
export const deactivate: Operation<string | readonly string[], NoOptions, GroupsResult> = operation({
  command: 'vgchange',
  fixed: ['--activate', 'n'],
  summary: 'Deactivates the volumes of volume groups.',
  subject: groups,
  options: {},
  verify({ place, after }: After<object>) {
    const left = place.groups
      .flatMap((name) => groupOf(after, name)?.lvs ?? [])
      .find(({ active, hidden }) => active === true && !hidden);
    return left === undefined ? null : `${left.fullName} is active still`;
  },
  result: groupsResult,
});

const refreshOptions = {
  /** Whether conversions that had begun go on (`--poll`). */
  poll: options.poll,
} as const satisfies OptionTable;

/** Options of `lvm.vgchange.refresh`. */
export interface VgchangeRefreshOptions extends OptionsOf<typeof refreshOptions> {}

/** Reloads active volumes from the metadata, as after a device has come back. */
export const refresh: Operation<string | readonly string[], VgchangeRefreshOptions, GroupsResult> = operation(
  {
    command: 'vgchange',
    fixed: ['--refresh'],
    summary: 'Reloads the active volumes of volume groups from the metadata.',
    subject: groups,
    options: refreshOptions,
    verify({ place, after }: After<object>) {
      const left = place.groups
        .flatMap((name) => groupOf(after, name)?.lvs ?? [])
        .find(({ suspended, healthStatus }) => suspended === true || healthStatus === 'refresh needed');
      return left === undefined
        ? null
        : `${left.fullName} ${left.suspended === true ? 'is suspended' : 'needs a refresh still'}`;
    },
    result: groupsResult,
  },
);

function inactive({ place, options: given, after }: After<Options>): string | null {
  const left = place.groups
    .flatMap((name) => groupOf(after, name)?.lvs ?? [])
    .find(
      (lv) =>
        !lv.hidden &&
        lv.active !== true &&
        canBeActive(lv) &&
        (lv.skipActivation !== true || given.ignoreActivationSkip === true),
    );
  return left === undefined ? null : `${left.fullName} is not active`;
}

// Pools of caches and VDO are active through what uses them only; a snapshot that merges has no device.
function canBeActive({ layout, merging }: LvRow): boolean {
  return (
    merging !== true && !(layout.includes('pool') && (layout.includes('cache') || layout.includes('vdo')))
  );
}
