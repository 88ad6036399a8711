import type { LvRow } from '../columns/lv.ts';
import type { SegRow } from '../columns/seg.ts';
import type { After, Before, Operation, Question, Waits } from '../operation.ts';
import { type Bytes, toSectorBytes } from '../sizes.ts';
import { volume } from '../subject.ts';
import { namedVolume, nameOf } from '../verify.ts';
import {
  answered,
  asked,
  type ConversionResult,
  conversionResult,
  firstSegment,
  present,
} from './lvconvert-common.ts';
import { imageCount, refuseTracking } from './lvconvert-images.ts';
import { interimStep, isSameType, type Layout, resilience } from './lvconvert-interim.ts';

/** An operation that makes a volume one of another type. */
export type Conversion<P extends object> = Operation<string, P, TypeResult> & Waits<'raid'>;

/** The result of a conversion to another type. */
export interface TypeResult extends ConversionResult {
  /** The type that it has now. */
  readonly type: string;
  /** Whether that is the type that was asked for; false after an interim step. */
  readonly complete: boolean;
}

interface TypeChoices {
  readonly loseResilience?: boolean | undefined;
  readonly interim?: boolean | undefined;
  readonly stripes?: number | undefined;
  readonly stripeSize?: Bytes | undefined;
  readonly mirrors?: number | undefined;
}

/** What the operations that make a volume one of another type have in common. */
export function conversion(type: string) {
  return {
    command: 'lvconvert',
    fixed: ['--type', type],
    summary: `Makes a volume one of type ${type}.`,
    subject: volume,
    waits: 'raid',
    refuse: (call: Before<object>) => refuseTracking(call),
    asks: (call: Before<TypeChoices>) => asks(type, call),
    // lvm fails if there is nothing to reshape.
    satisfiedBy: ['unchanged'],
    verify: (call: After<TypeChoices>) => verify(type, call),
    result: (call: After<object>) => result(type, call),
  } as const;
}

function layoutOf(call: Pick<Before<object>, 'place' | 'before'>): Layout | null {
  const row = present(call);
  const type = row?.segtype;
  if (typeof type !== 'string') return null;
  return { type, images: firstSegment(call.before, row)?.stripes ?? 1 };
}

function asks(type: string, call: Before<TypeChoices>): readonly Question[] {
  const layout = layoutOf(call);
  if (layout === null) return [];
  const { loseResilience: fewer, interim, stripes: count, mirrors } = call.options;
  const name = nameOf(call.place);
  const images = mirrors === undefined ? layout.images : mirrors + 1;
  const step = interimStep(layout, type, count);
  const loses =
    resilience({ type, images: type === 'raid1' ? Math.max(2, images) : images }) < resilience(layout);
  return [
    answered(`convert to ${type}?`),
    ...(loses ? [asked('loseResilience', fewer, `${name} would survive fewer failures as ${type}`)] : []),
    ...(step === null
      ? []
      : [
          asked(
            'interim',
            interim,
            `${name} cannot go from ${layout.type} to ${type} at once; lvm would have it ${step} first`,
          ),
        ]),
  ];
}

function verify(type: string, call: After<TypeChoices>): string | null {
  const { place, options, before, after } = call;
  const row = namedVolume(place, after);
  const name = nameOf(place);
  if (row === undefined) return `there is no volume ${name}`;
  const count = imageCount(after, name);
  if (
    type === 'raid1' &&
    options.mirrors !== undefined &&
    row.segtype === 'raid1' &&
    count !== options.mirrors + 1
  )
    return `${name} has ${count} images`;
  const segment = firstSegment(after, row);
  if (isSameType(row.segtype ?? '', type)) return shapeMissing(name, segment, call);
  const was = layoutOf({ place, before });
  if (options.interim === true && was !== null && isOtherLayout(was, row, segment?.stripes)) return null;
  return `${name} is of type ${row.segtype}, not ${type}`;
}

// A conversion between types leaves the shape as it is, and lvm says so in passing.
function shapeMissing(
  name: string,
  segment: SegRow | undefined,
  { options }: After<TypeChoices>,
): string | null {
  const { stripes: count, stripeSize: size } = options;
  if (count !== undefined && segment?.dataStripes !== count)
    return `${name} has ${segment?.dataStripes ?? 'no'} stripes; use lvconvert.stripes`;
  if (size !== undefined && segment?.stripeSize !== toSectorBytes('stripeSize', size))
    return `${name} has stripes of ${segment?.stripeSize ?? 'no'} bytes; use lvconvert.stripeSize`;
  return null;
}

function isOtherLayout(was: Layout, row: LvRow, images: number | null | undefined): boolean {
  return row.segtype !== was.type || images !== was.images;
}

function result(type: string, call: After<object>): TypeResult {
  const base = conversionResult(call);
  const found = base.volume?.segtype ?? '';
  return { ...base, type: found, complete: isSameType(found, type) };
}
