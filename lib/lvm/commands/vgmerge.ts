import { type After, type Before, type Operation, operation, type Refusal } from '../operation.ts';
import {
  group as groupOption,
  type OptionsOf,
  type OptionTable,
  operand,
  required,
  yesNo,
} from '../option.ts';
import { groupOf } from '../state.ts';
import { group } from '../subject.ts';
import { type GroupResult, groupResult } from '../verify.ts';
import { metadataOptions } from './pv-options.ts';

const ownOptions = {
  /** The group that is merged into it, and is gone then; its volumes must be inactive. */
  from: required(operand(groupOption(''))),
  /** Whether a spare for the metadata of pools is kept (`--poolmetadataspare`); default yes. */
  poolMetadataSpare: yesNo('--poolmetadataspare'),
} as const satisfies OptionTable;

const options: typeof metadataOptions & typeof ownOptions = { ...metadataOptions, ...ownOptions };

type Options = OptionsOf<typeof options>;

/** Options of `lvm.vgmerge`. */
export interface VgmergeOptions extends OptionsOf<typeof options> {}

/** Merges another group, with all its devices and volumes, into a group (vgmerge(8)). */
export const vgmerge: Operation<string, VgmergeOptions, GroupResult> = operation({
  command: 'vgmerge',
  fixed: [],
  summary: 'Merges another volume group into a volume group.',
  subject: group,
  options,
  writes: 'text',
  looks: 'everything',
  refuse,
  verify,
  result: groupResult,
});

// lvm drops one of two spares of pool metadata before it finds any of these.
function refuse({ place, options: { from }, before }: Before<Options>): Refusal | null {
  const [name = ''] = place.groups;
  const into = groupOf(before, name);
  const source = groupOf(before, from);
  if (into === undefined || source === undefined) return null;
  const active = source.lvs.filter(({ active: isActive, hidden }) => isActive === true && !hidden);
  if (active.length > 0)
    return {
      reason: 'active',
      message: `${active.map(({ fullName }) => fullName).join(', ')} must be inactive; vgchange.deactivate('${from}') first`,
    };
  const spare = (lv: { readonly role: readonly string[] }): boolean => lv.role.includes('spare');
  const twin = source.lvs.find(
    (lv) => !spare(lv) && into.lvs.some((one) => one.name === lv.name && !spare(one)),
  );
  if (twin !== undefined)
    return { reason: 'exists', message: `both groups have a volume ${twin.name}; rename one of them first` };
  return null;
}

function verify({ place, options: { from }, before, after }: After<Options>): string | null {
  const [name = ''] = place.groups;
  const found = groupOf(after, name);
  if (found === undefined) return `there is no group ${name}`;
  if (groupOf(after, from) !== undefined) return `${from} is there still`;
  const lost = groupOf(before, from)?.pvs.find(({ uuid }) => !found.pvs.some((pv) => pv.uuid === uuid));
  return lost === undefined ? null : `${lost.name} is not in ${name}`;
}
