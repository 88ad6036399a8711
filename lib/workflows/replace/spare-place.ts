import { type Bases, sharesDisk } from '../mirror/placement-disks.ts';
import type { Spare } from './spare.ts';

/** What a volume needs anew. */
export interface Need {
  /** `vg/lv`. */
  readonly name: string;
  /** Copies, each of which goes on disks of its own. */
  readonly images: number;
  /** Extents of each, its metadata included. */
  readonly extents: number;
  /** Extents of a new log; 0 if it needs none. */
  readonly log: number;
  /** Paths of disks that have a copy already. */
  readonly avoid: ReadonlySet<string>;
  /** Path of a disk that is to have no copy if there is another: its log is there. */
  readonly spareLog: string | null;
}

/** Where a volume's new copies and log go. */
export interface Place {
  /** For each copy the paths of its disks. */
  readonly images: readonly (readonly string[])[];
  /** Path of the disk of the log; null if it needs none. */
  readonly log: string | null;
}

/** What does not fit. */
export interface Shortage {
  readonly need: Need;
  /** Disks that could take a copy but for their size, the emptiest first, with what was left on them. */
  readonly candidates: readonly Spare[];
}

/**
 * Finds a place for all of these, the largest first. Partitions of one disk (see {@link basesOf}) never get two copies of
 * a volume. Pure.
 */
export function placeAll(
  needs: readonly Need[],
  spares: readonly Spare[],
  bases: Bases = new Map(),
): { readonly places: ReadonlyMap<string, Place> } | { readonly shortage: Shortage } {
  const free = new Map(spares.map((spare) => [spare.path, spare.free]));
  const take = (path: string, extents: number): void => {
    free.set(path, (free.get(path) ?? 0) - extents);
  };
  const places = new Map<string, Place>();
  for (const need of needs.toSorted((a, b) => b.extents - a.extents)) {
    const images: (readonly string[])[] = [];
    for (let count = 0; count < need.images; count++) {
      const taken = [...need.avoid, ...images.flat()];
      const candidates = left(spares, free).filter(({ path }) => !sharesDisk(bases, path, taken));
      const found = imagePlace(need, candidates, need.images === 1);
      if (found === null) return { shortage: { need, candidates } };
      for (const { path, extents } of found) take(path, extents);
      images.push(found.map(({ path }) => path));
    }
    const legs = [...need.avoid, ...images.flat()];
    const isWithLeg = ({ path }: Spare): number => Number(sharesDisk(bases, path, legs));
    const apart = left(spares, free).toSorted((a, b) => isWithLeg(a) - isWithLeg(b));
    const log = need.log === 0 ? undefined : apart.find((spare) => spare.free >= need.log);
    if (need.log > 0 && log === undefined) return { shortage: { need, candidates: apart } };
    if (log !== undefined) take(log.path, need.log);
    places.set(need.name, { images, log: log?.path ?? null });
  }
  return { places };
}

interface Piece {
  readonly path: string;
  readonly extents: number;
}

function imagePlace(need: Need, candidates: readonly Spare[], mayJoin: boolean): readonly Piece[] | null {
  const ordered = candidates.toSorted(
    (a, b) => Number(a.path === need.spareLog) - Number(b.path === need.spareLog),
  );
  const whole = ordered.find(({ free }) => free >= need.extents);
  if (whole !== undefined) return [{ path: whole.path, extents: need.extents }];
  if (!mayJoin) return null;
  const pieces: Piece[] = [];
  let wanted = need.extents;
  for (const { path, free } of ordered) {
    if (wanted === 0 || free === 0) continue;
    const extents = Math.min(free, wanted);
    pieces.push({ path, extents });
    wanted -= extents;
  }
  return wanted === 0 ? pieces : null;
}

function left(spares: readonly Spare[], free: ReadonlyMap<string, number>): readonly Spare[] {
  return spares
    .map((spare) => ({ ...spare, free: free.get(spare.path) ?? 0 }))
    .toSorted((a, b) => b.free - a.free);
}
