import { type After, type Operation, operation } from '../operation.ts';
import { type OptionsOf, type OptionTable, required, yesNo } from '../option.ts';
import { groupOf } from '../state.ts';
import { groups } from '../subject.ts';
import { type GroupsResult, groupsResult } from './vgexport.ts';

const monitorOptions = {
  /** Whether they are watched from now on (`--monitor`). */
  monitor: required(yesNo('--monitor')),
} as const satisfies OptionTable;

/** Options of `lvm.vgchange.monitor`. */
export interface VgchangeMonitorOptions extends OptionsOf<typeof monitorOptions> {}

/** Has dmeventd watch the active volumes of groups that it can watch, or not any more. */
export const monitor: Operation<string | readonly string[], VgchangeMonitorOptions, GroupsResult> = operation(
  {
    command: 'vgchange',
    fixed: [],
    summary: 'Starts or stops the monitoring of volumes by dmeventd.',
    subject: groups,
    options: monitorOptions,
    verify({ place, options: given, after }: After<OptionsOf<typeof monitorOptions>>) {
      const wrong = given.monitor ? 'not monitored' : 'monitored';
      for (const name of place.groups) {
        const found = groupOf(after, name);
        const segment = found?.segs.find(
          (seg) =>
            seg.monitor === wrong &&
            found.lvs.some((lv) => lv.uuid === seg.lvUuid && lv.active === true && !lv.hidden),
        );
        if (segment !== undefined) return `${name}/${segment.lvName} is ${wrong}`;
      }
      return null;
    },
    result: groupsResult,
  },
);

const pollOptions = {
  /** Whether they go on (`--poll`). */
  poll: required(yesNo('--poll')),
} as const satisfies OptionTable;

/** Options of `lvm.vgchange.poll`. */
export interface VgchangePollOptions extends OptionsOf<typeof pollOptions> {}

/** Has conversions that had begun go on in the background, such as a merge or pvmove after a restart, or not. */
export const poll: Operation<string | readonly string[], VgchangePollOptions, GroupsResult> = operation({
  command: 'vgchange',
  fixed: [],
  summary: 'Starts or stops the processing of conversions that had begun.',
  subject: groups,
  options: pollOptions,
  result: groupsResult,
});
