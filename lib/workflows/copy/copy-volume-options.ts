import { invalidType, requireOnly } from '../../arguments.ts';
import { requireFile, requireVolume } from '../../lvm/names.ts';
import { type Bytes, toBytes } from '../../lvm/sizes.ts';
import { type WorkflowOptions, workflowKeys } from '../tools.ts';

/** The checksums that a copy can have, by OpenSSL's names. */
export type CopyChecksum = 'sha256' | 'sha512' | 'blake2b512';

/** What to copy, and where to. */
export interface CopyVolumeOptions extends WorkflowOptions {
  /** The volume, `vg/lv`: a snapshot, an image that is split off, or any that nobody writes to. */
  readonly source: string;
  /**
   * Absolute path of a file or block device. A file is written as `<to>.part`, mode 0600, and renamed when it is whole
   * and on the disk.
   */
  readonly to: string;
  /** Whether blocks of zeros are left out of a file, as holes; default true. Devices get all of them. */
  readonly sparse?: boolean | undefined;
  /** Checksum of all that was read; default `sha256`. */
  readonly checksum?: CopyChecksum | false | undefined;
  /** At most so many bytes a second; default as fast as it goes. */
  readonly bytesPerSecond?: Bytes | undefined;
  /** Bytes that are read at once, 4 KiB to 64 MiB, a multiple of 4 KiB; default 1 MiB. */
  readonly blockSize?: Bytes | undefined;
  /** Leave to replace a file, or what a device holds. */
  readonly overwrite?: boolean | undefined;
  /**
   * Snapshots (`vg/lv`) of the volume that is copied to which may overflow, and be lost, by what is written to it. It is
   * refused with `needs-consent` if one may that is not named.
   */
  readonly allowOverflow?: readonly string[] | undefined;
  /**
   * Leave to copy a volume that may be written to meanwhile: the copy is of no one moment then. What file systems that are
   * mounted here from it have in memory is written out first.
   */
  readonly live?: boolean | undefined;
  /** Whether the copy is read again from the disk and its checksum compared; default false. */
  readonly verify?: boolean | undefined;
}

/** The options of a copy, checked and whole. */
export interface CopySettings {
  readonly source: string;
  readonly to: string;
  readonly sparse: boolean;
  readonly checksum: CopyChecksum | false;
  readonly bytesPerSecond: number | null;
  readonly blockSize: number;
  readonly overwrite: boolean;
  readonly allowOverflow: readonly string[];
  readonly live: boolean;
  readonly verify: boolean;
}

const checksums: readonly unknown[] = ['sha256', 'sha512', 'blake2b512', false] satisfies readonly (
  | CopyChecksum
  | false
)[];
const flags = ['sparse', 'overwrite', 'live', 'verify'] as const;
const grain = 4096n;
const largestBlock = 64n << 20n;

/** Checks the options of a copy. Throws a TypeError, RangeError or `LvmNameError`. */
export function requireCopyOptions(options: CopyVolumeOptions): CopySettings {
  requireOnly(options, [
    ...['source', 'to', 'checksum', 'bytesPerSecond', 'blockSize', 'allowOverflow', ...flags],
    ...workflowKeys,
  ]);
  const { source, to, checksum = 'sha256', verify = false, sparse = true } = options;
  const { overwrite = false, live = false, blockSize = 1 << 20, bytesPerSecond } = options;
  const { allowOverflow = [] } = options;
  requireVolume('source', source);
  requireFile('to', to);
  if (!checksums.includes(checksum))
    throw invalidType('checksum', "'sha256', 'sha512', 'blake2b512' or false", checksum);
  for (const flag of flags) {
    const value = options[flag];
    if (value !== undefined && typeof value !== 'boolean') throw invalidType(flag, 'a boolean', value);
  }
  if (!Array.isArray(allowOverflow)) throw invalidType('allowOverflow', 'a list of volumes', allowOverflow);
  if (verify && checksum === false) throw invalidType('checksum', 'one, to verify by', checksum);
  return {
    ...{ source, to, checksum, verify, sparse, overwrite, live },
    allowOverflow: allowOverflow.map((name: unknown, index) => {
      const { vg, lv } = requireVolume(`allowOverflow[${index}]`, name);
      return `${vg}/${lv}`;
    }),
    blockSize: blockBytes(blockSize),
    bytesPerSecond: bytesPerSecond === undefined ? null : Number(toBytes('bytesPerSecond', bytesPerSecond)),
  };
}

function blockBytes(value: Bytes): number {
  const bytes = toBytes('blockSize', value);
  if (bytes % grain === 0n && bytes <= largestBlock) return Number(bytes);
  const error = new RangeError('"blockSize" must be a multiple of 4096 bytes, at most 64 MiB');
  throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
}
