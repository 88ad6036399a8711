import { lvmDeviceName } from '../names.ts';

/** A name, tag or path that LVM would refuse, or worse, take for an option. `rule` is what it breaks. */
export class LvmNameError extends TypeError {
  override readonly name = 'LvmNameError';
  readonly code = 'ERR_LVM_NAME_INVALID';
  /** The rule of LVM's that is broken, in one sentence. */
  readonly rule: string;

  constructor(argument: string, value: unknown, rule: string) {
    super(`"${argument}" is not a name that LVM takes: ${rule}, not ${shown(value)}`);
    this.rule = rule;
  }
}

/** A volume group's name, checked by lvm2's rules (lvm(8), "VALID NAMES"). Throws an {@link LvmNameError}. */
export function requireGroup(argument: string, value: unknown): string {
  return requireName(argument, value);
}

/**
 * The name of a logical volume to be made: also none that lvm2 keeps for its own (lib/misc/lvm-string.c,
 * `apply_lvname_restrictions`). Throws an {@link LvmNameError}.
 */
export function requireNewVolumeName(argument: string, value: unknown): string {
  const name = requireName(argument, value);
  const prefix = /^(?:pvmove|snapshot)/.exec(name)?.[0];
  if (prefix !== undefined)
    throw new LvmNameError(argument, value, `names starting "${prefix}" are reserved`);
  const part = reservedParts.find((reserved) => name.includes(reserved));
  if (part !== undefined) throw new LvmNameError(argument, value, `names including "${part}" are reserved`);
  return name;
}

/** Group and volume of a `vg/lv` that is there; hidden volumes are allowed. Throws an {@link LvmNameError}. */
export function requireVolume(argument: string, value: unknown): VolumeName {
  if (typeof value !== 'string') throw new LvmNameError(argument, value, 'a volume is written as vg/lv');
  const [vg = '', lv, ...more] = value.split('/');
  if (lv === undefined || more.length > 0)
    throw new LvmNameError(argument, value, 'a volume is written as vg/lv, without /dev');
  return { vg: requireName(argument, vg), lv: requireName(argument, lv) };
}

/** The same of a volume to be made, whose device-mapper name must fit. Throws an {@link LvmNameError}. */
export function requireNewVolume(argument: string, value: unknown): VolumeName {
  const { vg, lv } = requireVolume(argument, value);
  requireNewVolumeName(argument, lv);
  return requireFitting(argument, value, { vg, lv });
}

/** Names as LVM joins them. Throws an {@link LvmNameError} if the kernel's name of the volume would be too long. */
export function requireFitting(argument: string, value: unknown, volume: VolumeName): VolumeName {
  const length = lvmDeviceName(volume.vg, volume.lv).length;
  if (length > longestDeviceName)
    throw new LvmNameError(
      argument,
      value,
      `with each hyphen doubled, vg-lv may have ${longestDeviceName} characters (127 less a hidden suffix); it has ${length}`,
    );
  return volume;
}

/** A tag: letters, digits and `_+.-/=!:#&` (lvm(8)); a leading `@` is left out. Throws an {@link LvmNameError}. */
export function requireTag(argument: string, value: unknown): string {
  const tag = typeof value === 'string' ? value.replace(/^@/, '') : '';
  if (/^[A-Za-z0-9_+.\-/=!:#&]{1,1024}$/.test(tag)) return tag;
  throw new LvmNameError(argument, value, 'a tag has 1 to 1024 of A-Z a-z 0-9 _ + . - / = ! : # &');
}

/**
 * The path of a block device below `/dev`, or where allowed a range of extents on it (`/dev/sdb:0-99`; a path that ends
 * so itself is taken for one). Throws an {@link LvmNameError}; whether it is there, lvm tells.
 */
export function requireDevice(
  argument: string,
  value: unknown,
  ranges: 'ranges' | 'whole' = 'whole',
): string {
  const wanted = 'a device is a path below /dev, without control characters, commas, and . or .. components';
  if (typeof value !== 'string' || value.length > 4095) throw new LvmNameError(argument, value, wanted);
  const path = ranges === 'ranges' ? withoutRanges(value) : value;
  // A list of devices is one text with commas.
  if (!/^\/dev(?:\/[^/]+)+$/.test(path) || /\p{Cc}|,|\/\.{1,2}(?:\/|$)/u.test(path))
    throw new LvmNameError(argument, value, wanted);
  return value;
}

/** The path of a device that may have ranges of extents behind it. */
export function withoutRanges(device: string): string {
  return device.replace(/(?::\d{1,10}(?:[-+]\d{1,10})?)+$/, '');
}

/** A device with ranges as lvm wants it: it cuts the path at the first colon that has no backslash before it. */
export function rangesArgument(device: string): string {
  const path = withoutRanges(device);
  return path.replaceAll(':', '\\:') + device.slice(path.length);
}

/** An id of LVM's: 32 letters and digits, with or without hyphens. Throws an {@link LvmNameError}. */
export function requireUuid(argument: string, value: unknown): string {
  if (
    typeof value === 'string' &&
    /^[0-9A-Za-z#!]{32}$/.test(value.replaceAll('-', '')) &&
    value.length <= 38
  )
    return value;
  throw new LvmNameError(
    argument,
    value,
    'a uuid has 32 letters and digits, in LVM grouped as 6-4-4-4-4-4-6',
  );
}

/** The absolute path of a file. Throws an {@link LvmNameError}. */
export function requireFile(argument: string, value: unknown): string {
  if (typeof value === 'string' && value.startsWith('/') && value.length <= 4095 && !/\p{Cc}/u.test(value))
    return value;
  throw new LvmNameError(argument, value, 'a file is an absolute path without control characters');
}

/** A volume by the names of its group and its own. */
export interface VolumeName {
  readonly vg: string;
  readonly lv: string;
}

// dm-ioctl.h: DM_NAME_LEN is 128 with its zero; the longest suffix of a hidden device is `-missing_0_0`.
const longestDeviceName = 115;

// lib/misc/lvm-string.c, _lvname_has_reserved_component_string and _lvname_has_reserved_string.
const reservedParts = [
  ...['_cdata', '_cmeta', '_corig', '_cpool', '_cvol', '_wcorig', '_mimage', '_mlog', '_rimage', '_rmeta'],
  ...['_tdata', '_tmeta', '_vdata', '_imeta', '_iorig', '_pmspare', '_vorigin'],
];

function requireName(argument: string, value: unknown): string {
  const fail = (rule: string) => new LvmNameError(argument, value, rule);
  if (typeof value !== 'string' || value === '') throw fail('a name is text that is not empty');
  if (value.startsWith('-')) throw fail('a name may not begin with a hyphen');
  if (!/^[A-Za-z0-9+_.-]+$/.test(value)) throw fail('a name has only A-Z a-z 0-9 + _ . -');
  if (value === '.' || value === '..') throw fail('"." and ".." are no names');
  if (value.length > 127) throw fail('a name has at most 127 characters');
  return value;
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}
