import { devicesFromSysfs } from '../sysfs.ts';
import { addDevice } from './device-families.ts';
import { type Identity, identify } from './identity.ts';
import type { Samples } from './samples.ts';
import type { Choice } from './stack.ts';

/** Adds what sysfs tells everybody of the devices: names, sizes, whether they are suspended, what they stand on. */
export function addSysfsDevices(
  samples: Samples,
  choice: Choice,
  diskName: (number: string) => string,
  before: ReadonlyMap<string, Identity>,
): ReadonlyMap<string, Identity> {
  const devices = devicesFromSysfs();
  const identities = identify(devices, before);
  const byNumber = new Map(devices.map(({ major, minor, name }) => [`${major}:${minor}`, { minor, name }]));
  for (const device of devices) {
    const identity = identities.get(device.name);
    if (identity === undefined || !isShown(identity, choice)) continue;
    const backing = device.dependencies.map((number) => {
      const layer = byNumber.get(number);
      if (layer === undefined) return { kernel: diskName(number), device: '' };
      return { kernel: `dm-${layer.minor}`, device: identities.get(layer.name)?.labels.device ?? '' };
    });
    const { suspended, sectors } = device;
    addDevice(samples, {
      identity,
      device,
      info: { suspended },
      targets: undefined,
      sectors,
      backing,
      freshness: null,
    });
  }
  return identities;
}

// Nothing is known of targets here, so that every inner layer is left out.
function isShown({ labels, lvm }: Identity, { include, exclude, internal }: Choice): boolean {
  if (exclude?.test(labels.device) || include?.test(labels.device) === false) return false;
  return internal || lvm?.internal !== true;
}
