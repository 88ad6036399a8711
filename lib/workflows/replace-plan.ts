import type { LvRow } from '../lvm/columns/lv.ts';
import type { GroupState } from '../lvm/state.ts';
import type { Damage, DamagedMirror } from './degraded.ts';
import { extentsOf, imagesIn, type MirrorImage, pvsOf } from './degraded-parts.ts';
import { logRange } from './replace-log.ts';
import { type MirrorNote, noteTag, noteTags, parseNote } from './replace-note.ts';
import type { Spare } from './spare.ts';
import { type Need, type Place, placeAll, type Shortage } from './spare-place.ts';

/** Something that is done to one volume, `vg/lv`. */
export type Repair =
  /** lvm replaces what is on missing disks; `devices` null: it chooses where, as it takes no list then. */
  | { readonly kind: 'repair'; readonly volume: string; readonly devices: readonly string[] | null }
  /** RAID: images are moved off disks that are there. */
  | {
      readonly kind: 'replace';
      readonly volume: string;
      readonly replace: readonly string[];
      readonly devices: readonly string[];
    }
  /** dm-mirror: the images on disks that are there are dropped. */
  | {
      readonly kind: 'drop';
      readonly volume: string;
      readonly mirrors: number;
      readonly devices: readonly string[];
    }
  /** dm-mirror: the log goes from a disk that is there into memory. */
  | { readonly kind: 'drop-log'; readonly volume: string }
  | {
      readonly kind: 'remirror';
      readonly volume: string;
      readonly mirrors: number;
      readonly log: 'core' | 'disk';
      readonly devices: readonly string[];
    }
  | { readonly kind: 'relog'; readonly volume: string; readonly devices: readonly string[] };

/** What is done to the mirrors and RAID volumes of a group, in order. */
export interface Repairs {
  /** Before the disks are taken out. */
  readonly before: readonly Repair[];
  /** After that. */
  readonly after: readonly Repair[];
  /** Tags that volumes get first. */
  readonly notes: readonly { readonly volume: string; readonly tag: string }[];
  /** Tags that volumes lose at the end, those that an earlier run has left too. */
  readonly forget: readonly { readonly volume: string; readonly tags: readonly string[] }[];
}

/** Which disks are gone, and which are there but bad: uuids of PVs. */
export interface BadDisks {
  readonly missing: ReadonlySet<string>;
  readonly failing: ReadonlySet<string>;
}

/** Decides how each damaged mirror and RAID volume gets its copies back, and what an earlier run has left to do. Pure. */
export function planRepairs(
  group: GroupState,
  damage: Damage,
  bad: BadDisks,
  spares: readonly Spare[],
): Repairs | { readonly shortage: Shortage } {
  const mirrors = damage.mirrors.toSorted((a, b) => rank(a) - rank(b));
  const works = [
    ...mirrors.map((mirror) => workOf(group, mirror, bad)),
    ...unfinished(group, damage).map(({ row, note }) => leftWork(group, row, note)),
  ];
  const placed = placeAll(
    works.flatMap(({ need }) => (need === null ? [] : [need])),
    spares,
  );
  if ('shortage' in placed) return placed;
  const repairs = works.map((work) => repairsOf(group, work, placed.places.get(work.row.fullName)));
  return {
    before: repairs.flatMap(({ before }) => before),
    after: repairs.flatMap(({ after }) => after),
    notes: works.flatMap(({ row, note }) =>
      note === null || noteTags(row.tags).length > 0 ? [] : [{ volume: row.fullName, tag: noteTag(note) }],
    ),
    forget: forgotten(group, works, untouchable(damage)),
  };
}

// Writers of a dm-mirror that has lost a leg wait until it is repaired; those of a RAID do not.
function rank({ row }: DamagedMirror): number {
  return row.segtype === 'mirror' ? 0 : 1;
}

interface Work {
  readonly row: LvRow;
  readonly mirror: DamagedMirror | null;
  /** What it is to be again; null for RAID, where lvm's own metadata tells. */
  readonly note: MirrorNote | null;
  readonly onMissing: readonly MirrorImage[];
  readonly onFailing: readonly MirrorImage[];
  readonly logOn: 'missing' | 'failing' | null;
  readonly failing: ReadonlySet<string>;
  readonly need: Need | null;
}

function workOf(group: GroupState, mirror: DamagedMirror, { missing, failing }: BadDisks): Work {
  const { row, lost, images, lostLog } = mirror;
  const isFailing = (lv: LvRow): boolean =>
    pvsOf(group, lv).some((uuid) => failing.has(uuid)) && !pvsOf(group, lv).some((uuid) => missing.has(uuid));
  const onFailing = lost.filter(({ parts }) => parts.some(isFailing));
  const log = group.lvs.find(({ name }) => name === row.mirrorLog);
  const good = images.filter((image) => !lost.includes(image));
  const isMirror = row.segtype === 'mirror';
  const extents = Math.max(
    ...images.map(({ parts }) => parts.reduce((sum, lv) => sum + extentsOf(group, lv), 0)),
  );
  const known = isMirror ? (row.tags.map(parseNote).find((note) => note !== null) ?? null) : null;
  const logPv = log === undefined || lostLog ? null : (pvsOf(group, log)[0] ?? null);
  const now: MirrorNote = { images: images.length, log: log === undefined ? 'core' : 'disk', logPv };
  const note = isMirror ? { ...now, ...known, images: Math.max(images.length, known?.images ?? 0) } : null;
  const wanted = Math.max(lost.length, note === null ? 0 : note.images - good.length);
  return {
    row,
    mirror,
    note,
    onMissing: lost.filter((image) => !onFailing.includes(image)),
    onFailing,
    logOn: !lostLog || log === undefined ? null : isFailing(log) ? 'failing' : 'missing',
    failing,
    need: {
      name: row.fullName,
      images: wanted,
      extents,
      log: lostLog && log !== undefined ? Math.max(1, extentsOf(group, log)) : 0,
      avoid: pathsOf(
        group,
        good.flatMap(({ parts }) => parts),
      ),
      spareLog: pathOf(group, note?.logPv ?? null),
    },
  };
}

// What was a mirror, and is not what it was: a run that was killed has dropped its images.
function unfinished(group: GroupState, damage: Damage) {
  const others = new Set([...damage.mirrors.map(({ row }) => row.fullName), ...untouchable(damage)]);
  return group.lvs.flatMap((row) => {
    const note = row.tags.map(parseNote).find((one) => one !== null) ?? null;
    return note === null || others.has(row.fullName) ? [] : [{ row, note }];
  });
}

// What is destroyed, or stays as it is with its note.
function untouchable({ lost, blocked }: Damage): ReadonlySet<string> {
  return new Set([...lost.map(({ row }) => row.fullName), ...blocked.map(({ name }) => name)]);
}

function leftWork(group: GroupState, row: LvRow, note: MirrorNote): Work {
  const common = {
    row,
    mirror: null,
    note,
    onMissing: [],
    onFailing: [],
    logOn: null,
    failing: new Set<string>(),
  };
  const isOurs = row.segtype === 'mirror' || row.segtype === 'linear' || row.segtype === 'striped';
  const images = imagesIn(group, row);
  const count = Math.max(1, images.length);
  const lacksLog = note.log === 'disk' && row.mirrorLog === null;
  if (!isOurs || row.converting === true || (count >= note.images && !lacksLog))
    return { ...common, need: null };
  const parts = images.length === 0 ? [row] : images.flatMap((image) => image.parts);
  const extents = Number((row.size + group.vg.extentSize - 1n) / group.vg.extentSize);
  const hasPlace = logRange(group, note.logPv, null) !== null;
  return {
    ...common,
    need: {
      name: row.fullName,
      images: Math.max(0, note.images - count),
      extents,
      log: lacksLog && !hasPlace ? 1 : 0,
      avoid: pathsOf(group, parts),
      spareLog: pathOf(group, note.logPv),
    },
  };
}

function repairsOf(
  group: GroupState,
  work: Work,
  place: Place | undefined,
): { readonly before: readonly Repair[]; readonly after: readonly Repair[] } {
  const { row, mirror, note, onMissing, onFailing, logOn, failing } = work;
  const volume = row.fullName;
  const images = place?.images ?? [];
  const log = group.lvs.find(({ name }) => name === row.mirrorLog) ?? null;
  const ownLog = note?.log === 'disk' ? logRange(group, note.logPv, log) : null;
  const logDevices = [ownLog ?? place?.log].flatMap((path) => path ?? []);
  const before: Repair[] = [];
  if (onMissing.length > 0 || logOn === 'missing') {
    const paths = [...images.slice(0, onMissing.length).flat(), ...logDevices];
    before.push({ kind: 'repair', volume, devices: mirror?.hasErrorImages === true ? null : unique(paths) });
  }
  const rest = images.slice(onMissing.length);
  const bad = group.pvs.flatMap(({ uuid, name }) => (name !== null && failing.has(uuid ?? '') ? [name] : []));
  const isMirror = note !== null;
  if (onFailing.length > 0 && !isMirror) {
    const parts = onFailing.flatMap(({ parts: lvs }) => lvs);
    const replace = bad.filter((path) => pathsOf(group, parts).has(path));
    before.push({ kind: 'replace', volume, replace, devices: unique(rest.flat()) });
  }
  const left = (mirror?.images.length ?? 1) - onFailing.length;
  if (onFailing.length > 0 && isMirror) {
    const parts = onFailing.flatMap(({ parts: lvs }) => lvs);
    const devices = bad.filter((path) => pathsOf(group, parts).has(path));
    before.push({ kind: 'drop', volume, mirrors: left - 1, devices });
  }
  if (logOn === 'failing' && left > 1) before.push({ kind: 'drop-log', volume });
  const devices = unique([...rest.flat(), ...logDevices]);
  if (note === null || place === undefined) return { before, after: [] };
  if (rest.length > 0)
    return {
      before,
      after: [{ kind: 'remirror', volume, mirrors: note.images - 1, log: note.log, devices }],
    };
  const lacksLog = logOn === 'failing' || (mirror === null && note.log === 'disk' && row.mirrorLog === null);
  return { before, after: lacksLog ? [{ kind: 'relog', volume, devices }] : [] };
}

function forgotten(
  group: GroupState,
  works: readonly Work[],
  others: ReadonlySet<string>,
): Repairs['forget'] {
  const fresh = new Map(
    works.flatMap(({ row, note }) => (note === null ? [] : [[row.name, noteTag(note)] as const])),
  );
  return group.lvs.flatMap((row) => {
    const old = noteTags(row.tags);
    const tag = fresh.get(row.name);
    const tags = old.length > 0 ? old : tag === undefined ? [] : [tag];
    return tags.length === 0 || others.has(row.fullName) ? [] : [{ volume: row.fullName, tags }];
  });
}

function pathsOf(group: GroupState, lvs: readonly LvRow[]): ReadonlySet<string> {
  const uuids = new Set(lvs.flatMap((lv) => pvsOf(group, lv)));
  return new Set(
    group.pvs.flatMap(({ uuid, name }) => (name !== null && uuids.has(uuid ?? '') ? [name] : [])),
  );
}

function pathOf(group: GroupState, uuid: string | null): string | null {
  return group.pvs.find((pv) => uuid !== null && pv.uuid === uuid)?.name ?? null;
}

function unique(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)];
}
