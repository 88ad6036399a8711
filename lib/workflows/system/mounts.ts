import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { deviceNumber } from './device-number.ts';

/** One mount, a line of /proc/PID/mountinfo, proc_pid_mountinfo(5). */
export interface Mount {
  /** Where it is mounted, seen from this process's root directory. */
  readonly target: string;
  /** What was mounted, as it was told to mount(2): a device's path, or any other word. */
  readonly source: string;
  /** The file system's type, such as `ext4`. */
  readonly type: string;
  /** `major:minor`; of btrfs and others without a device of their own an anonymous number, `0:47`. */
  readonly device: string;
  /** `ro` or `rw` first (`ro` if mount or file system is), then the mount's own options, then the file system's. */
  readonly options: readonly string[];
  /** Which directory of the file system is mounted: `/` is all of it. */
  readonly root: string;
}

/** A mount as the kernel tells it, with what is true of all mounts of its file system, also in other mount namespaces. */
export interface MountLine extends Mount {
  /** Whether the file system itself can be written to; a mount of one that is `rw` can be `ro` all the same. */
  readonly filesystem: 'ro' | 'rw';
}

/**
 * The mounts that the text of a mountinfo file tells, in its order: what is mounted over another comes after it. Lines
 * that are none are left out; throws nothing.
 */
export function parseMountinfo(text: string): readonly MountLine[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    // The optional fields end with a hyphen; it cannot come earlier, fields 0 to 5 are always there.
    const hyphen = fields.indexOf('-', 6);
    const [, , device = '', root = '', target = '', own = ''] = fields;
    const [type = '', source, shared = ''] = fields.slice(hyphen + 1);
    if (hyphen < 0 || source === undefined || !/^\d+:\d+$/.test(device)) return [];
    const mount = { target: plain(target), source: plain(source), type: plain(type), device };
    const filesystem = plain(shared).split(',').includes('ro') ? 'ro' : 'rw';
    return [{ ...mount, options: optionsOf(plain(own), plain(shared)), root: plain(root), filesystem }];
  });
}

/** All mounts that this process sees, /proc/self/mountinfo. Rejects with the file system's own error if there is no /proc. */
export async function mounts(): Promise<readonly MountLine[]> {
  return parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));
}

/**
 * The mounts of the file system on a block device (its path or `major:minor`), in the order of {@link mounts}: also those
 * of a btrfs that has the device as one of several. Rejects if the device's path does not exist.
 */
export async function mountsOf(device: string): Promise<readonly MountLine[]> {
  return selectMounts(await mounts(), await deviceNumber(device));
}

/** Which of these mounts are of the block device `major:minor`; `sys` is where sysfs is mounted. */
export async function selectMounts<M extends Mount>(
  all: readonly M[],
  device: string,
  sys = '/sys',
): Promise<readonly M[]> {
  const members = new Set([device, ...(await btrfsMembers(device, sys))]);
  const isOf = async (mount: Mount): Promise<boolean> => {
    if (mount.device === device) return true;
    // An anonymous number says nothing, and the source is what once was told to mount(2).
    if (!mount.device.startsWith('0:') || !mount.source.startsWith('/')) return false;
    const number = await deviceNumber(mount.source).catch(() => null);
    return number !== null && members.has(number);
  };
  const found = await Promise.all(all.map(isOf));
  return all.filter((_, index) => found[index] === true);
}

// All devices of the mounted btrfs that has this one, /sys/fs/btrfs/UUID/devices: mountinfo names one of them only.
async function btrfsMembers(device: string, sys: string): Promise<readonly string[]> {
  const root = join(sys, 'fs/btrfs');
  for (const uuid of await listed(root)) {
    const devices = join(root, uuid, 'devices');
    const numbers = await Promise.all(
      (await listed(devices)).map(async (name) =>
        (await readFile(join(devices, basename(name), 'dev'), 'utf8').catch(() => '')).trim(),
      ),
    );
    if (numbers.includes(device)) return numbers;
  }
  return [];
}

function optionsOf(own: string, shared: string): readonly string[] {
  const [ours, theirs] = [own.split(','), shared.split(',')];
  const access = ours.includes('ro') || theirs.includes('ro') ? 'ro' : 'rw';
  return [...new Set([access, ...[...ours, ...theirs].filter((option) => !/^(?:|r[ow])$/.test(option))])];
}

/** Takes the octal escapes out that the kernel writes for blanks, backslashes and `#` in lists below /proc. */
export function plain(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function listed(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
