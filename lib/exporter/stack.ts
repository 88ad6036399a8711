import type { WatchedDevice } from '../monitor/types.ts';
import { isMeasured } from '../targets/index.ts';
import { backingOf, type Layer } from './backing.ts';
import { type Identity, identify } from './identity.ts';
import type { Makeup } from './makeup.ts';

/** A device with all that is known of it at one moment. */
export interface Placed extends Layer {
  readonly device: WatchedDevice;
  readonly identity: Identity;
  readonly makeup: Makeup | undefined;
  /** Whether it is exported. */
  readonly isShown: boolean;
}

/** All devices at one moment, and what stands on what. */
export interface Stack {
  readonly all: readonly Placed[];
  readonly shown: readonly Placed[];
  /** By name, for the next stack. */
  readonly identities: ReadonlyMap<string, Identity>;
  /** The nearest disks and exported devices that a device stands on. */
  below(placed: Placed): readonly { readonly kernel: string; readonly device: string }[];
  /** What a `major:minor` is, for people: through the inner layers of volumes, with commas. */
  backing(number: string): string;
  /** The name of a `major:minor`; `''` if it is no device of device-mapper. */
  name(number: string): string;
}

/** Which devices are exported. */
export interface Choice {
  readonly include: RegExp | undefined;
  readonly exclude: RegExp | undefined;
  readonly internal: boolean;
}

/** Puts the devices in their places. */
export function stackOf(
  devices: readonly WatchedDevice[],
  makeupOf: (device: WatchedDevice) => Makeup | undefined,
  choice: Choice,
  diskName: (number: string) => string,
  before?: ReadonlyMap<string, Identity>,
): Stack {
  const identities = identify(devices, before);
  const all = devices.flatMap((device): Placed[] => {
    const identity = identities.get(device.name);
    if (identity === undefined) return [];
    const makeup = makeupOf(device);
    const dependencies = makeup?.dependencies ?? [];
    return [
      {
        device,
        identity,
        makeup,
        dependencies,
        minor: device.minor,
        isShown: isShown(device, identity, choice),
      },
    ];
  });
  const layers = new Map(all.map((placed) => [numberOf(placed.device), placed]));
  const labelOf = (number: string): string => layers.get(number)?.identity.labels.device ?? '';
  const byKernel = new Map(all.map(({ device }) => [`dm-${device.minor}`, numberOf(device)]));
  const isEnd = (placed: Placed): boolean => placed.isShown;
  const isVolume = ({ identity }: Placed): boolean => identity.lvm?.internal !== true;

  return {
    all,
    shown: all.filter((placed) => placed.isShown),
    identities,
    below({ dependencies }) {
      const names = dependencies.flatMap((number) => backingOf(number, layers, isEnd, diskName));
      return [...new Set(names)]
        .sort()
        .map((kernel) => ({ kernel, device: labelOf(byKernel.get(kernel) ?? '') }));
    },
    backing: (number) => backingOf(number, layers, isVolume, diskName).join(','),
    name: labelOf,
  };
}

function numberOf({ major, minor }: WatchedDevice): string {
  return `${major}:${minor}`;
}

// An inner layer is left out unless it has something of its own to tell: a raid that a pool's data lies on has.
function isShown({ segments }: WatchedDevice, { labels, lvm }: Identity, choice: Choice): boolean {
  const { include, exclude, internal } = choice;
  if (exclude?.test(labels.device) || include?.test(labels.device) === false) return false;
  return internal || lvm?.internal !== true || segments.some(({ status }) => isMeasured(status));
}
