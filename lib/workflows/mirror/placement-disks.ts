import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PvRow } from '../../lvm/columns/pv.ts';
import type { GroupState } from '../../lvm/state.ts';
import { type Disk, type Room, sizeOf } from './placement.ts';

/** Which disks PVs stand on: kernel names such as `sda` of each PV's device, by the path that lvm has for it. */
export type Bases = ReadonlyMap<string, readonly string[]>;

/**
 * The disks of a group with the extents that lvm may allocate on them: the most room first. PVs that share a disk below
 * are one. Under the policy `contiguous` only the longest run of a PV counts. Pure.
 */
export function disksOf(group: GroupState, bases: Bases): readonly Disk[] {
  const disks: { rooms: Room[]; below: Set<string> }[] = [];
  for (const pv of group.pvs) {
    if (pv.name === null || !isAllocatable(pv)) continue;
    const room = roomOf(group, pv.name);
    const below = new Set(bases.get(pv.name) ?? [pv.name]);
    const same = disks.filter((disk) => [...below].some((base) => disk.below.has(base)));
    for (const disk of same) disks.splice(disks.indexOf(disk), 1);
    disks.push({
      rooms: [...same.flatMap(({ rooms }) => rooms), room],
      below: new Set([...below, ...same.flatMap((disk) => [...disk.below])]),
    });
  }
  return disks
    .map(({ rooms, below }) => ({
      name: [...below].toSorted().join(' '),
      rooms: rooms.toSorted((a, b) => sizeOf(b) - sizeOf(a)),
    }))
    .toSorted((a, b) => largest(b) - largest(a));
}

/** The names of the disks that stand where these devices do. */
export function namesOn(disks: readonly Disk[], devices: readonly string[], bases: Bases): readonly string[] {
  const below = new Set(devices.flatMap((device) => bases.get(device) ?? [device]));
  const isOn = ({ device }: Room): boolean => (bases.get(device) ?? [device]).some((base) => below.has(base));
  return disks.filter(({ rooms }) => rooms.some(isOn)).map(({ name }) => name);
}

/** The disks with those of their rooms that are on these devices, in the order of the devices. */
export function disksOn(disks: readonly Disk[], devices: readonly string[]): readonly Disk[] {
  const place = ({ rooms }: Disk): number => Math.min(...rooms.map(({ device }) => devices.indexOf(device)));
  return disks
    .map(({ name, rooms }) => ({ name, rooms: rooms.filter(({ device }) => devices.includes(device)) }))
    .filter(({ rooms }) => rooms.length > 0)
    .toSorted((a, b) => place(a) - place(b));
}

/** Reads from sysfs which disks the group's PVs stand on. What cannot be read stands on itself. */
export async function basesOf(
  { pvs }: { readonly pvs: readonly Pick<PvRow, 'name' | 'major' | 'minor'>[] },
  sys = '/sys',
): Promise<Bases> {
  const found = pvs.flatMap(({ name, major, minor }) =>
    name === null || major === null || minor === null ? [] : [{ name, number: `${major}:${minor}` }],
  );
  const bases = found.map(async ({ name, number }) => {
    const device = await realpath(join(sys, 'dev/block', number)).catch(() => null);
    return [name, device === null ? [name] : await below(device)] as const;
  });
  return new Map(await Promise.all(bases));
}

/** Whether a device stands on a disk that one of the others stands on, too; any does with itself. Pure. */
export function sharesDisk(bases: Bases, device: string, others: Iterable<string>): boolean {
  const disksBelow = (one: string): readonly string[] => bases.get(one) ?? [one];
  const own = disksBelow(device);
  return [...others].some(
    (other) => other === device || disksBelow(other).some((base) => own.includes(base)),
  );
}

function isAllocatable({ allocatable, missing, exported }: PvRow): boolean {
  return allocatable !== false && missing !== true && exported !== true;
}

function roomOf({ vg, pvSegs }: GroupState, device: string): Room {
  const runs = pvSegs
    .filter(({ pvName, lvName }) => pvName === device && lvName === null)
    .map(({ start, size }) => ({ start, size }))
    .filter(({ size }) => size > 0)
    .toSorted((a, b) => a.start - b.start);
  if (vg.allocationPolicy !== 'contiguous') return { device, runs };
  return { device, runs: runs.toSorted((a, b) => b.size - a.size).slice(0, 1) };
}

function largest({ rooms: [first] }: Disk): number {
  return first === undefined ? 0 : sizeOf(first);
}

// A partition is a directory in that of its disk; what device-mapper and md make has its devices in `slaves`.
async function below(device: string, depth = 0): Promise<readonly string[]> {
  const entries = await readdir(device).catch((): readonly string[] => []);
  if (entries.includes('partition')) return below(dirname(device), depth + 1);
  const slaves = await readdir(join(device, 'slaves')).catch((): readonly string[] => []);
  if (slaves.length === 0 || depth > deepest) return [basename(device)];
  const found = await Promise.all(
    slaves.map(async (slave) => {
      const path = await realpath(join(device, 'slaves', slave)).catch(() => null);
      return path === null ? [slave] : below(path, depth + 1);
    }),
  );
  return [...new Set(found.flat())];
}

const deepest = 16;
