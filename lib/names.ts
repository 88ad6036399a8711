/**
 * Names and uuids as device-mapper and LVM write them. The uuid tells the truth (any device may be called `a-b`),
 * the name is for people.
 */

/** What an LVM device is, read from its uuid and name. */
export interface LvmName {
  readonly vg: string;
  readonly lv: string;
  /** What follows the volume's name, such as `tpool`, `cow` or `real`; null for the volume itself. */
  readonly layer: string | null;
  /** 38 characters in LVM's printed form, six to four and six again. */
  readonly vgId: string;
  /** The same for the logical volume; the devices of one volume share it. */
  readonly lvId: string;
  /** The role in the uuid, independent of `layer`: `real`, `cow`, `tpool`, `pool`, `tdata`...; null if none. */
  readonly suffix: string | null;
  /** `lvs` shows it only with `--all`, or not at all: images, logs, metadata, and the layers below a volume. */
  readonly internal: boolean;
}

/** What the name and uuid of a device say about its LVM volume; null if it is none of LVM's. Never throws. */
export function parseLvmDevice(device: {
  readonly name: string;
  readonly uuid: string | null;
}): LvmName | null {
  const ids = device.uuid === null ? null : parseLvmUuid(device.uuid);
  if (ids === null) return null;
  const { vg, lv, layer } = splitLvmName(device.name) ?? { vg: '', lv: unmangle(device.name), layer: null };
  const internal =
    (ids.suffix !== null && !visibleSuffixes.has(ids.suffix)) || layer !== null || isInternalLv(lv);
  return { vg, lv, layer, ...ids, internal };
}

/**
 * Splits a device-mapper name that LVM made, `vg--a-lv--b-layer`: one hyphen separates, two stand for one
 * (`dm_split_lvm_name`). Null if it has not two or three parts.
 */
export function splitLvmName(name: string): { vg: string; lv: string; layer: string | null } | null {
  const parts = unmangle(name)
    .replaceAll('--', '\0')
    .split('-')
    .map((part) => part.replaceAll('\0', '-'));
  const [vg, lv, ...layer] = parts;
  if (vg === undefined || lv === undefined || vg === '' || lv === '') return null;
  return { vg, lv, layer: layer.length === 0 ? null : layer.join('-') };
}

/** The device-mapper name of an LVM volume, as `dm_build_dm_name` makes it. */
export function lvmDeviceName(vg: string, lv: string, layer?: string): string {
  const name = `${vg.replaceAll('-', '--')}-${lv.replaceAll('-', '--')}`;
  if (layer === undefined) return name;
  return layer.startsWith('_') ? `${name}${layer}` : `${name}-${layer}`;
}

/** The parts of a uuid that LVM gave (`LVM-`, 32 characters of group, 32 of volume, a suffix); null for others. */
export function parseLvmUuid(uuid: string): { vgId: string; lvId: string; suffix: string | null } | null {
  const match = /^(?:LVM-)?([0-9A-Za-z#!]{32})([0-9A-Za-z#!]{32})(?:-(.+))?$/.exec(uuid);
  if (match === null) return null;
  const [, vg = '', lv = '', suffix = null] = match;
  return { vgId: printedId(vg), lvId: printedId(lv), suffix };
}

/**
 * A name or uuid with its escapes resolved: libdevmapper stores bytes other than `0-9A-Za-z#+-.:=@_` as `\xNN`.
 * Bytes that are not UTF-8 become U+FFFD.
 */
export function unmangle(text: string): string {
  if (!text.includes('\\x')) return text;
  const bytes: number[] = [];
  for (const [piece, hex] of text.matchAll(/\\x([0-9a-fA-F]{2})|./gsu)) {
    if (hex === undefined) bytes.push(...new TextEncoder().encode(piece));
    else bytes.push(Number.parseInt(hex, 16));
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes));
}

/** A name as libdevmapper would store it: the escapes that {@link unmangle} resolves. */
export function mangle(text: string): string {
  let mangled = '';
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    mangled += /[0-9A-Za-z#+\-.:=@_]/.test(character)
      ? character
      : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return mangled;
}

/**
 * Of the devices of one LVM volume, the one whose status an operator means: a pool's `-tpool` or `-vpool`, what lies
 * below a snapshot's origin (`-real`), else the volume itself. Undefined for an empty list.
 */
export function interestingDevice<T extends LvmStatusCarrier>(devices: readonly T[]): T | undefined {
  const bySuffix = (suffix: string | null): T | undefined =>
    devices.find(({ uuid }) => uuid !== null && (parseLvmUuid(uuid)?.suffix ?? null) === suffix);
  const top = bySuffix(null);
  const below = bySuffix('real');
  if (top !== undefined && below !== undefined && top.targets.every((target) => target === 'snapshot-origin'))
    return below;
  return bySuffix('tpool') ?? bySuffix('vpool') ?? top ?? bySuffix('pool') ?? devices[0];
}

/** What {@link interestingDevice} looks at: the uuid, and the target types of the table. */
export interface LvmStatusCarrier {
  readonly uuid: string | null;
  readonly targets: readonly string[];
}

// A pool's placeholder and a volume without suffix are what lvs lists without --all.
const visibleSuffixes = new Set(['pool']);

// lib/misc/lvm-string.c, _lvname_has_reserved_component_string and _lvname_has_reserved_prefix.
const internalParts =
  /_(?:cdata|cmeta|corig|cvol|wcorig|iorig|mimage|mlog|rimage|rmeta|imeta|tdata|tmeta|vdata|vorigin|pmspare)(?:_\d+)?(?:$|_)|_mimagetmp_\d+$|_pmspare$|^pvmove\d+|^lvol\d+_pmspare$/;

function isInternalLv(lv: string): boolean {
  return internalParts.test(lv);
}

function printedId(id: string): string {
  return [0, 6, 10, 14, 18, 22, 26].map((start, part, starts) => id.slice(start, starts[part + 1])).join('-');
}
