import type { Device } from '../device.ts';
import { type LvmName, parseLvmDevice } from '../names.ts';
import type { BlockDevice } from './block.ts';
import { titleOf } from './volumes.ts';

/** A device and what it stands on. One that carries several others stands below each of them. */
export interface TreeNode {
  readonly name: string;
  /** `vg/lv`, a layer in brackets, or the name with its escapes resolved. */
  readonly title: string;
  readonly major: number;
  readonly minor: number;
  /** The target types of a device-mapper device (none if only sysfs could be asked), else what kind of device it is. */
  readonly kinds: readonly string[];
  /** In sectors of 512 bytes; null if the device is not in sysfs. */
  readonly sectors: number | null;
  readonly volume: LvmName | null;
  /** The file behind a loop device; null for others. */
  readonly file: string | null;
  readonly dependencies: readonly TreeNode[];
}

/**
 * The trees below `roots`, of `most` nodes at most: of those that are too many, whatever the layers, none are there.
 * `devices` are device-mapper's, `blockDevice` finds the others by `major:minor`. Ends at a device that stands on
 * itself, which the kernel never makes.
 */
export function growForest(
  roots: readonly Device[],
  devices: readonly Device[],
  blockDevice: (number: string) => BlockDevice | undefined,
  most = Number.POSITIVE_INFINITY,
): readonly TreeNode[] {
  let left = most;
  const byNumber = new Map(devices.map((device) => [numberOf(device), device]));
  const known = new Map<string, BlockDevice | undefined>();
  const lookUp = (number: string): BlockDevice | undefined => {
    if (!known.has(number)) known.set(number, blockDevice(number));
    return known.get(number);
  };

  const grow = (number: string, above: readonly string[]): TreeNode => {
    left--;
    const path = [...above, number];
    const below = (numbers: readonly string[]): readonly TreeNode[] =>
      numbers
        .toSorted(byNumbers)
        .filter((each) => !path.includes(each))
        .flatMap((each) => (left > 0 ? [grow(each, path)] : []));
    const [major = 0, minor = 0] = number.split(':').map(Number);
    const device = byNumber.get(number);
    if (device !== undefined) {
      const volume = parseLvmDevice(device);
      const { name, sectors, dependencies } = device;
      const kinds = device.source === 'ioctl' ? [...new Set(device.targets)] : [];
      const title = titleOf({ device, volume });
      return {
        name,
        title,
        major,
        minor,
        kinds,
        sectors,
        volume,
        file: null,
        dependencies: below(dependencies),
      };
    }
    const block = lookUp(number);
    return {
      name: block?.name ?? number,
      title: block?.name ?? number,
      major,
      minor,
      kinds: block === undefined ? [] : [block.kind],
      sectors: block?.sectors ?? null,
      volume: null,
      file: block?.file ?? null,
      dependencies: below(block?.dependencies ?? []),
    };
  };
  return roots.flatMap((root) => (left > 0 ? [grow(numberOf(root), [])] : []));
}

/** Those of `devices` that no other of them stands on. */
export function rootsOf(devices: readonly Device[]): readonly Device[] {
  const carrying = new Set(devices.flatMap(({ dependencies }) => dependencies));
  return devices.filter((device) => !carrying.has(numberOf(device)));
}

function numberOf({ major, minor }: { readonly major: number; readonly minor: number }): string {
  return `${major}:${minor}`;
}

// The kernel lists the most recently opened first; a reader looks for the first leg first.
function byNumbers(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(':').map(Number);
  const [majorB = 0, minorB = 0] = b.split(':').map(Number);
  return majorA - majorB || minorA - minorB;
}
