import type { DeviceIdentity } from '../device.ts';
import { interestingDevice, type LvmName, parseLvmDevice, unmangle } from '../names.ts';

/** A device and what its uuid and name say of its LVM volume; null if it is none of LVM's. */
export interface Member<D extends DeviceIdentity> {
  readonly device: D;
  readonly volume: LvmName | null;
}

/** The devices of one LVM volume, the volume itself first; or one device that is none of LVM's. */
export interface Group<D extends DeviceIdentity> {
  /** `vg/lv`, or the device's own name, escapes resolved. */
  readonly title: string;
  readonly members: readonly Member<D>[];
  /** A volume that `lvs` shows without `--all`, or a device that is none of LVM's. */
  readonly visible: boolean;
}

/** The devices by volume, in the order of their titles, numbers in them by value. */
export function groupByVolume<D extends DeviceIdentity>(devices: readonly D[]): readonly Group<D>[] {
  const groups = new Map<string, Member<D>[]>();
  for (const device of devices) {
    const volume = parseLvmDevice(device);
    // The kernel allows a name only once, and two groups of one name to live side by side.
    const key = volume === null ? `device ${device.name}` : `volume ${volume.vgId} ${volume.lvId}`;
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [{ device, volume }]);
    else members.push({ device, volume });
  }
  return [...groups.values()].map(toGroup).sort((a, b) => order.compare(a.title, b.title));
}

/** Which member's status an operator means: see {@link interestingDevice}. */
export function speakerOf<D extends DeviceIdentity>(
  { members }: Group<D>,
  targetsOf: (device: D) => readonly string[],
): Member<D> {
  const [only] = members;
  if (only !== undefined && members.length === 1) return only;
  const carriers = members.map((member) => ({
    uuid: member.device.uuid,
    targets: targetsOf(member.device),
    member,
  }));
  const speaker = interestingDevice(carriers)?.member ?? members[0];
  if (speaker === undefined) throw new Error('a group has at least one member');
  return speaker;
}

/** What a device is called: its volume; an internal layer in brackets, as `lvs` writes it; or its own name. */
export function titleOf({ device, volume }: Member<DeviceIdentity>): string {
  if (volume === null) return unmangle(device.name);
  const lv = volumeTitle(volume);
  if (!volume.internal) return lv;
  if (volume.layer === null) return `[${lv}]`;
  return `[${lv}${volume.layer.startsWith('_') ? '' : '-'}${volume.layer}]`;
}

const order = new Intl.Collator('en', { numeric: true });
const listedLayers = new Set(['tpool', 'vpool']);

function toGroup<D extends DeviceIdentity>(members: readonly Member<D>[]): Group<D> {
  const sorted = members.toSorted((a, b) => rank(a) - rank(b) || order.compare(a.device.name, b.device.name));
  const [first] = sorted;
  const volume = first?.volume ?? null;
  return {
    title: volume === null ? unmangle(first?.device.name ?? '') : volumeTitle(volume),
    members: sorted,
    // A pool whose placeholder is not active still has its layer.
    visible: members.some(
      (member) => member.volume?.internal !== true || listedLayers.has(member.volume.suffix ?? ''),
    ),
  };
}

function rank({ volume }: Member<DeviceIdentity>): number {
  return volume === null || !volume.internal ? 0 : 1;
}

// LVM's uuid with a name that is not LVM's, as after dmsetup rename.
function volumeTitle({ vg, lv }: LvmName): string {
  return vg === '' ? lv : `${vg}/${lv}`;
}
