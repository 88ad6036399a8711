import type { LvRow } from '../columns/lv.ts';
import type { GroupState, LvmState } from '../state.ts';
import type { JobKind } from './job.ts';

/** Something long that goes on in a group, as lvm's report tells. */
export interface UnderWay {
  readonly kind: Exclude<JobKind, 'repair'>;
  readonly vg: string;
  /** The volume whose device tells how far it is: the mirror, array or origin; `pvmove0` of a pvmove. */
  readonly lv: string;
  /** That volume's uuid. */
  readonly uuid: string;
  /** What is converted: `vg/lv`, or of a pvmove the device that is emptied. */
  readonly converting: string;
  /** All volumes that it is about, without their group: of a merge the snapshot too, of a pvmove those that are moved. */
  readonly volumes: readonly string[];
  /** Whether lvm has something to do when the kernel is done. */
  readonly needsLvm: boolean;
  /** Whether it is the merge of a thin snapshot, which takes its origin's place at once when it can. */
  readonly isThin: boolean;
  /** How far lvm says it is, in percent. */
  readonly percent: number | null;
  /** The array's action in the kernel's word; null for all else. */
  readonly action: string | null;
  /** pvmove: the device that is emptied, null if it is missing; null for all else. */
  readonly source: string | null;
  /** pvmove: the extents of that device that are being moved; empty for all else. */
  readonly extents: readonly PvExtents[];
}

/** Some extents of a device. */
export interface PvExtents {
  readonly device: string | null;
  readonly start: number;
  readonly size: number;
}

/** All that goes on in a group. Pure. */
export function underWayIn(group: GroupState): readonly UnderWay[] {
  return group.lvs.flatMap((row) => oneUnderWay(group, row) ?? []);
}

/** What goes on with a volume, by the name of any volume that it is about; a pvmove only if nothing else does. */
export function underWayOf(state: LvmState, name: string): UnderWay | undefined {
  const [vg = '', lv = ''] = name.split('/');
  const group = state.groups.find((one) => one.vg.name === vg);
  const all = group === undefined ? [] : underWayIn(group);
  return (
    all.find((one) => one.lv === lv) ??
    all.find(({ kind, volumes }) => kind !== 'pvmove' && volumes.includes(lv)) ??
    all.find(({ volumes }) => volumes.includes(lv))
  );
}

/** The same thing at another moment; undefined if it no longer goes on. */
export function sameUnderWay(state: LvmState, { vg, uuid }: UnderWay): UnderWay | undefined {
  const group = state.groups.find((one) => one.vg.name === vg);
  return group === undefined ? undefined : underWayIn(group).find((one) => one.uuid === uuid);
}

function oneUnderWay(group: GroupState, row: LvRow): UnderWay | undefined {
  const common = {
    ...{ vg: row.vgName, lv: row.name, uuid: row.uuid, converting: `${row.vgName}/${row.name}` },
    ...{ volumes: [row.name], percent: row.copyPercent, action: null, source: null, extents: [] },
    isThin: false,
  };
  if (row.attributes.volumeType === 'pvmove') return { ...common, ...pvmoveOf(group, row) };
  const snapshot = group.lvs.find(({ merging, origin }) => merging === true && origin === row.name);
  const isThin = row.segtype === 'thin';
  if (snapshot !== undefined)
    return {
      ...common,
      ...{ kind: 'merge', volumes: [row.name, snapshot.name], needsLvm: true, isThin },
      percent: isThin || row.dataPercent === null ? null : Math.max(0, 100 - row.dataPercent),
    };
  const type = typeOf(group, row);
  const isBehind = row.copyPercent !== null && row.copyPercent < 100;
  if (type === 'mirror') {
    const needsLvm = row.converting === true || row.convertLv !== null;
    return isBehind || needsLvm ? { ...common, kind: 'mirror', needsLvm } : undefined;
  }
  if (!type.startsWith('raid') || type.startsWith('raid0')) return undefined;
  const action = row.raidSyncAction;
  if (action === 'check' || action === 'repair') return { ...common, kind: 'scrub', needsLvm: false, action };
  const isAtRest = action === null || action === 'idle' || action === 'frozen';
  return isBehind || !isAtRest ? { ...common, kind: 'raid', needsLvm: false, action } : undefined;
}

function pvmoveOf(group: GroupState, row: LvRow) {
  const parts = new Set([row.name, ...imagesOf(group, row.name)]);
  const moved = group.segs.filter(({ lvName, devices }) => {
    return !parts.has(lvName) && devices.some(({ name }) => name !== null && parts.has(name));
  });
  // A part that is moved is part of what is asked for.
  const names = new Set(moved.map(({ lvName }) => lvName));
  for (const name of names) {
    const parent = group.lvs.find((lv) => lv.name === name)?.parent;
    if (parent) names.add(parent);
  }
  return {
    kind: 'pvmove' as const,
    converting: row.movePv ?? `${row.vgName}/${row.name}`,
    volumes: [...names],
    needsLvm: true,
    source: row.movePv,
    extents: group.pvSegs.flatMap(({ pvName, start, size, lvName }) =>
      pvName === row.movePv && lvName !== null && parts.has(lvName) ? [{ device: pvName, start, size }] : [],
    ),
  };
}

/** The volumes below one that mirrors, in the order of its legs. */
export function imagesOf(group: GroupState, lv: string): readonly string[] {
  const names = group.segs
    .filter(({ lvName, segtype }) => lvName === lv && segtype === 'mirror')
    .flatMap(({ devices }) => devices.flatMap(({ name }) => name ?? []))
    .filter((name) => !name.startsWith('/'));
  return [...new Set(names)];
}

function typeOf(group: GroupState, { uuid }: LvRow): string {
  return group.segs.find(({ lvUuid }) => lvUuid === uuid)?.segtype ?? '';
}
