import type { LvRow } from '../../lvm/columns/lv.ts';
import { isRaid } from '../../lvm/commands/lvconvert-images.ts';
import type { GroupState } from '../../lvm/state.ts';

/** One copy of a mirror, or one device of a RAID. */
export interface MirrorImage {
  /** Its place in the table, from 0. */
  readonly index: number;
  /**
   * The volume that holds its data, then the one with its metadata, if it has one, then what either stands on if it has
   * integrity.
   */
  readonly parts: readonly LvRow[];
}

/** The uuids of the PVs that an LV's own extents are on; none of one that stands on other LVs. */
export function pvsOf(group: GroupState, { uuid }: LvRow): readonly string[] {
  return [...new Set(group.pvSegs.flatMap((run) => (run.lvUuid === uuid ? [run.pvUuid] : [])))];
}

/** The paths of the disks that these LVs' own extents are on; a missing disk has none. */
export function pathsOf(group: GroupState, lvs: readonly LvRow[]): ReadonlySet<string> {
  const uuids = new Set(lvs.flatMap((lv) => pvsOf(group, lv)));
  return new Set(
    group.pvs.flatMap(({ uuid, name }) => (name !== null && uuids.has(uuid ?? '') ? [name] : [])),
  );
}

/** Extents of an LV on PVs. */
export function extentsOf(group: GroupState, { uuid }: LvRow): number {
  return group.pvSegs.reduce((sum, run) => (run.lvUuid === uuid ? sum + run.size : sum), 0);
}

/** The images of a mirror or RAID, in the kernel's order; none of any other volume. */
export function imagesIn(group: GroupState, row: LvRow): readonly MirrorImage[] {
  const segment = group.segs.find(({ lvUuid }) => lvUuid === row.uuid);
  if (segment === undefined || (segment.segtype !== 'mirror' && !isRaid(segment.segtype))) return [];
  return segment.devices.map(({ name }, index) => {
    const parts = [name, segment.metadataDevices[index]?.name].flatMap((part) => named(group, part) ?? []);
    const below = parts.flatMap((part) => (part.segtype === 'integrity' ? componentsOf(group, part) : []));
    return { index, parts: [...parts, ...below] };
  });
}

/** Whether the data is there without these images. Pure. */
export function toleratesLoss(
  segtype: string,
  images: readonly MirrorImage[],
  lost: readonly MirrorImage[],
): boolean {
  if (lost.length === 0) return true;
  if (segtype === 'mirror' || segtype === 'raid1') return lost.length < images.length;
  if (segtype.startsWith('raid10')) {
    // raid10_near with two copies, the only layout that lvm makes: images 0 and 1 hold the same, 2 and 3, and so on.
    const pairs = lost.map(({ index }) => Math.floor(index / 2));
    return new Set(pairs).size === pairs.length;
  }
  if (segtype.startsWith('raid6')) return lost.length <= 2;
  return /^raid[45]/.test(segtype) && lost.length <= 1;
}

/** The LVs that an LV stands on: its parts, its pool, and the origin of a snapshot, or an external one. */
export function componentsOf(group: GroupState, row: LvRow): readonly LvRow[] {
  const places = group.segs
    .filter(({ lvUuid }) => lvUuid === row.uuid)
    .flatMap(({ devices, metadataDevices }) => [...devices, ...metadataDevices]);
  const origin = readsOrigin(group, row) ? row.origin : null;
  // lvm names it nowhere.
  const integrity = row.segtype === 'integrity' ? `${row.name}_imeta` : null;
  const names = new Set([
    ...places.map(({ name }) => name),
    ...[row.mirrorLog, row.dataLv, row.metadataLv, row.poolLv, origin, integrity],
  ]);
  return group.lvs.filter(({ name, uuid }) => names.has(name) && uuid !== row.uuid);
}

/** What an LV is made of; with `all` also what it only refers to: its pool, its origin. */
export function partsOf(group: GroupState, row: LvRow, which: 'hidden' | 'all' = 'hidden'): readonly LvRow[] {
  const seen = new Set<LvRow>();
  const visit = (one: LvRow): void => {
    for (const part of componentsOf(group, one)) {
      if (seen.has(part) || (which === 'hidden' && !part.hidden)) continue;
      seen.add(part);
      visit(part);
    }
  };
  visit(row);
  return [...seen];
}

/** Whether an LV is only errors, as `vgreduce --removemissing` leaves of a RAID image. */
export function errorSegment(group: GroupState, { uuid }: LvRow): boolean {
  return group.segs.some(({ lvUuid, segtype }) => lvUuid === uuid && segtype === 'error');
}

/** The visible volume that a hidden one is a part of; itself if it is visible. */
export function visibleOf(group: GroupState, row: LvRow): LvRow {
  let found = row;
  // No report nests deeper, whatever it says.
  for (let depth = 0; found.hidden && depth < 10; depth++) {
    const above =
      named(group, found.parent) ?? group.lvs.find((lv) => componentsOf(group, lv).includes(found));
    if (above === undefined) break;
    found = above;
  }
  return found;
}

/** Hidden or visible volumes by the visible ones, `vg/lv`, that they are parts of, with what is named to lvm to refresh those. Pure. */
export function byVisible<T extends { readonly row: LvRow }>(
  group: GroupState,
  found: readonly T[],
): readonly { readonly volume: string; readonly refresh: string; readonly own: readonly T[] }[] {
  return group.lvs.flatMap((row) => {
    const own = found.filter((one) => visibleOf(group, one.row) === row);
    return own.length === 0 ? [] : [{ volume: row.fullName, refresh: activeOf(group, row).fullName, own }];
  });
}

/**
 * What is named to lvm to refresh a visible volume: a pool is active for its volumes while lvm counts it as inactive, and
 * refreshes it with each of them only. Pure.
 */
export function activeOf({ lvs }: GroupState, row: LvRow): LvRow {
  if (row.active !== false) return row;
  return lvs.find((lv) => lv.poolLv === row.name && !lv.hidden && lv.active === true) ?? row;
}

// A thin volume whose origin is in its own pool has its own references to the blocks there.
function readsOrigin(group: GroupState, row: LvRow): boolean {
  if (row.role.includes('thicksnapshot')) return true;
  return row.segtype === 'thin' && named(group, row.origin)?.poolLv !== row.poolLv;
}

function named(group: GroupState, name: string | null | undefined): LvRow | undefined {
  return name === null || name === undefined ? undefined : group.lvs.find((lv) => lv.name === name);
}
