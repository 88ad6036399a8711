import { type After, operation } from '../operation.ts';
import { type OptionsOf, required, yesNo } from '../option.ts';
import { groupOf } from '../state.ts';
import { groups } from '../subject.ts';
import { groupsResult } from './vgexport.ts';

const monitorOptions = {
  /** Whether they are watched from now on (`--monitor`). */
  monitor: required(yesNo('--monitor')),
} as const;

/** Has dmeventd watch the active volumes of groups that it can watch, or not any more. */
export const monitor = operation({
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
});

/** Has conversions that had begun go on in the background, such as a merge or pvmove after a restart, or not. */
export const poll = operation({
  command: 'vgchange',
  fixed: [],
  summary: 'Starts or stops the processing of conversions that had begun.',
  subject: groups,
  options: {
    /** Whether they go on (`--poll`). */
    poll: required(yesNo('--poll')),
  },
  result: groupsResult,
});
