import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A block device that is none of device-mapper's, as sysfs shows it to everybody. */
export interface BlockDevice {
  /** The kernel's name, such as `sda1` or `loop0`. */
  readonly name: string;
  readonly kind: 'disk' | 'partition' | 'loop' | 'md';
  /** In sectors of 512 bytes. */
  readonly sectors: number;
  /** The file behind a loop device; null for others. */
  readonly file: string | null;
  /** `major:minor` of what it stands on: a partition's disk, the members of an md array. */
  readonly dependencies: readonly string[];
}

/** Reads a block device by `major:minor` from sysfs; undefined if it is not there. Touches no disk. */
export function readBlockDevice(number: string, root = '/sys'): BlockDevice | undefined {
  const directory = join(root, 'dev/block', number);
  let target: string;
  try {
    target = readlinkSync(directory);
  } catch {
    return undefined;
  }
  const name = basename(target);
  const isPartition = read(directory, 'partition') !== undefined;
  const file = read(directory, 'loop/backing_file') ?? null;
  const members = slaves(directory);
  const disk = isPartition ? read(join(root, 'dev/block', dirname(target)), 'dev') : undefined;
  return {
    name,
    kind: isPartition
      ? 'partition'
      : file !== null || /^loop\d+$/.test(name)
        ? 'loop'
        : name.startsWith('md')
          ? 'md'
          : 'disk',
    sectors: Number(read(directory, 'size') ?? 0),
    file,
    dependencies: disk === undefined ? members : [disk],
  };
}

function slaves(directory: string): readonly string[] {
  try {
    return readdirSync(join(directory, 'slaves')).flatMap((slave) => {
      const number = read(join(directory, 'slaves', slave), 'dev');
      return number === undefined ? [] : [number];
    });
  } catch {
    return [];
  }
}

function read(directory: string, file: string): string | undefined {
  try {
    return readFileSync(join(directory, file), 'utf8').replace(/\n$/, '');
  } catch {
    return undefined;
  }
}
