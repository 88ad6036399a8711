import { invalidType } from '../../arguments.ts';
import { type Option, option } from '../option.ts';
import { type Bytes, type Extents, type Percent, sizeArguments, toSectorBytes } from '../sizes.ts';

/** The size of a new volume: bytes, extents, or a share of the group, of its free space, or of that of the devices. */
export type NewSize = Bytes | Extents | (Percent & { readonly of: 'FREE' | 'VG' | 'PVS' });

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

function bytesThat(name: string, takes: string, isRight: (bytes: bigint) => boolean): Option<Bytes> {
  return option(name, takes, (value, key) => {
    const bytes = toSectorBytes(key, value);
    if (isRight(bytes)) return [name, `${bytes}b`];
    throw Object.assign(new RangeError(`"${key}" must be ${takes}, not ${bytes}`), {
      code: 'ERR_OUT_OF_RANGE',
    });
  });
}
