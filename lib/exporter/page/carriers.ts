import type { WatchedDevice } from '../../monitor/types.ts';
import { parseLvmDevice } from '../../names.ts';
import type { LiveRow } from '../../view/live-rows.ts';
import { titleOf } from '../../view/volumes.ts';
import { type Fate, fatesWithout } from './fate.ts';
import type { Topology } from './topology.ts';

/** A disk, or whatever else lies at the bottom of volumes, and the volumes that it carries. */
export interface Carrier {
  /** `major:minor`. */
  readonly number: string;
  /** The kernel's name, or the number where sysfs tells none. */
  readonly name: string;
  /** The stored names of the devices that speak for its volumes. */
  readonly volumes: readonly string[];
}

/** A volume and what becomes of it when the disk dies. */
export interface Carried {
  /** The stored name of the device that speaks for it. */
  readonly name: string;
  readonly fate: Fate;
}

/** What lies at the bottom, by name, with the rows that stand on it; layers inside of volumes are left out. */
export function carriersOf(
  rows: readonly LiveRow[],
  topology: Topology,
  current: ReadonlyMap<string, WatchedDevice>,
): readonly Carrier[] {
  const bottomsOf = bottomsIn(topology);
  const carried = new Map<string, string[]>();
  for (const row of rows) {
    const device = current.get(row.name);
    if (device === undefined || isLayer(row, device)) continue;
    for (const bottom of bottomsOf(`${device.major}:${device.minor}`)) {
      const list = carried.get(bottom);
      if (list === undefined) carried.set(bottom, [row.name]);
      else list.push(row.name);
    }
  }
  return [...carried]
    .map(([number, volumes]) => ({ number, name: topology.blocks.get(number)?.name ?? number, volumes }))
    .sort((a, b) => collator.compare(a.name, b.name));
}

/** The volumes of a disk with their fates, the worst first. */
export function fatesOf(
  carrier: Carrier,
  topology: Topology,
  current: ReadonlyMap<string, WatchedDevice>,
): readonly Carried[] {
  const watched = (number: string): WatchedDevice | undefined => current.get(topology.nameOf(number) ?? '');
  const fateOf = fatesWithout(carrier.number, topology, watched);
  return carrier.volumes
    .map((name) => {
      const device = current.get(name);
      const fate: Fate = device === undefined ? 'unknown' : fateOf(`${device.major}:${device.minor}`);
      return { name, fate };
    })
    .sort((a, b) => fates.indexOf(a.fate) - fates.indexOf(b.fate));
}

function bottomsIn(topology: Topology): (number: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  const bottomsOf = (number: string): ReadonlySet<string> => {
    const before = known.get(number);
    if (before !== undefined) return before;
    // A device that stands on itself, which the kernel never makes, ends here.
    known.set(number, new Set());
    const below = topology.below(number);
    const [only = ''] = below;
    const isMapped = topology.nameOf(number) !== undefined;
    const found =
      below.length === 0
        ? new Set(isMapped ? [] : [number])
        : below.length === 1
          ? bottomsOf(only)
          : new Set(below.flatMap((each) => [...bottomsOf(each)]));
    known.set(number, found);
    return found;
  };
  return bottomsOf;
}

const fates: readonly Fate[] = ['fails', 'unknown', 'survives', 'untouched'];
const collator = new Intl.Collator('en', { numeric: true });

function isLayer({ title }: LiveRow, device: WatchedDevice): boolean {
  const volume = parseLvmDevice(device);
  return volume?.internal === true && titleOf({ device, volume }) === title;
}
