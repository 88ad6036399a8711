import { type Before, type Operation, operation } from '../operation.ts';
import { type OptionsOf, type OptionTable, option, required, size } from '../option.ts';
import { type Bytes, toBytes, toSectorBytes } from '../sizes.ts';
import { volume } from '../subject.ts';
import { createdVolume, namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { asksForFileSystem, type ResizeAnswers } from './lvresize-asks.ts';
import { hasGrown, isEnlarged } from './lvresize-check.ts';
import { extensionOptions, fileSystemOptions, placement } from './lvresize-options.ts';
import { refuseEnlargement } from './lvresize-size.ts';

const options: typeof placement & typeof extensionOptions & typeof fileSystemOptions = {
  ...placement,
  ...extensionOptions,
  ...fileSystemOptions,
};

const sizeOption = (sign: '' | '+') =>
  ({
    /** The size, or what it grows by; rounded up to whole extents and stripes (`--size`, `--extents`). */
    size: required(size(sign)),
  }) as const satisfies OptionTable;

/** Options of `lvm.lvextend.size` and `lvm.lvextend.bySize`. */
export interface LvextendSizeOptions extends OptionsOf<typeof options & ReturnType<typeof sizeOption>> {}

const enlarging = (sign: '' | '+', summary: string): Operation<string, LvextendSizeOptions, VolumeResult> =>
  operation({
    command: 'lvextend',
    fixed: [],
    summary,
    subject: volume,
    options: { ...options, ...sizeOption(sign) },
    refuse,
    asks,
    satisfiedBy: ['unchanged'],
    verify: (call) => isEnlarged(call, call.options.size, sign),
    result: createdVolume,
  });

/**
 * Enlarges a volume to a size (lvextend(8)). If it has that already, only its file system is enlarged, with `resizeFs`;
 * `changed` is about the volume.
 */
const toSize = enlarging('', 'Enlarges a volume to a size.');

/** Enlarges a volume by a size (lvextend(8)). */
const bySize = enlarging('+', 'Enlarges a volume by a size.');

const byDevicesOptions = {
  /** Devices of the group to take all free space of, in this order, or parts of them (`/dev/sdb:0-99`). */
  devices: required(placement.devices),
} as const satisfies OptionTable;

/** Options of `lvm.lvextend.byDevices`. */
export interface LvextendByDevicesOptions
  extends OptionsOf<Omit<typeof options, 'devices'> & typeof byDevicesOptions> {}

/** Enlarges a volume by all that is free on some devices (lvextend(8)). */
const byDevices: Operation<string, LvextendByDevicesOptions, VolumeResult> = operation({
  command: 'lvextend',
  fixed: [],
  summary: 'Enlarges a volume by all that is free on some devices.',
  subject: volume,
  options: { ...options, ...byDevicesOptions },
  refuse,
  asks,
  verify: hasGrown,
  result: createdVolume,
});

const metadataSizeOption = (sign: '' | '+') =>
  ({
    /** The size, or what it grows by, in bytes; at most about 16 GiB (`--poolmetadatasize`). */
    size: required(
      option<Bytes>('--poolmetadatasize', 'bytes', (value, key) => [
        '--poolmetadatasize',
        `${sign}${toSectorBytes(key, value)}b`,
      ]),
    ),
  }) as const satisfies OptionTable;

/** Options of `lvm.lvextend.poolMetadata` and `lvm.lvextend.poolMetadataBySize`. */
export interface LvextendPoolMetadataOptions
  extends OptionsOf<
    ReturnType<typeof metadataSizeOption> & typeof placement & Pick<typeof extensionOptions, 'alloc'>
  > {}

const enlargingMetadata = (
  sign: '' | '+',
  summary: string,
): Operation<string, LvextendPoolMetadataOptions, VolumeResult> =>
  operation({
    command: 'lvextend',
    fixed: [],
    summary,
    subject: volume,
    options: { ...metadataSizeOption(sign), ...placement, alloc: extensionOptions.alloc },
    satisfiedBy: ['unchanged'],
    verify: ({ place, options: { size: given }, before, after, notes }) => {
      const was = namedVolume(place, before)?.metadataSize ?? 0n;
      const is = namedVolume(place, after)?.metadataSize ?? 0n;
      const wanted = toBytes('size', given) + (sign === '+' ? was : 0n);
      const full = notes.some((note) => note.startsWith('Reached maximum pool metadata size '));
      return is >= wanted || full ? null : `the metadata of ${nameOf(place)} have ${is} bytes, not ${wanted}`;
    },
    result: createdVolume,
  });

/** Enlarges the metadata of a thin pool to a size (lvextend(8), lvmthin(7)). */
const poolMetadata = enlargingMetadata('', 'Enlarges the metadata of a thin pool to a size.');

/** Enlarges the metadata of a thin pool by a size (lvextend(8), lvmthin(7)). */
const poolMetadataBySize = enlargingMetadata('+', 'Enlarges the metadata of a thin pool by a size.');

/** Options of `lvm.lvextend.byPolicy`. */
export interface LvextendByPolicyOptions
  extends OptionsOf<typeof placement & Pick<typeof extensionOptions, 'alloc'>> {}

/**
 * Enlarges a snapshot or pool by as much as lvm.conf has for how full it is (`activation/snapshot_autoextend_threshold`,
 * `thin_pool_autoextend_threshold` and `..._percent`); nothing if it is not so full, or the threshold is 100.
 */
const byPolicy: Operation<string, LvextendByPolicyOptions, VolumeResult> = operation({
  command: 'lvextend',
  fixed: ['--usepolicies'],
  summary: 'Enlarges a snapshot or pool as lvm.conf has it for how full it is.',
  subject: volume,
  options: { ...placement, alloc: extensionOptions.alloc },
  refuse,
  verify: ({ place, before, after }) => {
    const row = namedVolume(place, after);
    if (row?.snapshotInvalid === true) return `the snapshot ${row.fullName} overflowed and stays invalid`;
    const was = namedVolume(place, before)?.size;
    return row !== undefined && was !== undefined && row.size >= was
      ? null
      : `${nameOf(place)} is smaller than before`;
  },
  result: createdVolume,
});

/** lvextend(8): one function for each way to say how large. */
export const lvextend = {
  /**
   * Enlarges a volume to a size (lvextend(8)). If it has that already, only its file system is enlarged, with
   * `resizeFs`; `changed` is about the volume.
   */
  size: toSize,
  /** Enlarges a volume by a size (lvextend(8)). */
  bySize,
  /** Enlarges a volume by all that is free on some devices (lvextend(8)). */
  byDevices,
  /** Enlarges the metadata of a thin pool to a size (lvextend(8), lvmthin(7)). */
  poolMetadata,
  /** Enlarges the metadata of a thin pool by a size (lvextend(8), lvmthin(7)). */
  poolMetadataBySize,
  /**
   * Enlarges a snapshot or pool by as much as lvm.conf has for how full it is
   * (`activation/snapshot_autoextend_threshold`, `thin_pool_autoextend_threshold` and `..._percent`); nothing if it
   * is not so full, or the threshold is 100.
   */
  byPolicy,
} as const;

function refuse({ place, before }: Before<object>) {
  return refuseEnlargement(namedVolume(place, before));
}

function asks({ place, options: given, before }: Before<ResizeAnswers>) {
  return asksForFileSystem(namedVolume(place, before), given, false);
}
