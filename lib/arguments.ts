import { statSync } from 'node:fs';
import { lvmDeviceName } from './names.ts';
import type { Selector } from './native.ts';

/**
 * Which device: its device-mapper name, an LVM volume as `vg/lv`, a path below `/dev`, or one property that names it.
 * A string is never taken for a uuid or a number.
 */
export type DeviceSelector = string | Selector;

/** How to ask. */
export interface QueryOptions {
  /** Ends the call with an `AbortError` when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call rejects with `timed-out`; default is that of the instance. */
  readonly timeout?: number | undefined;
}

// include/uapi/linux/dm-ioctl.h, DM_NAME_LEN and DM_UUID_LEN, each with its terminating zero.
const longestName = 127;
const longestUuid = 128;

/** The selector in one of its three elementary forms. Throws a TypeError, RangeError or stat's own error. */
export function toSelector(device: DeviceSelector): Selector {
  if (typeof device === 'string') return fromString(device);
  requireOnly(device, ['name', 'uuid', 'major', 'minor'], 'device');
  if (Object.hasOwn(device, 'name')) {
    requireOnly(device, ['name'], 'device');
    return { name: requireText('name', device.name, longestName) };
  }
  if (Object.hasOwn(device, 'uuid')) {
    requireOnly(device, ['uuid'], 'device');
    return { uuid: requireText('uuid', device.uuid, longestUuid) };
  }
  requireOnly(device, ['major', 'minor'], 'device');
  return {
    major: requireInteger('major', device.major, 1, 4095),
    minor: requireInteger('minor', device.minor, 0, 1_048_575),
  };
}

function fromString(device: string): Selector {
  if (device.startsWith('/')) return fromPath(device);
  const [vg = '', lv, ...more] = device.split('/');
  if (lv === undefined) return { name: requireText('device', device, longestName) };
  if (vg === '' || lv === '' || more.length > 0)
    throw invalidValue('device', 'a name, vg/lv or a path below /dev', device);
  return { name: requireText('device', lvmDeviceName(vg, lv), longestName) };
}

function fromPath(path: string): Selector {
  if (!path.startsWith('/dev/')) throw invalidValue('device', 'a name, vg/lv or a path below /dev', path);
  const status = statSync(requireText('device', path, 4095));
  if (!status.isBlockDevice()) throw invalidValue('device', 'the path of a block device', path);
  // glibc's gnu_dev_major and gnu_dev_minor; a device number has more than 32 bits.
  const { rdev } = status;
  const high = Math.floor(rdev / 2 ** 32);
  return {
    major: ((rdev >>> 8) & 0xfff) | (high & ~0xfff),
    minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00),
  };
}

/** Throws a TypeError if `options` is no object or has a key that is not in `known`. */
export function requireOnly(options: unknown, known: readonly string[], name = 'options'): void {
  if (Object.prototype.toString.call(options) !== '[object Object]')
    throw invalidType(name, 'a plain object', options);
  for (const key of Object.keys(options as object))
    if (!known.includes(key))
      throw invalidValue(`${name}.${key}`, `left out: known are ${known.join(', ')}`, key);
}

/** An integer of `least` to `most`, or a TypeError or RangeError that names it. */
export function requireInteger(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const error = new RangeError(`"${name}" must be an integer from ${least} to ${most}, not ${value}`);
  throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
}

/** Milliseconds that a timer can count, 1 to 2^31-1. */
export function requireTimeout(value: unknown): number {
  return requireInteger('timeout', value, 1, 2 ** 31 - 1);
}

/** Checks the signal of a call. */
export function requireSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || isSignal(value)) return value;
  throw invalidType('signal', 'an AbortSignal', value);
}

// Not by instanceof: a signal may come from another realm.
function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof (value as AbortSignal | null)?.aborted === 'boolean' && 'addEventListener' in (value as object)
  );
}

/** A TypeError with Node's code for arguments of a wrong type. */
export function invalidType(name: string, wanted: string, value: unknown): TypeError {
  const is = value === null ? 'null' : typeof value === 'string' ? quoted(value) : typeof value;
  return Object.assign(new TypeError(`"${name}" must be ${wanted}, not ${is}`), {
    code: 'ERR_INVALID_ARG_TYPE',
  });
}

/** A TypeError with Node's code for arguments of the right type whose value cannot be. */
export function invalidValue(name: string, wanted: string, value: string): TypeError {
  const error = new TypeError(`"${name}" must be ${wanted}, not ${quoted(value)}`);
  return Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}

function requireText(name: string, value: unknown, longest: number): string {
  if (typeof value !== 'string') throw invalidType(name, 'a string', value);
  if (value === '' || value.includes('\0')) throw invalidValue(name, 'text without NUL characters', value);
  if (name === 'name' && value.includes('/')) throw invalidValue(name, 'a name without slashes', value);
  if (Buffer.byteLength(value) > longest) throw invalidValue(name, `at most ${longest} bytes long`, value);
  return value;
}
