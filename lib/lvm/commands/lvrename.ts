import { requireFitting } from '../names.ts';
import { type After, type Operation, operation } from '../operation.ts';
import { newVolumeName, type OptionsOf, type OptionTable, operand, required } from '../option.ts';
import { groupOf } from '../state.ts';
import { volume } from '../subject.ts';
import { namedVolume, nameOf, type VolumeResult } from '../verify.ts';

const lvrenameOptions = {
  /** The new name, without the group. */
  name: required(operand(newVolumeName(''))),
} as const satisfies OptionTable;

/** Options of `lvm.lvrename`. */
export interface LvrenameOptions extends OptionsOf<typeof lvrenameOptions> {}

/** Gives a volume another name; its device and those of its parts are renamed while in use (lvrename(8)). */
export const lvrename: Operation<string, LvrenameOptions, VolumeResult> = operation({
  command: 'lvrename',
  fixed: [],
  summary: 'Gives a volume another name.',
  subject: volume,
  options: lvrenameOptions,
  arrange: (place, { name }) => {
    const [{ vg } = { vg: '' }] = place.volumes;
    if (typeof name === 'string') requireFitting('name', name, { vg, lv: name });
    return place;
  },
  verify: (call) =>
    renamed(call).volume?.name === call.options.name
      ? null
      : `${nameOf(call.place)} is not named ${call.options.name}`,
  result: renamed,
});

function renamed({ place, before, after }: After<object>): VolumeResult {
  const uuid = namedVolume(place, before)?.uuid;
  const group = groupOf(after, place.groups[0] ?? '');
  return { volume: group?.lvs.find((row) => row.uuid === uuid) ?? null };
}
