import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DmError } from '../../errors.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { volumeOf } from '../../lvm/state.ts';
import { lvmDeviceName } from '../../names.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup } from '../lvm-step.ts';
import { unmountAll } from '../system/mounting.ts';
import { mountsOf } from '../system/mounts.ts';
import type { Tools } from '../tools.ts';
import { leftoversOf } from './snapshot-leftovers.ts';
import { isThere, mountBase, removeMountPoint } from './snapshot-mount.ts';
import type { WithSnapshotSettings } from './with-snapshot-options.ts';

/** What an earlier run has left of a volume's snapshots, as it was killed. */
export interface Leftovers {
  readonly rows: readonly LvRow[];
  /** Directories of ours, which nothing or only such a snapshot is mounted on. */
  readonly directories: readonly string[];
  /** Whether the device below a snapshot's origin is there although it is none: of a snapshot that came out half-made. */
  readonly orphan: boolean;
}

/** What has to be removed. Throws a {@link Refusal} `in-use` if somebody else has mounted one of these snapshots. */
export async function requireRemovable(
  tools: Tools,
  origin: LvRow,
  rows: readonly LvRow[],
  mount: WithSnapshotSettings['mount'],
): Promise<Leftovers> {
  const base = mountBase(origin.fullName);
  const given = typeof mount === 'object' ? mount.directory : null;
  for (const row of rows) {
    const mounted = row.kernelMajor === null ? [] : await mountsOf(`${row.kernelMajor}:${row.kernelMinor}`);
    const foreign = mounted.find(({ target }) => !target.startsWith(`${base}/`) && target !== given);
    if (foreign !== undefined)
      throw new Refusal(
        'in-use',
        `${row.fullName}, which an earlier run left, is mounted on ${foreign.target}`,
        `Unmount it (umount ${foreign.target}), and call again.`,
      );
  }
  const names = await readdir(base).catch(() => []);
  return {
    rows,
    directories: names.map((name) => join(base, name)),
    orphan: await isOrphaned(tools, origin, rows),
  };
}

/** Removes what {@link requireRemovable} found. Rejects with what kept it. */
export async function removeLeftovers(
  tools: Tools,
  origin: LvRow,
  { rows, directories }: Leftovers,
  signal: AbortSignal,
): Promise<void> {
  for (const row of rows) {
    signal.throwIfAborted();
    await removeSnapshot(tools, { name: row.fullName, uuid: row.uuid }, origin);
  }
  for (const directory of directories) await removeMountPoint(directory, origin.fullName);
  await tidyOrigin(tools, origin);
}

/** A snapshot that was made. */
export interface MadeSnapshot {
  /** `vg/lv`. */
  readonly name: string;
  /** Of lvm; null if it is not known, as it may have come out half-made. */
  readonly uuid: string | null;
}

/**
 * Unmounts and removes a snapshot that withSnapshot has made of this volume, whatever either is called by now; one that is
 * gone, or that only has its name, it leaves alone. Resolves with whether it was there. Rejects with what keeps it.
 */
export async function removeSnapshot(tools: Tools, made: MadeSnapshot, origin: LvRow): Promise<boolean> {
  const { state, group } = await lookAtGroup(tools, origin.vgName);
  const now = group.lvs.find(({ uuid }) => uuid === origin.uuid) ?? origin;
  const removable = leftoversOf(state, origin);
  const row =
    made.uuid === null
      ? removable.find(({ fullName }) => fullName === made.name)
      : group.lvs.find(({ uuid }) => uuid === made.uuid);
  if (row === undefined) return false;
  if (!removable.includes(row))
    throw new Error(
      `${row.fullName} is no snapshot of ${now.fullName} any more, or has lost its tags: it may be somebody's`,
    );
  // An origin would take its snapshots along; what has become one is somebody's.
  if (row.role.includes('thickorigin')) throw new Error(`${row.fullName} has snapshots of its own now`);
  const device = deviceOf(row);
  if (await isThere(device)) await unmountAll(device);
  await tools.lvm.lvremove(row.fullName);
  await tidyOrigin(tools, now);
  return true;
}

/** Takes away the device that a half-made snapshot has left below its origin; lvm does not know it any more. */
async function tidyOrigin(tools: Tools, origin: LvRow): Promise<void> {
  if (!(await hasLayer(tools, origin))) return;
  const { state } = await lookAtGroup(tools, origin.vgName);
  const row = volumeOf(state, origin.fullName);
  if (row === undefined || !(await isOrphaned(tools, row, []))) return;
  await tools.lvm.lvchange.refresh(origin.fullName).catch((cause: unknown) => {
    const device = lvmDeviceName(origin.vgName, origin.name, 'real');
    throw new Error(
      `the device ${device}, of a snapshot that came out half-made, could not be taken away from below ${origin.fullName}; lvchange --refresh ${origin.fullName} does so when its file system is thawed, as does the next withSnapshot`,
      { cause },
    );
  });
}

async function isOrphaned(tools: Tools, origin: LvRow, snapshots: readonly LvRow[]): Promise<boolean> {
  const isOrigin = origin.role.includes('thickorigin') || origin.role.includes('extorigin');
  if (isOrigin || snapshots.some((row) => row.origin === origin.name)) return false;
  // A cache or writecache has a device of this name, too, and so have raids since lvm2 2.03.36.
  return (origin.segtype === 'linear' || origin.segtype === 'striped') && (await hasLayer(tools, origin));
}

async function hasLayer({ dm }: Tools, { vgName, name }: LvRow): Promise<boolean> {
  try {
    await dm.info({ name: lvmDeviceName(vgName, name, 'real') });
    return true;
  } catch (error) {
    if (error instanceof DmError && error.reason === 'no-device') return false;
    throw error;
  }
}

function deviceOf({ vgName, name }: LvRow): string {
  return `/dev/mapper/${lvmDeviceName(vgName, name)}`;
}
