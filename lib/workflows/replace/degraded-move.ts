import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState } from '../../lvm/state.ts';
import { componentsOf, imagesIn, partsOf, pvsOf, visibleOf } from './degraded-parts.ts';

/** The uuid of the PV that a pvmove moves from, which has what it is at; null of any other LV. Pure. */
export function moveSource({ name, movePvUuid }: Pick<LvRow, 'name' | 'movePvUuid'>): string | null {
  return name.startsWith('pvmove') ? movePvUuid : null;
}

/** The hidden LVs of the pvmoves under way that have lost a disk that they move to. Pure. */
export function brokenMoves(group: GroupState, failed: ReadonlySet<string>): readonly LvRow[] {
  return group.lvs.filter((row) => {
    const source = moveSource(row);
    const pvs = [row, ...partsOf(group, row)].flatMap((part) => pvsOf(group, part));
    return source !== null && !failed.has(source) && pvs.some((uuid) => failed.has(uuid));
  });
}

/** Why a pvmove that has lost its destination is in the way, and what to do about it. Pure. */
export function whyMoving(group: GroupState, row: LvRow): string {
  const moved = group.lvs
    .filter((lv) => componentsOf(group, lv).includes(row))
    .map((lv) => visibleOf(group, lv).fullName);
  const isAtomic = imagesIn(group, row).some(({ parts }) => parts.length > 0);
  // "pvmove --abort" changes nothing while a disk is missing, and of an atomic one nothing does (lvm 2.03.16).
  const next = isAtomic
    ? `lvm ends an atomic one only when that disk is back: then "pvmove --abort ${row.movePv}"`
    : `end it with "lvm lvpoll --polloperation pvmove --abort --handlemissingpvs ${row.fullName}"`;
  return `it moves ${[...new Set(moved)].join(', ')}, has lost a disk that it moves to, and ${row.movePv} has still what was not moved; ${next}`;
}
