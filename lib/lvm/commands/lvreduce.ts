import { type Before, type Operation, operation, type Question, type Refusal } from '../operation.ts';
import { type OptionsOf, type OptionTable, required, size } from '../option.ts';
import type { Size } from '../sizes.ts';
import { volume } from '../subject.ts';
import { createdVolume, namedVolume, type VolumeResult } from '../verify.ts';
import { asksForFileSystem, asksToShrink, type ResizeAnswers } from './lvresize-asks.ts';
import { isReduced, shrinks } from './lvresize-check.ts';
import { fileSystemOptions, reductionOptions } from './lvresize-options.ts';
import { refuseInvalid, refuseOverflow, wantedBytes } from './lvresize-size.ts';

const sizeOption = (sign: '' | '-') =>
  ({
    /** The size, rounded up to whole extents, or what it shrinks by, rounded down (`--size`, `--extents`). */
    size: required(size(sign)),
  }) as const satisfies OptionTable;

/** Options of `lvm.lvreduce.size` and `lvm.lvreduce.bySize`. */
export interface LvreduceSizeOptions
  extends OptionsOf<ReturnType<typeof sizeOption> & typeof reductionOptions & typeof fileSystemOptions> {}

const reducing = (sign: '' | '-', summary: string): Operation<string, LvreduceSizeOptions, VolumeResult> =>
  operation({
    command: 'lvreduce',
    fixed: [],
    summary,
    subject: volume,
    options: { ...sizeOption(sign), ...reductionOptions, ...fileSystemOptions },
    refuse: (call) => refuseReduction(call, call.options.size, sign),
    asks: (call) => asksForReduction(call, call.options.size, sign),
    satisfiedBy: ['unchanged'],
    verify: (call) => isReduced(call, call.options.size, sign),
    result: createdVolume,
  });

/** Makes a volume smaller, to a size (lvreduce(8)). */
const toSize = reducing('', 'Makes a volume smaller, to a size.');

/** Makes a volume smaller by a size (lvreduce(8)). */
const bySize = reducing('-', 'Makes a volume smaller by a size.');

/** lvreduce(8): one function for each way to say how small. */
export const lvreduce = {
  /** Makes a volume smaller, to a size (lvreduce(8)). */
  size: toSize,
  /** Makes a volume smaller by a size (lvreduce(8)). */
  bySize,
} as const;

/** Why a volume cannot be made so small without harm. */
export function refuseReduction(
  { place, before }: Before<object>,
  size: Size,
  sign: '' | '-',
): Refusal | null {
  const row = namedVolume(place, before);
  if (row === undefined) return null;
  const resized = { row, state: before };
  return refuseInvalid(row) ?? refuseOverflow(wantedBytes(size, sign, resized), resized);
}

/** What is asked before a volume is made smaller. */
export function asksForReduction(
  call: Before<ResizeAnswers>,
  size: Size,
  sign: '' | '-',
): readonly Question[] {
  if (shrinks(call, size, sign) === false) return [];
  const row = namedVolume(call.place, call.before);
  return [...asksForFileSystem(row, call.options, true), ...asksToShrink(row, call.options)];
}
