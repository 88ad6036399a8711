import type { LvRow } from '../columns/lv.ts';
import type { SegRow } from '../columns/seg.ts';
import type { Afterwards, Before, Question } from '../operation.ts';
import { segmentsOf } from '../state.ts';
import type { Place } from '../subject.ts';
import { namedVolume, nameOf } from '../verify.ts';

/** One property that was to be changed: what it is called, what was wanted, and what the report has now. */
export type Property = readonly [what: string, wanted: unknown, found: unknown];

/** An `arrange` that throws a TypeError if none of the options is given: lvm would not know what to do. */
export function requireSome(names: readonly string[]): (place: Place, options: object) => Place {
  return (place, options) => {
    if (Object.entries(options).some(([key, value]) => names.includes(key) && value !== undefined))
      return place;
    throw Object.assign(new TypeError(`"options" must have at least one of ${names.join(', ')}`), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  };
}

/** A check of the volume by its row and its first segment, as they are afterwards. */
export function checkVolume<C extends Afterwards>(
  check: (row: LvRow, call: C, segment: SegRow | undefined) => string | null,
): (call: C) => string | null {
  return (call) => {
    const row = namedVolume(call.place, call.after);
    if (row === undefined) return `there is no volume ${nameOf(call.place)}`;
    const problem = check(row, call, segmentsOf(call.after, row)[0]);
    return problem === null ? null : `${nameOf(call.place)} ${problem}`;
  };
}

/** The first property that is not as wanted, in words; null if all are. What was not asked for is not looked at. */
export function unmet(properties: readonly Property[]): string | null {
  const missed = properties.find(([, wanted, found]) => wanted !== undefined && wanted !== found);
  return missed === undefined ? null : `has ${missed[0]} ${shown(missed[2])}, not ${shown(missed[1])}`;
}

/** The question of what deactivates an active volume and activates it again. */
export function asksToDeactivate({
  place,
  options,
  before,
}: Before<{ readonly allowDeactivation?: boolean | undefined }>): readonly Question[] {
  if (namedVolume(place, before)?.active === false) return [];
  return [
    {
      consent: 'allowDeactivation',
      granted: options.allowDeactivation === true,
      certain: true,
      text: `${nameOf(place)} is active and will be deactivated for a moment; set allowDeactivation to true, or deactivate it before`,
    },
  ];
}

function shown(value: unknown): string {
  return value === null ? 'unknown' : String(value);
}
