import { readFile } from 'node:fs/promises';
import { deviceRow } from '../../lvm/commands/pv-rows.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { type Bases, basesOf, sharesDisk } from '../mirror/placement-disks.ts';
import { deviceNumber } from '../system/device-number.ts';
import { requireWipeable } from './spare-contents.ts';
import { partitionsOf, requireUnused } from './spare-users.ts';

/** A disk that may take what has been lost. */
export interface Spare {
  readonly path: string;
  /** Uuid of its PV; null if it is not in the group yet. */
  readonly uuid: string | null;
  /** Extents that are free on it, or will be. */
  readonly free: number;
}

/**
 * The disks of a group that can take something, but for these; `with` narrows them down to some, or adds disks that are
 * not in it yet. Throws a {@link Refusal} if one of those must not be taken, or holds something that may not be wiped.
 */
export async function sparesOf(
  state: LvmState,
  group: GroupState,
  failed: ReadonlySet<string>,
  given: readonly string[] | 'free',
  mayWipe: boolean,
  signal?: AbortSignal | undefined,
): Promise<readonly Spare[]> {
  const inGroup = group.pvs.flatMap(
    ({ name: path, uuid, missing, allocatable, peCount, peAllocCount }): readonly Spare[] =>
      path === null || uuid === null || missing === true || allocatable !== true || failed.has(uuid)
        ? []
        : [{ path, uuid, free: peCount - peAllocCount }],
  );
  if (given === 'free') return inGroup;
  const spares: Spare[] = [];
  for (const path of given) {
    const row = deviceRow(state, path);
    if (row?.vgName === group.vg.name) {
      const spare = inGroup.find(({ uuid }) => uuid === row.uuid);
      if (spare === undefined) throw unusable(path, group, failed.has(row.uuid ?? ''));
      spares.push(spare);
    } else spares.push(await newSpare(state, group, path, mayWipe, signal));
  }
  return spares;
}

/** Reads which disks the PVs of a group and these spares stand on. Rejects if a new one is no block device any more. */
export async function basesWith({ pvs }: GroupState, spares: readonly Spare[]): Promise<Bases> {
  const added = spares.filter(({ uuid }) => uuid === null);
  const rows = await Promise.all(
    added.map(async ({ path }) => {
      const [major = null, minor = null] = (await deviceNumber(path)).split(':').map(Number);
      return { name: path, major, minor };
    }),
  );
  return basesOf({ pvs: [...pvs, ...rows] });
}

/**
 * Those that do not share a disk with one that is to be replaced. Throws a {@link Refusal} if one does that was `given`.
 * Pure.
 */
export function sparesApart(
  spares: readonly Spare[],
  bases: Bases,
  failing: readonly string[],
  given: boolean,
): readonly Spare[] {
  const together = spares.find(({ path }) => sharesDisk(bases, path, failing));
  if (given && together !== undefined)
    throw new Refusal(
      'unsafe',
      `${together.path} is on the same disk as ${failing.join(' or ')}, which is to be replaced`,
      'Give another disk.',
    );
  return spares.filter(({ path }) => !sharesDisk(bases, path, failing));
}

function unusable(path: string, { vg }: GroupState, isFailed: boolean): Refusal {
  return isFailed
    ? new Refusal('unsafe', `${path} is itself one that is to be replaced`, 'Give another disk.')
    : new Refusal(
        'not-enough-space',
        `${path} is in ${vg.name}, but nothing may be allocated on it`,
        `Allow it with "pvchange --allocatable y ${path}", or give another disk.`,
      );
}

async function newSpare(
  state: LvmState,
  group: GroupState,
  path: string,
  mayWipe: boolean,
  signal: AbortSignal | undefined,
): Promise<Spare> {
  const number = await deviceNumber(path).catch((cause: unknown) => {
    throw new Refusal('not-found', `${path} is no block device`, 'Name a disk that is there.', cause);
  });
  const row = deviceRow(state, path);
  const owner = row?.vgName ?? (row?.inUse === true ? 'unknown' : null);
  if (owner !== null || row?.duplicate === true)
    throw new Refusal(
      'foreign',
      owner === null ? `${path} is a copy of another physical volume` : `${path} is in the group ${owner}`,
      'Give a disk that is in no group.',
    );
  const partitions = await partitionsOf(number);
  await requireUnused(group.vg.name, path, partitions);
  if (row === undefined) await requireWipeable(path, partitions, mayWipe, signal);
  const bytes = 512 * Number(await readFile(`/sys/dev/block/${number}/size`, 'utf8'));
  // Label and metadata take 1 MiB by lvm.conf's defaults (devices/default_data_alignment).
  const used = Number(row?.peStart ?? 2 ** 20);
  return { path, uuid: null, free: Math.max(0, Math.floor((bytes - used) / Number(group.vg.extentSize))) };
}
