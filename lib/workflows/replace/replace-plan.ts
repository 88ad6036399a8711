import type { GroupState } from '../../lvm/state.ts';
import { fillingIn, fillingTags } from '../mirror/filling.ts';
import type { Bases } from '../mirror/placement-disks.ts';
import type { Damage, DamagedMirror } from './degraded.ts';
import { imagesIn, pvsOf } from './degraded-parts.ts';
import { noteTag, noteTags } from './replace-note.ts';
import { type Repair, repairsOf } from './replace-repairs.ts';
import { type BadDisks, leftWork, unfinished, untouchable, type Work, workOf } from './replace-work.ts';
import type { Spare } from './spare.ts';
import { placeAll, type Shortage } from './spare-place.ts';

/** What is done to the mirrors and RAID volumes of a group, in order. */
export interface Repairs {
  /** Before the disks are taken out. */
  readonly before: readonly Repair[];
  /** After that. */
  readonly after: readonly Repair[];
  /** Tags that volumes get first. */
  readonly notes: readonly { readonly volume: string; readonly tags: readonly string[] }[];
  /** Tags that volumes lose at the end, those that an earlier run has left too. */
  readonly forget: readonly { readonly volume: string; readonly tags: readonly string[] }[];
}

/**
 * Decides how each damaged mirror and RAID volume gets its copies back, and what an earlier run has left to do. Throws a
 * `Refusal` if lvm cannot be told which copy to drop. Pure.
 */
export function planRepairs(
  group: GroupState,
  damage: Damage,
  bad: BadDisks,
  spares: readonly Spare[],
  bases: Bases = new Map(),
): Repairs | { readonly shortage: Shortage } {
  const mirrors = damage.mirrors.toSorted((a, b) => rank(a) - rank(b));
  const works = [
    ...mirrors.map((mirror) => workOf(group, mirror, bad)),
    ...unfinished(group, damage).map(({ row, note }) => leftWork(group, row, note)),
  ];
  const placed = placeAll(
    works.flatMap(({ need }) => (need === null ? [] : [need])),
    spares,
    bases,
  );
  if ('shortage' in placed) return placed;
  const repairs = works.map((work) => repairsOf(group, work, placed.places.get(work.row.fullName)));
  return {
    before: repairs.flatMap(({ before }) => before),
    after: repairs.flatMap(({ after }) => after),
    notes: works.flatMap((work) => {
      const tags = freshTags(group, work).filter((tag) => !work.row.tags.includes(tag));
      return tags.length === 0 ? [] : [{ volume: work.row.fullName, tags }];
    }),
    forget: forgotten(group, works, untouchable(group, damage)),
  };
}

// What it is to be again, unless an earlier run has noted that, and where the copy is that new ones are filled from.
function freshTags(group: GroupState, { row, mirror, note, need }: Work): readonly string[] {
  if (note === null) return [];
  const noted = noteTags(row.tags).length > 0 ? [] : [noteTag(note)];
  if ((need?.images ?? 0) === 0) return noted;
  const lost = new Set(mirror?.lost.map(({ index }) => index));
  const source = imagesIn(group, row).find(({ index }) => !lost.has(index))?.parts ?? [row];
  return [...noted, ...fillingTags(source.flatMap((part) => pvsOf(group, part)))];
}

// Writers of a dm-mirror that has lost a leg wait until it is repaired; those of a RAID do not.
function rank({ row }: DamagedMirror): number {
  return row.segtype === 'mirror' ? 0 : 1;
}

function forgotten(
  group: GroupState,
  works: readonly Work[],
  others: ReadonlySet<string>,
): Repairs['forget'] {
  const fresh = new Map(works.map((work) => [work.row.name, freshTags(group, work)] as const));
  return group.lvs.flatMap((row) => {
    const tags = [...noteTags(row.tags), ...(fresh.get(row.name) ?? []), ...fillingIn(row.tags)];
    if (tags.length === 0 || others.has(row.fullName)) return [];
    return [{ volume: row.fullName, tags: [...new Set(tags)] }];
  });
}
