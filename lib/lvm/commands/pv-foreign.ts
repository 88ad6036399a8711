import { requireGroup } from '../names.ts';
import type { Question } from '../operation.ts';
import { option } from '../option.ts';
import type { LvmState } from '../state.ts';
import type { Place } from '../subject.ts';
import { deviceRow } from './pv-rows.ts';

/**
 * Leave to take devices away from the group they are in, and whose data is lost: its name, or null if its metadata is
 * missing and lvm does not know which it is (`--force --force`).
 */
export const foreignGroup = option<string | null>(
  '--force --force',
  'consent: the name of the group that the devices are in, or null if it is unknown',
  (value, key) => {
    if (value !== null) requireGroup(key, value);
    return ['--force', '--force'];
  },
);

/** The question of pvcreate and pvremove on a device that is in a group (tools/toollib.c, `_check_pvcreate_prompt`). */
export function asksToTake(
  place: Place,
  given: string | null | undefined,
  before: LvmState,
  what: string,
): readonly Question[] {
  const rows = place.devices.flatMap((path) => deviceRow(before, path) ?? []);
  // With no metadata on the devices and the others gone, the label still says that it is in use.
  const taken = rows.filter(({ vgName, inUse }) => vgName !== null || inUse === true);
  if (taken.length === 0 && given === undefined) return [];
  const groups = [...new Set(taken.map(({ vgName }) => vgName))];
  const named = groups.map((name) => name ?? 'an unknown group').join(', ');
  return [
    {
      consent: 'allowForeignGroup',
      granted: given !== undefined && groups.length === 1 && groups[0] === given,
      certain: true,
      text:
        groups.length === 0
          ? `none of the devices is in a group, so that allowForeignGroup (${given ?? 'null'}) has to be left out`
          : `${taken.map(({ name }) => name).join(', ')} would be ${what} but ${taken.length === 1 ? 'is' : 'are'} in ${named}; take it out with vgreduce, or name the group in allowForeignGroup`,
    },
  ];
}
