import type { LvRow } from '../lvm/columns/lv.ts';
import type { PvRow } from '../lvm/columns/pv.ts';
import { bareUuid, deviceRow } from '../lvm/commands/pv-rows.ts';
import type { GroupState, LvmState } from '../lvm/state.ts';
import { type DeadLeg, deadLegs } from './degraded-kernel.ts';
import { errorSegment, pvsOf } from './degraded-parts.ts';
import { Refusal } from './errors.ts';
import { probeDevice } from './replace-probe.ts';
import type { Tools } from './tools.ts';

/** A disk of a group that is to be replaced. */
export interface FailedDisk {
  /** Uuid of its PV. */
  readonly uuid: string;
  /** Its path; null if lvm does not find it. */
  readonly path: string | null;
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
  /** RAID volumes with a leg that the kernel has let go although its disk can be read. */
  readonly stale: readonly LvRow[];
  readonly warnings: readonly string[];
}

/**
 * Looks for the failed disks of a group: in lvm's report, in the kernel's letters, and by reading those that either
 * suspects. `named` is the path or PV uuid of one that the caller says has failed. Throws a {@link Refusal} if that one
 * is well, or is none of the group's.
 */
export async function findFailures(
  tools: Tools,
  state: LvmState,
  group: GroupState,
  named: string | undefined,
  signal: AbortSignal | undefined,
): Promise<FoundFailures> {
  const dead = deadLegs(group, await tools.dm.status({ signal }));
  const probe = (pv: PvRow, lvs: readonly LvRow[]): Promise<string | null> =>
    pv.name === null
      ? Promise.resolve(null)
      : probeDevice(pv.name, placesOf(group, pv, lvs), probeTime, signal);

  const disks: FailedDisk[] = [];
  const add = (pv: PvRow, kind: FailedDisk['kind'], why: string): void => {
    if (pv.uuid === null || disks.some(({ uuid }) => uuid === pv.uuid)) return;
    disks.push({ uuid: pv.uuid, path: pv.name, kind, why });
  };
  const returned: PvRow[] = [];
  for (const pv of group.pvs.filter(({ missing }) => missing === true)) {
    if (pv.name === null) {
      add(pv, 'missing', 'is missing');
      continue;
    }
    const wrong = await probe(pv, group.lvs);
    const isMirrored = legsOn(group, dead, pv).some(({ row }) => row.segtype === 'mirror');
    if (wrong !== null) add(pv, 'missing', wrong);
    else if (isMirrored) add(pv, 'missing', 'was away, and a mirror has gone on without it');
    else returned.push(pv);
  }
  const stale = new Set<LvRow>();
  for (const leg of dead) await judgeLeg(group, leg, { add, probe, stale, returned });
  const warnings =
    named === undefined ? [] : await judgeNamed(state, group, named, { add, probe, dead, disks });

  const bad = new Set(disks.map(({ uuid }) => uuid));
  return {
    disks,
    returned: returned.flatMap(({ name, uuid }) => (name === null || bad.has(uuid ?? '') ? [] : [name])),
    stale: [...stale].filter((row) => !dead.some((leg) => leg.row === row && isOn(group, leg, bad))),
    warnings,
  };
}

interface Judging {
  readonly add: (pv: PvRow, kind: FailedDisk['kind'], why: string) => void;
  readonly probe: (pv: PvRow, lvs: readonly LvRow[]) => Promise<string | null>;
}

// Milliseconds for all reads of one disk: a disk that retries for longer than this is one to be replaced.
const probeTime = 10_000;
const mostReads = 64;

async function judgeLeg(
  group: GroupState,
  leg: DeadLeg,
  {
    add,
    probe,
    stale,
    returned,
  }: Judging & { readonly stale: Set<LvRow>; readonly returned: readonly PvRow[] },
): Promise<void> {
  if (leg.parts.some((part) => errorSegment(group, part))) return;
  const uuids = new Set(leg.parts.flatMap((part) => pvsOf(group, part)));
  const present = group.pvs.filter(
    (pv) => uuids.has(pv.uuid ?? '') && (pv.missing !== true || returned.includes(pv)),
  );
  let isBad = present.length < uuids.size;
  for (const pv of present) {
    const wrong = await probe(pv, leg.parts);
    if (wrong === null) continue;
    isBad = true;
    add(pv, 'failing', wrong);
  }
  if (isBad) return;
  if (leg.row.segtype !== 'mirror') {
    stale.add(leg.row);
    return;
  }
  // dm-mirror does not take a leg back, and an error of a write is not seen by reading.
  const [only, ...others] = present;
  const what = leg.image === null ? 'the log' : `image ${leg.image.index}`;
  if (only !== undefined && others.length === 0)
    add(
      only,
      'failing',
      `can be read, but the kernel has seen an error of ${what} of ${leg.row.fullName} on it`,
    );
  else
    throw new Refusal(
      'unsafe',
      `the kernel has seen an error of ${what} of ${leg.row.fullName}, which is on ${present.map(({ name }) => name).join(' and ')}, and all can be read`,
      'Look into the kernel log which of them it was, and name that one in "failed".',
    );
}

async function judgeNamed(
  state: LvmState,
  group: GroupState,
  named: string,
  {
    add,
    probe,
    dead,
    disks,
  }: Judging & { readonly dead: readonly DeadLeg[]; readonly disks: readonly FailedDisk[] },
): Promise<readonly string[]> {
  const vg = group.vg.name;
  const byUuid = group.pvs.find(({ uuid }) => bareUuid(uuid) === bareUuid(named));
  const pv = byUuid ?? (named.startsWith('/') ? deviceRow(state, named) : undefined);
  if (pv === undefined || (pv.vgName ?? null) === null) {
    if (disks.length === 0 || byUuid !== undefined) return [];
    const uuids = disks.map(({ uuid }) => uuid).join(', ');
    return [`${named} is not in ${vg} (any more), so whether it was ${uuids} cannot be told from here`];
  }
  if (pv.vgName !== vg)
    throw new Refusal(
      'unsafe',
      `${named} is in the group ${pv.vgName}, not in ${vg}`,
      `The disks of ${vg} are ${group.pvs.map(({ name, uuid }) => name ?? uuid).join(', ')}.`,
    );
  if (disks.some(({ uuid }) => uuid === pv.uuid)) return [];
  if (pv.missing === true) {
    add(pv, 'missing', 'was away for a time');
    return [];
  }
  const [leg] = legsOn(group, dead, pv);
  const wrong = await probe(pv, group.lvs);
  if (wrong !== null) add(pv, 'failing', wrong);
  else if (leg !== undefined)
    add(pv, 'failing', `can be read, but the kernel has let go of a leg of ${leg.row.fullName} on it`);
  else
    throw new Refusal(
      'unsafe',
      `${named} has not failed: lvm finds it, the kernel uses all that is on it, and it can be read${othersFailed(disks)}`,
      `To take a disk out that is well, move what is on it away and then it: "pvmove ${pv.name}", "vgreduce ${vg} ${pv.name}".`,
    );
  return [];
}

function othersFailed(disks: readonly FailedDisk[]): string {
  if (disks.length === 0) return '';
  return `; what has failed is ${disks.map(({ path, uuid, why }) => `${path ?? uuid}, which ${why}`).join(', and ')}`;
}

function legsOn(group: GroupState, dead: readonly DeadLeg[], pv: PvRow): readonly DeadLeg[] {
  return dead.filter((leg) => isOn(group, leg, new Set([pv.uuid ?? ''])));
}

function isOn(group: GroupState, { parts }: DeadLeg, uuids: ReadonlySet<string>): boolean {
  return parts.some((part) => pvsOf(group, part).some((uuid) => uuids.has(uuid)));
}

// The label, and where each of these volumes begins on the disk.
function placesOf(group: GroupState, pv: PvRow, lvs: readonly LvRow[]): readonly number[] {
  const uuids = new Set(lvs.map(({ uuid }) => uuid));
  const runs = group.pvSegs.filter(({ pvUuid, lvUuid }) => pvUuid === pv.uuid && uuids.has(lvUuid ?? ''));
  const first = Number(pv.peStart ?? 0n);
  const extent = Number(group.vg.extentSize);
  return [0, ...runs.slice(0, mostReads).map(({ start }) => first + start * extent)];
}
