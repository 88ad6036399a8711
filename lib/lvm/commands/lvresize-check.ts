import type { After } from '../operation.ts';
import type { Size } from '../sizes.ts';
import { namedVolume, nameOf } from '../verify.ts';
import { type Sign, slack, wantedBytes } from './lvresize-size.ts';

/** What is not as wanted after a volume was enlarged to, or by, a size; null if it is so large now. */
export function isEnlarged(call: After<object>, size: Size, sign: '' | '+'): string | null {
  const { row, was, problem } = rowsOf(call);
  if (row === undefined || was === undefined) return problem;
  if (row.snapshotInvalid === true) return `the snapshot ${row.fullName} overflowed and stays invalid`;
  const wanted = wantedBytes(size, sign, { row: was, state: call.before });
  // A snapshot that can hold all of its origin does not become larger.
  if (wanted === null || call.notes.some((note) => note.startsWith('Reached maximum COW size ')))
    return row.size >= was.size ? null : `${row.fullName} is smaller than before`;
  return row.size >= wanted ? null : `${row.fullName} has ${row.size} bytes, not ${wanted}`;
}

/** What is not as wanted after a volume was made smaller to, or by, a size; null if it is so small now. */
export function isReduced(call: After<object>, size: Size, sign: '' | '-'): string | null {
  const { row, was, problem } = rowsOf(call);
  if (row === undefined || was === undefined) return problem;
  const resized = { row: was, state: call.before };
  const wanted = wantedBytes(size, sign, resized);
  if (wanted === null) return row.size <= was.size ? null : `${row.fullName} is larger than before`;
  return row.size < wanted + slack(resized) ? null : `${row.fullName} has ${row.size} bytes, not ${wanted}`;
}

/** What is not as wanted after a volume was given a size in either direction. */
export function isResized(call: After<object>, size: Size): string | null {
  const smaller = shrinks(call, size, '');
  // A share of the group may be either, and only lvm knows how much it is.
  if (smaller === null) return rowsOf(call).problem;
  return smaller ? isReduced(call, size, '') : isEnlarged(call, size, '');
}

/** Whether a size is less than the present one; null if that cannot be foreseen. */
export function shrinks(
  { place, before }: Pick<After<object>, 'place' | 'before'>,
  size: Size,
  sign: Sign,
): boolean | null {
  const row = namedVolume(place, before);
  if (row === undefined) return null;
  const wanted = wantedBytes(size, sign, { row, state: before });
  return wanted === null ? null : wanted < row.size;
}

/** What is not as wanted after a volume was to get all that is free on some devices. */
export function hasGrown(call: After<object>): string | null {
  const { row, was, problem } = rowsOf(call);
  if (row === undefined || was === undefined) return problem;
  if (row.snapshotInvalid === true) return `the snapshot ${row.fullName} overflowed and stays invalid`;
  return row.size > was.size ? null : `${row.fullName} is not larger than before`;
}

function rowsOf({ place, before, after }: After<object>) {
  const row = namedVolume(place, after);
  const was = namedVolume(place, before);
  const problem = row === undefined || was === undefined ? `there is no volume ${nameOf(place)}` : null;
  return { row, was, problem };
}
