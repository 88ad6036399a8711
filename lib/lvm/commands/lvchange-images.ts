import { invalidType, requireOnly } from '../../arguments.ts';
import type { LvRow } from '../columns/lv.ts';
import { requireDevice } from '../names.ts';
import type { Before, Refusal } from '../operation.ts';
import { type Option, option, requireWord } from '../option.ts';
import { groupOf, type LvmState, segmentsOf } from '../state.ts';
import { nameOf } from '../verify.ts';
import { trackedImage } from './lvconvert-images.ts';

/** For each device `y`, `n` or `t`, as lvm spells it behind the path. */
export type WriteMostly = Readonly<Record<string, 'y' | 'n' | 't'>>;

/** `--writemostly DEVICE:y`, once for each device. */
export const writeMostly: Option<WriteMostly> = option(
  '--writemostly',
  "devices with 'y', 'n' or 't'",
  (value, key) => {
    const given = (value ?? {}) as WriteMostly;
    requireOnly(given, Object.keys(given), key);
    const entries = Object.entries(given);
    if (entries.length === 0) throw invalidType(key, 'an object with a device', value);
    return entries.map(
      ([path, mode]) =>
        `--writemostly=${requireDevice(`${key}`, path)}:${requireWord(`${key}[${JSON.stringify(path)}]`, mode, ['y', 'n', 't'])}`,
    );
  },
);

/** The images of a RAID, `vg/lv`, that have an extent on a device. */
export function imagesOn(state: LvmState, name: string, path: string): readonly LvRow[] {
  const [vg = '', lv = ''] = name.split('/');
  // One that is split off and tracked has no parent in the report.
  const tracked = trackedImage(state, name)?.uuid;
  const images = groupOf(state, vg)?.lvs.filter(
    ({ parent, role, uuid }) => (parent === lv && role.includes('image')) || uuid === tracked,
  );
  return (images ?? []).filter((image) =>
    segmentsOf(state, image).some(({ devices }) => devices.some((place) => place.name === path)),
  );
}

/** Why a RAID cannot be told anything of these devices: no image of it is there, which lvm passes over without a word. */
export function refuseStrangers(
  { place, before }: Pick<Before<object>, 'place' | 'before'>,
  paths: readonly string[],
): Refusal | null {
  const name = nameOf(place);
  const known = groupOf(before, place.groups[0] ?? '')?.pvs ?? [];
  const stranger = paths.find(
    (path) => known.some((pv) => pv.name === path) && imagesOn(before, name, path).length === 0,
  );
  return stranger === undefined
    ? null
    : { reason: 'not-in-group', message: `no image of ${name} is on ${stranger}` };
}
