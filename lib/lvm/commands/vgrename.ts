import { lvmDeviceName } from '../../names.ts';
import { type After, type Before, type Operation, operation, type Refusal } from '../operation.ts';
import { group as groupOption, type OptionsOf, type OptionTable, operand, required } from '../option.ts';
import { type GroupState, groupOf, type LvmState } from '../state.ts';
import { group } from '../subject.ts';
import type { GroupResult } from '../verify.ts';
import { metadataOptions } from './pv-options.ts';

const ownOptions = {
  /** Its new name. */
  to: required(operand(groupOption(''))),
} as const satisfies OptionTable;

const options: typeof metadataOptions & typeof ownOptions = { ...metadataOptions, ...ownOptions };

type Options = OptionsOf<typeof options>;

/** Options of `lvm.vgrename`. */
export interface VgrenameOptions extends OptionsOf<typeof options> {}

/** Renames a volume group, named by its name or, where two have the same, its uuid (vgrename(8)). */
export const vgrename: Operation<string, VgrenameOptions, GroupResult> = operation({
  command: 'vgrename',
  fixed: [],
  summary: 'Renames a volume group, given by its name or uuid.',
  subject: group,
  options,
  looks: 'everything',
  refuse,
  verify,
  result: ({ options: { to }, after }: After<Options>) => ({ group: groupOf(after, to)?.vg ?? null }),
});

// lvm renames it all the same, and its volumes cannot be activated any more.
function refuse({ place, options: { to }, before }: Before<Options>): Refusal | null {
  const long = named(before, place.groups[0] ?? '')?.lvs.find(
    ({ name }) => lvmDeviceName(to, name).length > longestDeviceName,
  );
  if (long === undefined) return null;
  return {
    reason: 'name-invalid',
    message: `${to} is too long a name: with each hyphen doubled, that of the device of ${long.name} may have ${longestDeviceName} characters; rename the volume first`,
  };
}

function verify({ place, options: { to }, before, after }: After<Options>): string | null {
  const [name = ''] = place.groups;
  const uuid = named(before, name)?.vg.uuid;
  const found = groupOf(after, to);
  if (found === undefined) return `there is no group ${to}`;
  return uuid === undefined || found.vg.uuid === uuid ? null : `${to} is another group than ${name} was`;
}

function named({ groups }: LvmState, name: string): GroupState | undefined {
  return groups.find(({ vg }) => vg.name === name || vg.uuid === name);
}

// dm-ioctl.h: DM_NAME_LEN is 128 with its zero.
const longestDeviceName = 127;
