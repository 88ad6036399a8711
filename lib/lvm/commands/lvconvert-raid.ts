import type { LvRow } from '../columns/lv.ts';
import type { SegRow } from '../columns/seg.ts';
import { type After, type Before, operation, type Question, type Refusal } from '../operation.ts';
import { bytes, consent, integer, type OptionsOf } from '../option.ts';
import { type Bytes, toSectorBytes } from '../sizes.ts';
import { volume } from '../subject.ts';
import { namedVolume, nameOf } from '../verify.ts';
import {
  allocationOptions,
  answered,
  asked,
  type ConversionResult,
  conversionResult,
  firstSegment,
  loseResilience,
  present,
} from './lvconvert-common.ts';
import { imageCount, refuseTracking } from './lvconvert-images.ts';
import { interimStep, isSameType, type Layout, resilience } from './lvconvert-interim.ts';

/** What every conversion to another type takes. */
const typeOptions = {
  ...allocationOptions,
  loseResilience,
  /**
   * Leave to take another step first where lvm cannot go to the type at once: it may enlarge the volume. The result's
   * `complete` is false then; call it again when the step has finished.
   */
  interim: consent('another step is taken first where there is no direct way'),
} as const;

const regionSize = {
  /** Bytes that are synchronised at once (`--regionsize`). */
  regionSize: bytes('--regionsize'),
} as const;

const stripes = {
  /** Stripes that hold data, without parity (`--stripes`). */
  stripes: integer('--stripes', 1, 64),
  /** Bytes on one device before the next (`--stripesize`). */
  stripeSize: bytes('--stripesize'),
} as const;

const raid1Options = {
  ...typeOptions,
  ...regionSize,
  /** Copies of the data besides the first (`--mirrors`); default is 1 for a linear volume, as there are for others. */
  mirrors: integer('--mirrors', 1, 9),
} as const;

const stripedOptions = { ...typeOptions, ...stripes } as const;
const parityOptions = { ...typeOptions, ...stripes, ...regionSize } as const;

/** Makes a mirror or RAID a linear volume: one copy without a mirror. */
export const linear = operation({ ...conversion('linear'), options: typeOptions });
/** Makes a RAID without copies of its data: a striped volume. */
export const striped = operation({ ...conversion('striped'), options: stripedOptions });
/** Makes a striped volume or RAID a raid0. */
export const raid0 = operation({ ...conversion('raid0'), options: stripedOptions });
/** Makes a striped volume or RAID a raid0 with metadata. */
export const raid0Meta = operation({ ...conversion('raid0_meta'), options: stripedOptions });
/** Makes a linear volume, mirror or RAID a raid1. */
export const raid1 = operation({ ...conversion('raid1'), options: raid1Options, refuse: refuseRaid1 });
/** Makes a volume a raid4. */
export const raid4 = operation({ ...conversion('raid4'), options: parityOptions });
/** Makes a volume a raid5 of the usual layout, raid5_ls. */
export const raid5 = operation({ ...conversion('raid5'), options: parityOptions });
/** Makes a volume a raid5 with all parity on one device, on the way from and to raid4, raid0 and striped. */
export const raid5N = operation({ ...conversion('raid5_n'), options: parityOptions });
/** Makes a volume a raid6 of the usual layout, raid6_zr. */
export const raid6 = operation({ ...conversion('raid6'), options: parityOptions });
/** Makes a volume a raid6 with all parity on two devices, on the way from and to raid5_n and striped. */
export const raid6N6 = operation({ ...conversion('raid6_n_6'), options: parityOptions });
/** Makes a striped volume or raid0 a raid10. */
export const raid10 = operation({ ...conversion('raid10'), options: parityOptions });

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

function conversion(type: string) {
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

// lvm takes no notice of the number then, and says that all is well.
function refuseRaid1(call: Before<OptionsOf<typeof raid1Options>>): Refusal | null {
  const row = present(call);
  const { mirrors } = call.options;
  const count = row === undefined ? 1 : imageCount(call.before, row.fullName);
  if (mirrors === undefined || row?.segtype === 'linear' || row?.segtype === 'raid1' || count === mirrors + 1)
    return refuseTracking(call);
  return {
    reason: 'image-count-invalid',
    message: `${nameOf(call.place)} of type ${row?.segtype} becomes a raid1 of ${count} images; leave mirrors out, and use lvconvert.mirrors then`,
  };
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
