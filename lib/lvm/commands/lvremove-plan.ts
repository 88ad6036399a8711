import type { LvRow } from '../columns/lv.ts';
import { groupOf, type LvmState } from '../state.ts';

/** A volume that goes with others that are removed. */
export interface Dependent {
  readonly row: LvRow;
  /** Whether it goes as a snapshot of its origin, not as a volume of its pool or a copy of what is read through it. */
  readonly snapshot: boolean;
}

/**
 * Which volumes go with those that are named, `vg/lv` each, and are not named themselves: snapshots of an origin, the
 * volumes of a pool, those that read through an external origin, a tracked image, and a VDO pool with its last volume
 * (lib/metadata/lv_manip.c, lv_remove_with_dependencies). Hidden parts of a volume are not among them.
 */
export function removalPlan(state: LvmState, names: readonly string[]): readonly Dependent[] {
  const plan = new Map<string, Dependent>();
  const gone = new Set(names);
  for (const name of gone) {
    const [vg = '', lv = ''] = name.split('/');
    const all = groupOf(state, vg)?.lvs ?? [];
    const self = all.find((row) => row.name === lv);
    if (self === undefined) continue;
    for (const row of [...all.filter((one) => goesWith(one, self, all)), ...emptyPool(self, all, gone)]) {
      if (gone.has(fullName(row))) continue;
      gone.add(fullName(row));
      plan.set(fullName(row), { row, snapshot: row.role.includes('thicksnapshot') && row.origin === lv });
    }
  }
  return [...plan.values()];
}

function goesWith(row: LvRow, self: LvRow, all: readonly LvRow[]): boolean {
  if (row.role.includes('thicksnapshot')) return row.origin === self.name;
  if (row.poolLv === self.name) return !row.layout.includes('cache');
  // A tracked image is visible, and lvm names no parent of it.
  if (row.role.includes('image') && !row.hidden)
    return row.name.startsWith(`${self.name}_rimage_`) && /_\d+$/.test(row.name);
  if (row.origin !== self.name || !row.layout.includes('thin')) return false;
  // A thin snapshot stays without its origin, unless it is to replace it.
  return !isThinOf(self, row.poolLv, all) || (row.merging === true && row.hidden);
}

function isThinOf(self: LvRow, pool: string | null, all: readonly LvRow[]): boolean {
  return self.poolLv === pool && all.some(({ name, layout }) => name === pool && layout.includes('thin'));
}

function emptyPool(self: LvRow, all: readonly LvRow[], gone: ReadonlySet<string>): readonly LvRow[] {
  if (!self.layout.includes('vdo') || self.poolLv === null) return [];
  const used = all.some((row) => row.poolLv === self.poolLv && !gone.has(fullName(row)));
  return used ? [] : all.filter(({ name }) => name === self.poolLv);
}

function fullName({ vgName, name }: LvRow): string {
  return `${vgName}/${name}`;
}
