import type { LvRow } from './columns/lv.ts';
import type { VgRow } from './columns/vg.ts';
import type { Afterwards } from './operation.ts';
import { groupOf, type LvmState, volumeOf } from './state.ts';
import type { Place } from './subject.ts';

/** A result that tells of the volume as it is now, with its actual size. */
export interface VolumeResult {
  /** The volume's row of the report; null if it is gone, as after a merge, or was only tested. */
  readonly volume: LvRow | null;
}

/** A result that tells of the group as it is now. */
export interface GroupResult {
  /** The group's row of the report; null if it is gone or was only tested. */
  readonly group: VgRow | null;
}

/** The result of an operation on one volume. */
export function createdVolume({ place, after }: Afterwards): VolumeResult {
  return { volume: namedVolume(place, after) ?? null };
}

/** The result of an operation on one group. */
export function groupResult({ place, after }: Afterwards): GroupResult {
  return { group: groupOf(after, place.groups[0] ?? '')?.vg ?? null };
}

/** A check that the volume is there now, and of one of these types (`segtype`). */
export function isOfType(...types: readonly string[]): (call: Afterwards) => string | null {
  return ({ place, after }) => {
    const name = nameOf(place);
    if (namedVolume(place, after) === undefined) return `there is no volume ${name}`;
    const found = typesOf(after, name);
    if (found.some((type) => types.includes(type))) return null;
    return `${name} is of type ${found.join(', ')}, not ${types.join(' or ')}`;
  };
}

/** The types of a volume's segments (`segtype`), each once; empty if there is no such volume. */
export function typesOf(state: LvmState, name: string): readonly string[] {
  const [vg = '', lv = ''] = name.split('/');
  const segments = groupOf(state, vg)?.segs.filter(({ lvName }) => lvName === lv) ?? [];
  return [...new Set(segments.map(({ segtype }) => segtype))];
}

/** A check that all volumes it names are gone. */
export function areGone({ place, after }: Afterwards): string | null {
  const left = place.volumes.find(({ vg, lv }) => volumeOf(after, `${vg}/${lv}`) !== undefined);
  return left === undefined ? null : `${left.vg}/${left.lv} is there still`;
}

/** The first volume that a place names, as it is now. */
export function namedVolume(place: Place, state: LvmState): LvRow | undefined {
  return volumeOf(state, nameOf(place));
}

/** `vg/lv` of the first volume that a place names. */
export function nameOf({ volumes: [first] }: Place): string {
  return first === undefined ? '' : `${first.vg}/${first.lv}`;
}
