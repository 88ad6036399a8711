import type { LvRow } from '../columns/lv.ts';
import type { SegRow } from '../columns/seg.ts';
import type { Afterwards, Before, Question, Refusal } from '../operation.ts';
import { consent, devices, type OptionTable } from '../option.ts';
import { type LvmState, segmentsOf } from '../state.ts';
import type { Place } from '../subject.ts';
import { namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { volumeAlloc } from './common-options.ts';

/** What lvconvert(8) takes where extents may be allocated. */
export const allocationOptions = {
  /** How extents are chosen (`--alloc`); default is the volume's policy. */
  alloc: volumeAlloc,
  /** Devices of the group to use, or to take images from, or parts of them (`/dev/sdb:0-99`). */
  devices: devices('ranges'),
} as const satisfies OptionTable;

/** Leave to have fewer copies of the data afterwards. */
export const loseResilience = consent('there are fewer copies of the data afterwards');

/** Leave to destroy what is on the volumes that become something else. */
export const destroyContents = consent('what the volumes hold that become something else is destroyed');

/** Counts other volumes of the group, by their names, among those that a command touches. */
export function siblings(place: Place, names: readonly (string | undefined)[]): Place {
  const vg = place.groups[0] ?? '';
  const others = names.flatMap((lv) => (lv === undefined ? [] : [{ vg, lv }]));
  return { ...place, volumes: [...place.volumes, ...others] };
}

/** A question that the function's name has answered. lvm does not do it without `--yes`. */
export function answered(what: string): Question {
  return { consent: '', granted: true, certain: true, text: what };
}

/** A question that lvm asks for certain, or that it should: what follows is not in the function's name. */
export function asked(name: string, granted: boolean | undefined, what: string): Question {
  return {
    consent: name,
    granted: granted === true,
    certain: true,
    text: `${what}; set ${name} to true if that is wanted`,
  };
}

/** What the volume is now, before the command. */
export function present({ place, before }: Pick<Before<object>, 'place' | 'before'>): LvRow | undefined {
  return namedVolume(place, before);
}

/** The first segment of a volume. */
export function firstSegment(state: LvmState, volume: LvRow | undefined): SegRow | undefined {
  return volume === undefined ? undefined : segmentsOf(state, volume)[0];
}

/** Why an operation is not for the volume as it is: it is of another type than these. */
export function refuseOther(call: Before<object>, types: readonly string[], next: string): Refusal | null {
  const type = present(call)?.segtype;
  if (typeof type !== 'string' || types.includes(type)) return null;
  return { reason: 'wrong-type', message: `${nameOf(call.place)} is of type ${type}: ${next}` };
}

/** A volume whose conversion may go on after the command has returned. */
export interface ConversionResult extends VolumeResult {
  /** Whether nothing goes on any more: no conversion, no synchronisation, as far as lvm's report tells. */
  readonly finished: boolean;
}

/** The result of such an operation. */
export function conversionResult({ place, after }: Afterwards): ConversionResult {
  const volume = namedVolume(place, after) ?? null;
  return { volume, finished: volume !== null && isQuiet(volume) };
}

function isQuiet({ converting, copyPercent, raidSyncAction, attributes }: LvRow): boolean {
  const reshaping = attributes.health === 'reshaping' || attributes.health === 'remove-after-reshape';
  return (
    converting !== true &&
    !reshaping &&
    (copyPercent === null || copyPercent === 100) &&
    (raidSyncAction === null || raidSyncAction === 'idle')
  );
}
