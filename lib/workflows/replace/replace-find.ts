import type { DeviceStatus } from '../../device.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import type { PvRow } from '../../lvm/columns/pv.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { type DeadLeg, deadLegs } from './degraded-kernel.ts';
import { errorSegment, imagesIn, pvsOf } from './degraded-parts.ts';
import { judgeLeg } from './replace-find-leg.ts';
import { judgeNamed } from './replace-find-named.ts';
import { failingPvs } from './replace-note.ts';
import { probeDevice } from './replace-probe.ts';

/** A disk of a group that is to be replaced. */
export interface FailedDisk {
  /** Uuid of its PV. */
  readonly uuid: string;
  /** Its path; null if lvm does not find it. */
  readonly path: string | null;
  /** `major:minor` of that; null with it. */
  readonly number: string | null;
  /** `missing`: lvm does without it already. `failing`: it is there, and lvm knows nothing of its failure. */
  readonly kind: 'missing' | 'failing';
  /** What is wrong with it, in words that follow its name. */
  readonly why: string;
}

/** What is wrong with the disks of a group. */
export interface FoundFailures {
  readonly disks: readonly FailedDisk[];
  /** Paths of disks that lvm counts as missing but that are there again, and can be read. */
  readonly returned: readonly string[];
  /** RAID volumes with a leg that the kernel has let go although its disk can be read, and that leg's PVs. */
  readonly stale: readonly StaleRaid[];
  readonly warnings: readonly string[];
}

/** A RAID volume with a leg that its table has to be loaded anew for. */
export interface StaleRaid {
  readonly row: LvRow;
  /** Uuids of the PVs that the leg is on. */
  readonly pvs: readonly string[];
}

/** What judging a disk needs, and where the judgement goes. */
export interface Judging {
  readonly group: GroupState;
  readonly dead: readonly DeadLeg[];
  /** Those that were found up to now. */
  readonly disks: readonly FailedDisk[];
  add(pv: PvRow, kind: FailedDisk['kind'], why: string): void;
  /** What is wrong with a disk where these volumes are on it; null if all can be read. */
  probe(pv: PvRow, lvs: readonly LvRow[]): Promise<string | null>;
}

/**
 * Looks for the failed disks of a group: in lvm's report, in the kernel's letters, and by reading those that either
 * suspects. `named` is the path or PV uuid of one that the caller says has failed. Throws a {@link Refusal} if that one
 * is well, is none of the group's, or is not there at all.
 */
export async function findFailures(
  state: LvmState,
  group: GroupState,
  statuses: readonly DeviceStatus[],
  named: string | undefined,
  signal: AbortSignal | undefined,
): Promise<FoundFailures> {
  const dead = deadLegs(group, statuses);
  const disks: FailedDisk[] = [];
  const judging: Judging = {
    ...{ group, dead, disks },
    add(pv, kind, why) {
      const { uuid, name: path } = pv;
      if (uuid === null || disks.some((disk) => disk.uuid === uuid)) return;
      disks.push({ uuid, path, number: numberOf(pv), kind, why });
    },
    probe: async (pv, lvs) =>
      pv.name === null ? null : probeDevice(pv.name, placesOf(group, pv, lvs), readTime, signal),
  };
  const begun = failingPvs(group.vg.tags);
  for (const pv of group.pvs)
    if (pv.missing !== true && begun.includes(pv.uuid ?? ''))
      judging.add(pv, 'failing', 'had failed when an earlier call began to replace it');
  const returned = await judgeMissing(judging);
  const stale: StaleRaid[] = [];
  for (const leg of dead) {
    if (leg.parts.some((part) => errorSegment(group, part))) continue;
    const isStale = await judgeLeg(judging, leg, returned);
    if (isStale) stale.push({ row: leg.row, pvs: pvsOfLeg(group, leg) });
  }
  for (const row of new Set(dead.map((leg) => leg.row))) await judgeOthers(judging, row);
  const isClean = returned.length + stale.length === 0;
  const warnings = named === undefined ? [] : await judgeNamed(judging, state, named, isClean);

  const bad = new Set(disks.map(({ uuid }) => uuid));
  return {
    disks,
    returned: returned.flatMap(({ name, uuid }) => (name === null || bad.has(uuid ?? '') ? [] : [name])),
    stale: stale.filter(({ row }) => !dead.some((leg) => leg.row === row && isOn(group, leg, bad))),
    warnings,
  };
}

/** Uuids of the PVs that a leg is on. */
export function pvsOfLeg(group: GroupState, { parts }: DeadLeg): readonly string[] {
  return [...new Set(parts.flatMap((part) => pvsOf(group, part)))];
}

/** The dead legs that are on a PV. */
export function legsOn({ group, dead }: Judging, pv: PvRow): readonly DeadLeg[] {
  return dead.filter((leg) => isOn(group, leg, new Set([pv.uuid ?? ''])));
}

/** The device number of a PV, `major:minor`; null if it has none. */
export function numberOf({ major, minor }: PvRow): string | null {
  return major === null || minor === null ? null : `${major}:${minor}`;
}

// Adds the missing ones; gives those that are there again.
async function judgeMissing(judging: Judging): Promise<readonly PvRow[]> {
  const { group, add, probe } = judging;
  const returned: PvRow[] = [];
  for (const pv of group.pvs.filter(({ missing }) => missing === true)) {
    if (pv.name === null) {
      add(pv, 'missing', 'is missing');
      continue;
    }
    const wrong = await probe(pv, group.lvs);
    const isMirrored = legsOn(judging, pv).some(({ row }) => row.segtype === 'mirror');
    if (wrong !== null) add(pv, 'missing', wrong);
    else if (isMirrored) add(pv, 'missing', 'was away, and a mirror has gone on without it');
    else returned.push(pv);
  }
  return returned;
}

// The copies that a volume has left: the kernel keeps the last one in use, whatever becomes of its disk (drivers/md/raid1.c
// and raid10.c, "Don't fail the drive").
async function judgeOthers({ group, dead, add, probe }: Judging, row: LvRow): Promise<void> {
  const gone = new Set(
    dead.flatMap((leg) => (leg.row === row && leg.image !== null ? [leg.image.index] : [])),
  );
  for (const { index, parts } of imagesIn(group, row)) {
    if (gone.has(index)) continue;
    const uuids = parts.flatMap((part) => pvsOf(group, part));
    for (const pv of group.pvs.filter((one) => one.missing !== true && uuids.includes(one.uuid ?? ''))) {
      const wrong = await probe(pv, parts);
      if (wrong !== null) add(pv, 'failing', wrong);
    }
  }
}

// Milliseconds for one read: a disk that retries for longer than this is one to be replaced; a busy one answers.
const readTime = 10_000;
const mostReads = 64;

function isOn(group: GroupState, leg: DeadLeg, uuids: ReadonlySet<string>): boolean {
  return pvsOfLeg(group, leg).some((uuid) => uuids.has(uuid));
}

// The label, and where each of these volumes begins on the disk.
function placesOf(group: GroupState, pv: PvRow, lvs: readonly LvRow[]): readonly number[] {
  const uuids = new Set(lvs.map(({ uuid }) => uuid));
  const runs = group.pvSegs.filter(({ pvUuid, lvUuid }) => pvUuid === pv.uuid && uuids.has(lvUuid ?? ''));
  const first = Number(pv.peStart ?? 0n);
  const extent = Number(group.vg.extentSize);
  return [0, ...runs.slice(0, mostReads).map(({ start }) => first + start * extent)];
}
