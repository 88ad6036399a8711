/** Some extents in a row on a PV. */
export interface Run {
  readonly start: number;
  readonly size: number;
}

/** What is to be had on one PV. */
export interface Room {
  /** Path of its device, as lvm names it. */
  readonly device: string;
  /** In the order of their starts. */
  readonly runs: readonly Run[];
}

/** A disk, or what would be lost with it: one PV, or several that are partitions of it or stand on it otherwise. */
export interface Disk {
  /** What it is known by: kernel names such as `sdb`. */
  readonly name: string;
  readonly rooms: readonly Room[];
}

/** What room is looked for. */
export interface Need {
  /** How many legs, no two of them on one disk. */
  readonly legs: number;
  /** Extents of each, its metadata included. */
  readonly extents: number;
  /** Extents of the log, on one PV; 0 for none. */
  readonly logExtents: number;
  /** The PV that the log has to be on. */
  readonly logDevice?: string | undefined;
  /** Names of disks that a copy is on already, where no new leg goes. */
  readonly taken?: readonly string[] | undefined;
}

/** Where everything goes. */
export interface Placement {
  /** For each leg the extents that it gets, on one PV if there is one that has them all. */
  readonly legs: readonly (readonly Room[])[];
  /** Null if there is none. */
  readonly log: Room | null;
  /** Whether the log is on a disk of a leg, so that both are lost together. */
  readonly logIsShared: boolean;
}

/**
 * Finds places for new legs, and for a log on any of `logDisks`, a disk without a leg if there is one. Disks are taken
 * in their order; null if there is no room. Pure, as lvm's own choice would not keep legs apart that are on several PVs.
 */
export function place(all: readonly Disk[], logDisks: readonly Disk[], need: Need): Placement | null {
  const { taken: before = [] } = need;
  const disks = all.filter(({ name }) => !before.includes(name));
  const sets = wholeSets(disks, need) ?? spreadSets(disks, need);
  if (sets === null) return null;
  const taken = sets.map(({ rooms }) => take(rooms, need.extents));
  const legs = taken.map(({ used }) => used);
  if (need.logExtents === 0) return { legs, log: null, logIsShared: false };
  const used = new Set(sets.flatMap(({ of }) => of.map(({ name }) => name)));
  const left = new Map(taken.flatMap((one) => one.left).map((room) => [room.device, room]));
  const logAmong = (isWanted: (name: string) => boolean): Room | null => {
    const rooms = logDisks.filter(({ name }) => isWanted(name)).flatMap((disk) => disk.rooms);
    return logOn(
      rooms.map((room) => left.get(room.device) ?? room),
      need,
    );
  };
  const own = logAmong((name) => !used.has(name) && !before.includes(name));
  const log = own ?? logAmong((name) => used.has(name)) ?? logAmong((name) => before.includes(name));
  return log === null ? null : { legs, log, logIsShared: own === null };
}

/** All extents of a room. */
export function sizeOf({ runs }: Room): number {
  return runs.reduce((sum, { size }) => sum + size, 0);
}

/** A room as lvm takes it behind a command: `/dev/sdb:0-9:20-24`. */
export function rangesOf({ device, runs }: Room): string {
  return device + runs.map(({ start, size }) => `:${start}-${start + size - 1}`).join('');
}

interface DiskSet {
  readonly of: readonly Disk[];
  readonly rooms: readonly Room[];
}

// One PV for each leg, the first of a disk that has the room.
function wholeSets(disks: readonly Disk[], { legs, extents }: Need): readonly DiskSet[] | null {
  const sets = disks.flatMap((disk) => {
    const room = disk.rooms.find((one) => sizeOf(one) >= extents);
    return room === undefined ? [] : [{ of: [disk], rooms: [room] }];
  });
  return sets.length < legs ? null : sets.slice(0, legs);
}

// Several PVs for a leg: the largest disks first, each given to the legs in turn, until all have enough.
function spreadSets(disks: readonly Disk[], { legs, extents }: Need): readonly DiskSet[] | null {
  const sorted = disks.toSorted((a, b) => freeOf(b) - freeOf(a)).slice(0, mostDisks);
  const rest = sorted.map((_, index) => sorted.slice(index).reduce((sum, disk) => sum + freeOf(disk), 0));
  let steps = 0;
  const fill = (index: number, sets: readonly (readonly Disk[])[]): readonly (readonly Disk[])[] | null => {
    const missing = sets.map((set) =>
      Math.max(0, extents - set.reduce((sum, disk) => sum + freeOf(disk), 0)),
    );
    const lack = missing.reduce((sum, one) => sum + one, 0);
    if (lack === 0) return sets;
    const disk = sorted[index];
    if (disk === undefined || (rest[index] ?? 0) < lack || ++steps > mostSteps) return null;
    const tried = new Set<number>();
    for (const [leg, one] of missing.entries()) {
      // Legs that miss as much are the same to what follows.
      if (one === 0 || tried.has(one)) continue;
      tried.add(one);
      const found = fill(index + 1, sets.with(leg, [...(sets[leg] ?? []), disk]));
      if (found !== null) return found;
    }
    return null;
  };
  const found = fill(
    0,
    Array.from({ length: legs }, () => []),
  );
  return found?.map((of) => ({ of, rooms: of.flatMap(({ rooms }) => rooms) })) ?? null;
}

const mostDisks = 64;
// There are exponentially many ways to share disks out; a group that needs more steps than this is refused.
const mostSteps = 20_000;

function freeOf({ rooms }: Disk): number {
  return rooms.reduce((sum, room) => sum + sizeOf(room), 0);
}

function logOn(rooms: readonly Room[], { logExtents, logDevice }: Need): Room | null {
  for (const { device, runs } of rooms) {
    if (logDevice !== undefined && device !== logDevice) continue;
    const run = runs.find(({ size }) => size >= logExtents);
    if (run !== undefined) return { device, runs: [{ start: run.start, size: logExtents }] };
  }
  return null;
}

function take(
  rooms: readonly Room[],
  extents: number,
): { readonly used: readonly Room[]; readonly left: readonly Room[] } {
  const used: Room[] = [];
  const left: Room[] = [];
  let missing = extents;
  for (const { device, runs } of rooms) {
    const here = runs.map(({ start, size }) => {
      const taken = Math.min(size, missing);
      missing -= taken;
      return { taken: { start, size: taken }, rest: { start: start + taken, size: size - taken } };
    });
    const some = (list: readonly Run[]): readonly Run[] => list.filter(({ size }) => size > 0);
    used.push({ device, runs: some(here.map(({ taken }) => taken)) });
    left.push({ device, runs: some(here.map(({ rest }) => rest)) });
  }
  return { used: used.filter(({ runs }) => runs.length > 0), left };
}
