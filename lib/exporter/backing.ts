import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** A device-mapper device as a place in the stack. */
export interface Layer {
  readonly minor: number;
  /** `major:minor` of what it stands on. */
  readonly dependencies: readonly string[];
}

/**
 * The kernel's names of what a `major:minor` is, through all layers that `isEnd` does not stop at: disks and partitions
 * such as `sdb1`, devices such as `dm-3`. In order, each once; what is not known is named by its number.
 */
export function backingOf<L extends Layer>(
  device: string,
  layers: ReadonlyMap<string, L>,
  isEnd: (layer: L) => boolean,
  diskName: (device: string) => string,
): readonly string[] {
  const names = new Set<string>();
  const seen = new Set<string>();
  const visit = (number: string): void => {
    if (seen.has(number)) return;
    seen.add(number);
    const layer = layers.get(number);
    if (layer === undefined) names.add(diskName(number));
    else if (isEnd(layer) || layer.dependencies.length === 0) names.add(`dm-${layer.minor}`);
    else for (const below of layer.dependencies) visit(below);
  };
  visit(device);
  return [...names].sort();
}

/** Names disks by sysfs, as /proc/partitions has them, and remembers them until `forget`. */
export function diskNames(root = '/sys'): { of(device: string): string; forget(): void } {
  const known = new Map<string, string>();
  return {
    of(device) {
      const name = known.get(device) ?? nameIn(root, device);
      known.set(device, name);
      return name;
    },
    forget: () => known.clear(),
  };
}

function nameIn(root: string, device: string): string {
  if (!/^\d+:\d+$/.test(device)) return device;
  try {
    // sysfs has `!` where a name has a slash.
    return basename(readlinkSync(`${root}/dev/block/${device}`)).replaceAll('!', '/');
  } catch {
    return device;
  }
}
