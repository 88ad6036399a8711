import { invalidType, requireInteger, requireOnly } from '../../arguments.ts';
import { type Bytes, type Percent, type Size, sizeArguments, toBytes } from '../../lvm/sizes.ts';
import { formatSectors } from '../../units.ts';

/**
 * How large a snapshot's COW store is to be: `full`, as much as it can ever use, so that it cannot overflow; a size; or
 * how much is expected to be written to the origin meanwhile.
 */
export type SnapshotSize =
  | 'full'
  | Exclude<Size, Percent>
  | (Percent & { readonly of: OfOrigin })
  | WriteRate;

type OfOrigin = 'FREE' | 'VG' | 'ORIGIN';

/** What is expected to be written while a snapshot is there. */
export interface WriteRate {
  /** Bytes a second. */
  readonly writeRate: Bytes;
  /** Milliseconds that the snapshot is needed. */
  readonly duration: number;
  /** By what the product is multiplied; default 2, as writes smaller than a chunk of 4 KiB copy a whole one. */
  readonly margin?: number | undefined;
}

/** What a store's size is worked out from, in bytes. */
export interface StoreBasis {
  readonly originSize: bigint;
  readonly extentSize: bigint;
  /** Free and total space of the group. */
  readonly free: bigint;
  readonly total: bigint;
}

/** A store as it will be made, in bytes. */
export interface StoreSize {
  /** What was asked for. */
  readonly requested: bigint;
  /** What it gets: whole extents, and no more than it can use. */
  readonly size: bigint;
  /** Whether it is less than was asked for, as more could not be used. */
  readonly trimmed: boolean;
  /** Whether it is all that it can ever use: such a store cannot overflow. */
  readonly full: boolean;
}

/**
 * Bytes that a COW store can use at most, in whole extents: a copy of each chunk of the origin, a chunk of metadata for
 * every 256 of them, and the header. lvm2's own arithmetic, lib/metadata/snapshot_manip.c, cow_max_extents.
 */
export function fullStoreSize(
  { originSize, extentSize }: Pick<StoreBasis, 'originSize' | 'extentSize'>,
  chunkSize = 4096n,
): bigint {
  const chunks = ceilDiv(originSize, chunkSize);
  // A record of an area of metadata has 16 bytes. If they just fit, one area more marks the end.
  const perArea = chunkSize / 16n;
  const areas = (chunks + perArea) / perArea;
  return roundUp((1n + chunks + areas) * chunkSize, extentSize);
}

/** The size that a store gets. Takes what {@link requireSnapshotSize} has let through. */
export function storeSize(wanted: SnapshotSize, basis: StoreBasis): StoreSize {
  const most = fullStoreSize(basis);
  const requested = wanted === 'full' ? most : requestedBytes(wanted, basis, most);
  const whole = roundUp(requested, basis.extentSize);
  const trimmed = whole > most;
  const size = trimmed ? most : whole;
  return { requested, size, trimmed, full: size === most };
}

/** Throws a TypeError or RangeError unless this is a size for a snapshot. */
export function requireSnapshotSize(argument: string, value: unknown): SnapshotSize {
  if (value === 'full') return value;
  if (typeof value === 'object' && value !== null && 'writeRate' in value)
    return requireWriteRate(argument, value);
  sizeArguments(argument, value);
  if ((value as Percent).of === 'PVS')
    throw invalidType(`${argument}.of`, "'ORIGIN', 'FREE' or 'VG'", (value as Percent).of);
  return value as SnapshotSize;
}

/** Bytes in words, `96.00 MiB`. */
export function bytesText(bytes: bigint): string {
  return bytes % 512n === 0n ? formatSectors(bytes / 512n) : `${bytes} B`;
}

function requireWriteRate(argument: string, value: object): WriteRate {
  requireOnly(value, ['writeRate', 'duration', 'margin'], argument);
  const { writeRate, duration, margin } = value as Readonly<Record<string, unknown>>;
  toBytes(`${argument}.writeRate`, writeRate);
  requireInteger(`${argument}.duration`, duration, 1, Number.MAX_SAFE_INTEGER);
  if (margin === undefined) return value as WriteRate;
  if (typeof margin !== 'number') throw invalidType(`${argument}.margin`, 'a number', margin);
  if (margin >= 1 && margin <= 1000) return value as WriteRate;
  throw Object.assign(new RangeError(`"${argument}.margin" must be from 1 to 1000, not ${margin}`), {
    code: 'ERR_OUT_OF_RANGE',
  });
}

function requestedBytes(wanted: Exclude<SnapshotSize, 'full'>, basis: StoreBasis, most: bigint): bigint {
  if (typeof wanted !== 'object') return toBytes('size', wanted);
  if ('writeRate' in wanted) return forWrites(wanted);
  if (wanted.extents !== undefined) return BigInt(wanted.extents) * basis.extentSize;
  const { percent, of } = wanted;
  // As lvm does: a share of what the store of the whole origin takes.
  const whole = { ORIGIN: most, FREE: basis.free, VG: basis.total }[of];
  const share = (whole * BigInt(percent)) / 100n;
  return share > 0n ? share : basis.extentSize;
}

function forWrites({ writeRate, duration, margin = 2 }: WriteRate): bigint {
  const thousandths = BigInt(Math.round(margin * 1000));
  const written = ceilDiv(toBytes('size.writeRate', writeRate) * BigInt(duration) * thousandths, 1_000_000n);
  const chunks = ceilDiv(written, 4096n);
  return (1n + chunks + chunks / 256n + 1n) * 4096n;
}

function roundUp(bytes: bigint, unit: bigint): bigint {
  return ceilDiv(bytes, unit) * unit;
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}
