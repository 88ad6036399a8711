import type { LvRow } from '../../lvm/columns/lv.ts';
import { type GroupState, groupOf, type LvmState, volumeOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { requireVolumeIn } from '../lvm-step.ts';

/** A snapshot that goes back into its origin, and how far that is. */
export interface Pair {
  /** `vg/lv` of the snapshot. */
  readonly snapshot: string;
  /** `vg/lv` of its origin. */
  readonly origin: string;
  readonly originRow: LvRow;
  /** Null if the snapshot is gone. */
  readonly snapshotRow: LvRow | null;
  readonly isThin: boolean;
  /** `present`: nothing is begun. `scheduled`: lvm has been told to merge it, whether or not it has begun. */
  readonly phase: 'present' | 'scheduled' | 'gone';
  /** What an earlier run has noted in the group; null if there is none. */
  readonly note: Note | null;
}

/** What a run notes in the group, so that the next one knows what was begun: a tag of the group. */
export interface Note {
  /** Names without the group. */
  readonly snapshot: string;
  readonly origin: string;
  /** Of lvm: another volume of the same name is another one. */
  readonly uuid: string;
  readonly originUuid: string;
  /** Whether the origin was inactive, and is to be so again. */
  readonly wasInactive: boolean;
}

/** The tag of a note. No name of LVM's has a colon. */
export function noteTag({ snapshot, uuid, origin, originUuid, wasInactive }: Note): string {
  return [prefix, snapshot, uuid, origin, originUuid, ...(wasInactive ? ['inactive'] : [])].join(':');
}

/** The notes among a group's tags. Never throws; what is none is left out. */
export function notesIn(tags: readonly string[]): readonly Note[] {
  return tags.flatMap((tag) => {
    const [first, snapshot = '', uuid = '', origin = '', originUuid = '', state, ...more] = tag.split(':');
    const isWhole = [snapshot, uuid, origin, originUuid].every((part) => part !== '');
    if (first !== prefix || !isWhole || more.length > 0) return [];
    if (state !== undefined && state !== 'inactive') return [];
    return [{ snapshot, uuid, origin, originUuid, wasInactive: state === 'inactive' }];
  });
}

/**
 * The snapshots of these names with their origins, as they are now. Throws a {@link Refusal}: `not-found`, `wrong-type`,
 * or `unsafe` if they cannot be merged together.
 */
export function pairsIn(state: LvmState, names: readonly string[]): readonly Pair[] {
  const pairs = names.map((name) => pairOf(state, name));
  for (const [index, { snapshot, origin }] of pairs.entries()) {
    const other = pairs.find((one, at) => at > index && one.origin === origin);
    if (other !== undefined)
      throw new Refusal(
        'unsafe',
        `${snapshot} and ${other.snapshot} are both snapshots of ${origin}, which can become one of them only`,
        'Choose one.',
      );
    const below = pairs.find((one) => one.origin === snapshot);
    if (below !== undefined)
      throw new Refusal(
        'unsafe',
        `${snapshot} is a snapshot of ${origin} and the origin of ${below.snapshot}, so the order would tell what is left`,
        'Roll them back one after the other.',
      );
  }
  return pairs;
}

/** The snapshots of an origin besides this one. */
export function siblingsOf(state: LvmState, { originRow, snapshotRow }: Pair): readonly LvRow[] {
  const all = groupOf(state, originRow.vgName)?.lvs ?? [];
  return all.filter((row) => row.origin === originRow.name && isSnapshot(row) && row !== snapshotRow);
}

/** Whether lvm has been told to merge this snapshot. */
export function isScheduled({ merging, attributes }: LvRow): boolean {
  return merging === true || attributes.volumeType === 'merging-snapshot';
}

const prefix = 'devmapper.rollback';

function pairOf(state: LvmState, name: string): Pair {
  const [vg = '', lv = ''] = name.split('/');
  const group = groupOf(state, vg);
  const found = volumeOf(state, name);
  const note = group === undefined ? undefined : noteOf(group, lv, found);
  if (found === undefined && note !== undefined) return gonePair(state, vg, note);
  if (found === undefined && group !== undefined) throw notThere(state, name);
  const row = requireVolumeIn(state, name);
  const originRow = row.origin === null ? undefined : volumeOf(state, `${vg}/${row.origin}`);
  const isThin = row.segtype === 'thin';
  // A cached volume has an origin as well; so has a thin volume whose unwritten parts are read from one outside its pool.
  if (originRow === undefined || !isSnapshot(row) || (isThin && row.poolLv !== originRow.poolLv))
    throw noSnapshot(group, row);
  if (originRow.hidden)
    throw new Refusal(
      'wrong-type',
      `${name} is a sparse volume, whose origin ${originRow.fullName} is empty`,
    );
  return {
    snapshot: name,
    origin: originRow.fullName,
    ...{ originRow, snapshotRow: row, isThin },
    phase: isScheduled(row) ? 'scheduled' : 'present',
    note: note ?? null,
  };
}

function gonePair(state: LvmState, vg: string, note: Note): Pair {
  const originRow = requireVolumeIn(state, `${vg}/${note.origin}`);
  return {
    snapshot: `${vg}/${note.snapshot}`,
    origin: originRow.fullName,
    ...{ originRow, snapshotRow: null, isThin: originRow.segtype === 'thin', phase: 'gone', note },
  };
}

// A note stays where a merge was put off, or was not waited for: a later snapshot may have the name, or an origin.
function noteOf({ vg, lvs }: GroupState, name: string, row: LvRow | undefined): Note | undefined {
  return notesIn(vg.tags).find(({ snapshot, uuid, origin, originUuid }) => {
    const isOrigin = lvs.some((one) => one.name === origin && one.uuid === originUuid);
    const owner = lvs.find((one) => one.uuid === uuid);
    // One that is there under another name is not gone.
    return snapshot === name && isOrigin && owner === row;
  });
}

function isSnapshot({ role, origin }: LvRow): boolean {
  return origin !== null && (role.includes('thicksnapshot') || role.includes('thinsnapshot'));
}

function notThere(state: LvmState, name: string): Refusal {
  const vg = name.split('/')[0] ?? '';
  const others = (groupOf(state, vg)?.lvs ?? []).filter(isSnapshot).map((row) => row.fullName);
  return new Refusal(
    'not-found',
    `there is no ${name}, and no rollback of it has been left unfinished`,
    `Either a rollback of it has come to its end, or it never was. ${vg} has ${others.length === 0 ? 'no snapshots' : `the snapshots ${others.join(', ')}`}.`,
  );
}

function noSnapshot(group: GroupState | undefined, row: LvRow): Refusal {
  const own = (group?.lvs ?? []).filter((one) => isSnapshot(one) && one.origin === row.name);
  return new Refusal(
    'wrong-type',
    `${row.fullName} is no snapshot`,
    own.length === 0
      ? 'It has none either.'
      : `Its snapshots are ${own.map(({ fullName }) => fullName).join(', ')}.`,
  );
}
