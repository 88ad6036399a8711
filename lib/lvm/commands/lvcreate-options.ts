import { invalidType, requireInteger } from '../../arguments.ts';
import { requireDevice, requireGroup } from '../names.ts';
import { type Option, option, requireList } from '../option.ts';
import { type Bytes, type Extents, type Percent, sizeArguments, toSectorBytes } from '../sizes.ts';

/** The size of a new volume: bytes, extents, or a share of the group, of its free space, or of that of the devices. */
export type NewSize = Bytes | Extents | (Percent & { readonly of: 'FREE' | 'VG' | 'PVS' });

/** Values of a cache policy or of VDO by their names; `'default'` takes one back. */
export type Settings = Readonly<Record<string, number | string>>;

/** The size of a new volume, which has no origin to be measured by: lvm runs into an internal error there. */
export function newSize(): Option<NewSize> {
  return option('--size, --extents', 'a size', (value, key) => {
    if (typeof value === 'object' && value !== null && 'of' in value && value.of === 'ORIGIN')
      throw invalidType(`${key}.of`, "'FREE', 'VG' or 'PVS'", value.of);
    return sizeArguments(key, value);
  });
}

/** An option that takes a power of two of bytes in a range. */
export function powerOfTwo(name: string, least: bigint, most: bigint): Option<Bytes> {
  const takes = `bytes, a power of two from ${least} to ${most}`;
  return bytesThat(name, takes, (bytes) => (bytes & (bytes - 1n)) === 0n && bytes >= least && bytes <= most);
}

/** An option that takes a multiple of so many bytes in a range that begins there. */
export function multipleOf(name: string, unit: bigint, most: bigint): Option<Bytes> {
  const takes = `bytes, a multiple of ${unit} up to ${most}`;
  return bytesThat(name, takes, (bytes) => bytes % unit === 0n && bytes <= most);
}

/** The volume that something is made of; the operation puts it on the command line, as `vg/lv`. */
export function originName(): Option<string> {
  return option('', 'a volume of the same group', (value, key) => {
    requireGroup(key, value);
    return [];
  });
}

/** An option that is given once for each device. */
export function eachDevice(name: string): Option<readonly string[]> {
  return option(name, 'devices', (value, key) =>
    requireList(key, value).flatMap((path, index) => [name, requireDevice(`${key}[${index}]`, path)]),
  );
}

/** An option that is given once for each setting, as `name=value`. */
export function settings(name: string): Option<Settings> {
  const takes = 'numbers or words by their names';
  return option(name, takes, (value, key) =>
    entriesOf(key, takes, value).flatMap(([setting, given]) => {
      const isWord = typeof given === 'string' && /^[A-Za-z0-9_.]{1,64}$/.test(given);
      if (!/^[a-z][a-z0-9_]{0,63}$/.test(setting) || !(isWord || isCount(given)))
        throw invalidType(`${key}.${setting.slice(0, 80)}`, takes, given);
      return [name, `${setting}=${given}`];
    }),
  );
}

/** The same for settings that are known and numbers. */
export function counts<const K extends string>(
  name: string,
  known: readonly K[],
): Option<{ readonly [key in K]?: number | undefined }> {
  const takes = `numbers by their names: ${known.join(', ')}`;
  return option(name, takes, (value, key) =>
    entriesOf(key, takes, value).flatMap(([setting, given]) => {
      if (!known.some((one) => one === setting)) throw invalidType(key, takes, value);
      if (!isCount(given)) throw invalidType(`${key}.${setting}`, 'a whole number', given);
      return [name, `${setting}=${given}`];
    }),
  );
}

function entriesOf(key: string, takes: string, value: unknown): readonly [string, unknown][] {
  if (Object.prototype.toString.call(value) !== '[object Object]') throw invalidType(key, takes, value);
  const entries = Object.entries(value as object).filter(([, given]) => given !== undefined);
  requireInteger(`${key} settings`, entries.length, 1, 100);
  return entries;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function bytesThat(name: string, takes: string, isRight: (bytes: bigint) => boolean): Option<Bytes> {
  return option(name, takes, (value, key) => {
    const bytes = toSectorBytes(key, value);
    if (isRight(bytes)) return [name, `${bytes}b`];
    throw Object.assign(new RangeError(`"${key}" must be ${takes}, not ${bytes}`), {
      code: 'ERR_OUT_OF_RANGE',
    });
  });
}
