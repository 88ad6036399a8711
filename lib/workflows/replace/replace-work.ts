import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState } from '../../lvm/state.ts';
import type { Damage, DamagedMirror } from './degraded.ts';
import { extentsOf, imagesIn, type MirrorImage, pathsOf, pvsOf, visibleOf } from './degraded-parts.ts';
import { logRange } from './replace-log.ts';
import { type MirrorNote, parseNote } from './replace-note.ts';
import type { Need } from './spare-place.ts';

/** Which disks are gone, and which are there but bad: uuids of PVs. */
export interface BadDisks {
  readonly missing: ReadonlySet<string>;
  readonly failing: ReadonlySet<string>;
}

/** What one mirror or RAID volume needs. */
export interface Work {
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

/** What a damaged mirror needs. Pure. */
export function workOf(group: GroupState, mirror: DamagedMirror, { missing, failing }: BadDisks): Work {
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

/** What was a mirror, and may not be what it was: a run that was killed has dropped its images. Pure. */
export function unfinished(
  group: GroupState,
  damage: Damage,
): readonly { readonly row: LvRow; readonly note: MirrorNote }[] {
  const others = new Set([...damage.mirrors.map(({ row }) => row.fullName), ...untouchable(group, damage)]);
  return group.lvs.flatMap((row) => {
    const note = row.tags.map(parseNote).find((one) => one !== null) ?? null;
    return note === null || others.has(row.fullName) ? [] : [{ row, note }];
  });
}

/** What is destroyed, or stays as it is with its note, the hidden parts of both too: `vg/lv`. Pure. */
export function untouchable(group: GroupState, { lost, blocked }: Damage): ReadonlySet<string> {
  const names = new Set([...lost.map(({ row }) => row.fullName), ...blocked.map(({ name }) => name)]);
  const isOf = (row: LvRow): boolean => names.has(row.fullName) || names.has(visibleOf(group, row).fullName);
  return new Set(group.lvs.filter(isOf).map(({ fullName }) => fullName));
}

/** What is left to do for a volume with a note that has lost nothing now. Pure. */
export function leftWork(group: GroupState, row: LvRow, note: MirrorNote): Work {
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

function pathOf(group: GroupState, uuid: string | null): string | null {
  return group.pvs.find((pv) => uuid !== null && pv.uuid === uuid)?.name ?? null;
}
