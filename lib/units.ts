/**
 * Arithmetic of sizes and percentages, bit for bit as libdevmapper does it (`libdm/libdm-report.c`), so
 * that a number shown here is the number `lvs` shows.
 */

/**
 * A count the kernel keeps as an unsigned 64-bit number: a number up to 2^53-1, a bigint above, never
 * rounded.
 */
export type Count = number | bigint;

/** Bytes in one sector; device-mapper counts in these, whatever the disk's own sector size is. */
export const sectorSize = 512;

/**
 * How much of something is used or done. `used` and `total` share one unit, which the owner of the field
 * states.
 */
export interface Usage {
  readonly used: Count;
  readonly total: Count;
  /**
   * `used / total`, 0 to 1 (above 1 only if the kernel says more than all); 1 when `total` is 0, as in
   * libdm.
   */
  readonly ratio: number;
  /** The text `lvs` prints for it, without the sign: two digits, `0.00` and `100.00` only when exact. */
  readonly percent: string;
}

/** The usage record of two counts of one unit. Never throws. */
export function usage(used: Count, total: Count): Usage {
  const ratio = Number(total) === 0 ? 1 : Number(used) / Number(total);
  return { used, total, ratio, percent: lvsPercent(used, total) };
}

/**
 * The usage record of two counts whose share `lvs` works out from others: `used` and `total` are the
 * kernel's, `ratio` and `percent` those of `part` in `whole`. Never throws.
 */
export function usageShownAs(used: Count, total: Count, part: Count, whole: Count): Usage {
  return { ...usage(part, whole), used, total };
}

/** `count - less`, but never below 0. Exact at any size. */
export function minus(count: Count, less: Count): Count {
  if (count <= less) return 0;
  if (typeof count === 'number' && typeof less === 'number') return count - less;
  const difference = BigInt(count) - BigInt(less);
  return difference <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(difference) : difference;
}

/**
 * The percentage of `part` in `whole` as `lvs` prints it: truncated to a millionth, kept off 0 and 100
 * unless exact, then rounded half to even from a 32-bit float (`dm_make_percent`,
 * `dm_percent_to_round_float`). A percentage that `dm_percent_t` (32 bits) cannot hold is shown as the
 * largest it can, `2147.48`.
 */
export function lvsPercent(part: Count, whole: Count): string {
  return formatMillionths(percentMillionths(part, whole));
}

const one = 1_000_000;
const hundred = 100 * one;
const largest = 2 ** 31 - 1;

function percentMillionths(part: Count, whole: Count): number {
  if (Number(whole) === 0 || (part >= whole && part <= whole)) return hundred;
  if (Number(part) === 0) return 0;
  const percent = Math.trunc(hundred * (Number(part) / Number(whole)));
  if (percent === 0) return 1;
  return percent === hundred ? hundred - 1 : Math.min(percent, largest);
}

function formatMillionths(percent: number): string {
  const step = one / 100;
  if (percent > 0 && percent < step) return '0.01';
  if (percent > hundred - step && percent < hundred) return '99.99';
  return twoDigits(Math.fround(Math.fround(percent) / one));
}

// printf rounds an exact tie to the even digit, Number.prototype.toFixed away from zero: 4/128 is 3.12 for
// lvs.
function twoDigits(value: number): string {
  const isTie = Number.isInteger(value * 8) && !Number.isInteger(value * 4);
  if (!isTie) return value.toFixed(2);
  const below = Math.floor(value * 100);
  return ((below % 2 === 0 ? below : below + 1) / 100).toFixed(2);
}

/** The bytes in `sectors` sectors of 512 bytes, exact at any size. */
export function sectorsToBytes(sectors: Count): bigint {
  return BigInt(sectors) * BigInt(sectorSize);
}

/** A size in sectors of 512 bytes for people: `512 B`, `4.00 KiB`, `1.50 TiB`; two decimals from KiB up. */
export function formatSectors(sectors: Count): string {
  const bytes = Number(sectors) * sectorSize;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let power = 0;
  // A size that rounds up to 1024.00 of a unit is 1.00 of the next.
  while (power < units.length - 1 && bytes / 1024 ** power >= 1023.995) power++;
  const scaled = bytes / 1024 ** power;
  return `${power === 0 ? scaled : scaled.toFixed(2)} ${units[power]}`;
}
