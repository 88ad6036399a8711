import { type After, type Before, type Operation, operation, type Refusal } from '../operation.ts';
import { devices, type OptionsOf, type OptionTable, required } from '../option.ts';
import { groupOf } from '../state.ts';
import { group } from '../subject.ts';
import { type GroupResult, groupResult } from '../verify.ts';
import { metadataOptions } from './pv-options.ts';
import { deviceRow } from './pv-rows.ts';
import { removeMissing } from './vgreduce-missing.ts';

const ownOptions = {
  /** The devices to take out; nothing may be on them. */
  devices: required(devices()),
} as const satisfies OptionTable;

const options: typeof metadataOptions & typeof ownOptions = { ...metadataOptions, ...ownOptions };

type Options = OptionsOf<typeof options>;

/** Options of `lvm.vgreduce.devices`. */
export interface VgreduceDevicesOptions extends OptionsOf<typeof options> {}

const some: Operation<string, VgreduceDevicesOptions, GroupResult> = operation({
  command: 'vgreduce',
  fixed: [],
  summary: 'Takes unused devices out of a volume group.',
  subject: group,
  options,
  looks: 'everything',
  refuse,
  verify({ place, options: given, after }: After<Options>) {
    const [name = ''] = place.groups;
    const left = given.devices.find((path) => deviceRow(after, path)?.vgName === name);
    return left === undefined ? null : `${left} is in ${name} still`;
  },
  result: groupResult,
});

/** Options of `lvm.vgreduce.unused`. */
export interface VgreduceUnusedOptions extends OptionsOf<typeof metadataOptions> {}

const unused: Operation<string, VgreduceUnusedOptions, GroupResult> = operation({
  command: 'vgreduce',
  fixed: ['--all'],
  summary: 'Takes all unused devices out of a volume group, but never the last one.',
  subject: group,
  options: metadataOptions,
  // lvm fails on coming to a device in use, or to the last one, which are to stay.
  satisfiedBy: ['in-use', 'wrong-state'],
  verify({ place, after }) {
    const [name = ''] = place.groups;
    const found = groupOf(after, name);
    if (found === undefined) return `there is no group ${name}`;
    const left = found.pvs.filter(({ peAllocCount }) => peAllocCount === 0);
    return left.length === 0 || found.pvs.length === 1
      ? null
      : `${left[0]?.name} is in ${name} still, and unused`;
  },
  result: groupResult,
});

/** vgreduce(8), one operation a form. */
export const vgreduce = {
  /** Takes unused devices out of a volume group. */
  devices: some,
  /** Takes all unused devices out of a volume group, but never the last one. */
  unused,
  /** Takes missing devices out of a group, with what was on them. */
  removeMissing,
} as const;

// vgreduce takes out one after another, so that those before the one that it cannot are gone.
function refuse({ place, options: given, before }: Before<Options>): Refusal | null {
  const [name = ''] = place.groups;
  const found = groupOf(before, name);
  if (found === undefined)
    return { reason: 'not-found', message: `there is no volume group ${name}; see vgs for those there are` };
  const rows = given.devices.map((path) => ({ path, row: deviceRow(before, path) }));
  for (const { path, row } of rows) {
    if (row === undefined)
      return {
        reason: 'not-found',
        message: `${path} is no physical volume, or none by this name; see pvs; nothing was done`,
      };
    if (row.vgName !== name)
      return {
        reason: 'not-in-group',
        message: `${path} is not in ${name}, so it cannot be taken out; nothing was done`,
      };
    if ((row.peAllocCount ?? 0) > 0)
      return {
        reason: 'in-use',
        message: `${row.peAllocCount} extents of ${path} are in use; pvmove them away first; nothing was done`,
      };
  }
  const leaving = new Set(rows.map(({ row }) => row?.uuid));
  if (found.pvs.every(({ uuid }) => leaving.has(uuid)))
    return {
      reason: 'wrong-state',
      message: `${name} has to keep one device; vgremove it instead; nothing was done`,
    };
  return null;
}
