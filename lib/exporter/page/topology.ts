import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Device } from '../../device.ts';
import type { DeviceMapper } from '../../device-mapper.ts';
import type { BlockDevice } from '../../view/block.ts';

/** What stands on what, as it was when it was read. Devices are named by `major:minor`. */
export interface Topology {
  readonly devices: readonly Device[];
  /** What device-mapper's devices stand on that is none of them, down to the disks. */
  readonly blocks: ReadonlyMap<string, BlockDevice>;
  /** What a device stands on; empty for a disk and for what is not known. */
  below(number: string): readonly string[];
  /** The stored name of a device of device-mapper's; undefined for others. */
  nameOf(number: string): string | undefined;
  /** A device of device-mapper's by its stored name. */
  device(name: string): Device | undefined;
}

/** Reads what stands on what. Asks no disk; gives other work a turn of the event loop between two dozens of devices. */
export async function readTopology(
  dm: Pick<DeviceMapper, 'devices'>,
  blockDevice: (number: string) => BlockDevice | undefined,
): Promise<Topology> {
  const devices = await dm.devices({ timeout: 3000 });
  return topologyOf(devices, await readBlocks(devices, blockDevice));
}

/** The topology of these devices. */
export function topologyOf(devices: readonly Device[], blocks: ReadonlyMap<string, BlockDevice>): Topology {
  const mapped = new Map<string, Device>(
    devices.map((device) => [`${device.major}:${device.minor}`, device]),
  );
  const named = new Map(devices.map((device) => [device.name, device]));
  return {
    devices,
    blocks,
    below: (number) => mapped.get(number)?.dependencies ?? blocks.get(number)?.dependencies ?? [],
    nameOf: (number) => mapped.get(number)?.name,
    device: (name) => named.get(name),
  };
}

/** Whether two topologies say the same. */
export function isSameTopology(one: Topology, other: Topology): boolean {
  return (
    one.devices.length === other.devices.length &&
    one.blocks.size === other.blocks.size &&
    one.devices.every((device, index) => isSameDevice(device, other.devices[index])) &&
    [...one.blocks].every(([number, block]) => isDeepStrictEqual(block, other.blocks.get(number)))
  );
}

function isSameDevice(one: Device, other: Device | undefined): boolean {
  return (
    one.name === other?.name &&
    one.uuid === other.uuid &&
    one.major === other.major &&
    one.minor === other.minor &&
    one.sectors === other.sectors &&
    String(one.dependencies) === String(other.dependencies) &&
    String(targetsOf(one)) === String(targetsOf(other))
  );
}

function targetsOf(device: Device): readonly string[] {
  return device.source === 'ioctl' ? device.targets : [];
}

/** As many devices below device-mapper's are looked up by name; further ones go by their number. */
const mostBlocks = 4096;
const atOnce = 24;

async function readBlocks(
  devices: readonly Device[],
  blockDevice: (number: string) => BlockDevice | undefined,
): Promise<ReadonlyMap<string, BlockDevice>> {
  const mapped = new Set(devices.map(({ major, minor }) => `${major}:${minor}`));
  const blocks = new Map<string, BlockDevice>();
  const asked = new Set<string>();
  let wanted = [...new Set(devices.flatMap(({ dependencies }) => dependencies))];
  while (wanted.length > 0 && asked.size < mostBlocks) {
    const next: string[] = [];
    for (const number of wanted) {
      if (asked.has(number) || mapped.has(number) || asked.size >= mostBlocks) continue;
      asked.add(number);
      if (asked.size % atOnce === 0) await nextTurn();
      const block = blockDevice(number);
      if (block === undefined) continue;
      blocks.set(number, block);
      next.push(...block.dependencies);
    }
    wanted = next;
  }
  return blocks;
}
