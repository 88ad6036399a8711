import type { DeviceIdentity } from '../device.ts';
import { type LvmName, lvmDeviceName, parseLvmDevice, unmangle } from '../names.ts';
import { groupByVolume, titleOf } from '../view/volumes.ts';
import { type Chosen, choose } from './find.ts';

/** Which devices the NAMEs of a command line stand for, also of those that come later. */
export interface Scope {
  /** What a monitor is to watch, in the form of its option `include`: it may take in more; undefined: all. */
  readonly include: readonly string[] | undefined;
  /** What is watched, for people. */
  readonly titles: readonly string[];
  /** Whether a device is meant. */
  has(device: DeviceIdentity): boolean;
  /** Whether a device was named as an internal layer, and so shows as one. */
  isNamedLayer(device: DeviceIdentity): boolean;
  /** A sentence for each NAME that stands for nothing. */
  readonly problems: readonly string[];
}

/** The scope of NAMEs among the devices there are now; of no NAME it is everything. Throws what `choose` does. */
export function scopeOf(names: readonly string[], devices: readonly DeviceIdentity[]): Scope {
  if (names.length === 0)
    return { include: undefined, titles: [], has: () => true, isNamedLayer: () => false, problems: [] };
  const groups = groupByVolume(devices);
  const chosen = names.map((name) => choose([name], groups));
  const layers = new Set(chosen.flatMap((each) => [...each.layers]));
  const members = chosen.flatMap(membersOf);
  const plain = new Set(members.filter(({ volume }) => volume === null).map(({ device }) => device.name));
  const volumes = new Set(
    members.flatMap(({ device, volume }) => keyUnless(layers.has(device.name), volume)),
  );
  return {
    include: [...new Set(members.flatMap(({ device, volume }) => patterns(device, volume, layers)))],
    titles: [...new Set(members.map(({ device, volume }) => shortTitle(device, volume, layers)))],
    has(device) {
      if (plain.has(device.name) || layers.has(device.name)) return true;
      const volume = volumes.size === 0 ? null : parseLvmDevice(device);
      return volume !== null && volumes.has(keyOf(volume));
    },
    isNamedLayer: ({ name }) => layers.has(name),
    problems: chosen.flatMap(({ problems }) => problems),
  };
}

interface Named {
  readonly device: DeviceIdentity;
  readonly volume: LvmName | null;
}

function membersOf({ devices }: Chosen<DeviceIdentity>): readonly Named[] {
  return devices.map((device) => ({ device, volume: parseLvmDevice(device) }));
}

function keyOf({ vgId, lvId }: LvmName): string {
  return `${vgId} ${lvId}`;
}

function keyUnless(isLayer: boolean, volume: LvmName | null): readonly string[] {
  return volume === null || isLayer ? [] : [keyOf(volume)];
}

// The layers of a volume come and go with its snapshots, so their names are not known yet.
function patterns(
  { name }: DeviceIdentity,
  volume: LvmName | null,
  layers: ReadonlySet<string>,
): readonly string[] {
  if (volume === null || volume.vg === '' || layers.has(name)) return [name];
  const top = lvmDeviceName(volume.vg, volume.lv);
  return [name, top, `${top}-*`];
}

function shortTitle(device: DeviceIdentity, volume: LvmName | null, layers: ReadonlySet<string>): string {
  if (volume === null) return unmangle(device.name);
  if (layers.has(device.name) || volume.vg === '') return titleOf({ device, volume });
  return `${volume.vg}/${volume.lv}`;
}
