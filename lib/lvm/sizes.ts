import { invalidType } from '../arguments.ts';

/**
 * How many bytes: a number or bigint of them, or text with a unit of 1024 (`'512KiB'`, `'10GiB'`, `'1.5TiB'`; `B`,
 * `KiB`, `MiB`, `GiB`, `TiB`, `PiB`). Text without a unit is refused: LVM would take it for MiB.
 */
export type Bytes = number | bigint | string;

/** A volume's size: bytes, whole extents, or a share of something, as lvcreate(8) has them with --size and --extents. */
export type Size = Bytes | Extents | Percent;

/** A size in physical extents of the group (4 MiB each by LVM's default). */
export interface Extents {
  readonly extents: number;
  readonly percent?: undefined;
  readonly of?: undefined;
}

/**
 * A share in percent, rounded by LVM to whole extents: of the group's free space, of the whole group, of the free
 * space on the named devices, or (snapshots) of the origin.
 */
export interface Percent {
  readonly percent: number;
  readonly of: 'FREE' | 'VG' | 'PVS' | 'ORIGIN';
  readonly extents?: undefined;
}

/** Bytes exactly, at least 1 and below 16 EiB. Throws a TypeError for another kind of value, a RangeError for its size. */
export function toBytes(argument: string, value: unknown): bigint {
  const bytes = typeof value === 'string' ? parseBytes(argument, value) : wholeBytes(argument, value);
  if (bytes > 0n && bytes < sixteenEiB) return bytes;
  throw rangeError(argument, 'of at least 1 byte and below 16 EiB', value);
}

/** The same where the device counts in sectors: also a multiple of 512, as lvm's own parser demands of bytes. */
export function toSectorBytes(argument: string, value: unknown): bigint {
  const bytes = toBytes(argument, value);
  if (bytes % 512n === 0n) return bytes;
  throw rangeError(argument, 'a multiple of 512 bytes', value);
}

/** The same where lvm counts in KiB and would leave out the rest: also a multiple of 1024. */
export function toKibibytes(argument: string, value: unknown): bigint {
  const bytes = toBytes(argument, value);
  if (bytes % 1024n === 0n) return bytes;
  throw rangeError(argument, 'a multiple of 1024 bytes', value);
}

/** `--size 1024b` or `--extents 10`, with a sign for a change. Throws as {@link toBytes} does. */
export function sizeArguments(argument: string, size: unknown, sign: '' | '+' | '-' = ''): readonly string[] {
  if (typeof size !== 'object' || size === null)
    return ['--size', `${sign}${toSectorBytes(argument, size)}b`];
  const { extents, percent, of, ...more } = size as Readonly<Record<string, unknown>>;
  if (Object.keys(more).length > 0) throw sizeType(argument, size);
  if (extents !== undefined && percent === undefined && of === undefined)
    return ['--extents', `${sign}${count(`${argument}.extents`, extents, 0xffff_ffff)}`];
  if (extents === undefined && percent !== undefined && typeof of === 'string' && shares.has(of))
    return ['--extents', `${sign}${count(`${argument}.percent`, percent, 1_000_000)}%${of}`];
  throw sizeType(argument, size);
}

const sixteenEiB = 1n << 64n;
const shares: ReadonlySet<string> = new Set(['FREE', 'VG', 'PVS', 'ORIGIN']);
const units: Readonly<Record<string, bigint>> = {
  B: 1n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
  PiB: 1n << 50n,
};

function parseBytes(argument: string, text: string): bigint {
  const [, whole = '', fraction = '', unit = ''] =
    /^(\d{1,20})(?:\.(\d{1,20}))? ?([KMGTP]iB|B)$/.exec(text) ?? [];
  const factor = units[unit];
  if (factor === undefined)
    throw Object.assign(
      new TypeError(
        `"${argument}" must be a size with a unit, such as "512KiB" or "10GiB", not ${quoted(text)}`,
      ),
      { code: 'ERR_INVALID_ARG_VALUE' },
    );
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * factor;
  // Exact or not at all: 0.1KiB are no whole number of bytes.
  if (scaled % scale !== 0n) throw rangeError(argument, 'a whole number of bytes', text);
  return scaled / scale;
}

function wholeBytes(argument: string, value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value !== 'number')
    throw invalidType(argument, 'bytes as number or bigint, or text such as "10GiB"', value);
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw rangeError(argument, 'a whole number of bytes (a bigint above 2^53-1)', value);
}

function count(argument: string, value: unknown, most: number): number {
  if (typeof value !== 'number') throw invalidType(argument, 'a number', value);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw rangeError(argument, `an integer from 1 to ${most}`, value);
}

function sizeType(argument: string, value: unknown): TypeError {
  return invalidType(argument, 'a size: bytes, "10GiB", { extents } or { percent, of }', value);
}

function rangeError(argument: string, wanted: string, value: unknown): RangeError {
  const error = new RangeError(`"${argument}" must be ${wanted}, not ${quoted(value)}`);
  return Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
}
