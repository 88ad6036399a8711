import { rmdir, stat } from 'node:fs/promises';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { lvmDeviceName } from '../../names.ts';
import { Refusal } from '../errors.ts';
import { requireMountPoint } from '../mounted.ts';
import { mountsAbove, otherUses } from '../split/split-above.ts';
import { filesystemOf, mountAdvice } from '../system/filesystem.ts';
import { mountVolume, removeDirectory, temporaryDirectory, unmountAll } from '../system/mounting.ts';
import { type Mount, mountsOf } from '../system/mounts.ts';
import type { Tools } from '../tools.ts';
import type { WithSnapshotSettings } from './with-snapshot-options.ts';

/** How the snapshot of a volume will be mounted. */
export interface MountPlan {
  /** Where the volume itself is mounted now. */
  readonly mounts: readonly Mount[];
  /** Where devices that stand on the volume are mounted, such as an encrypted one: lvm does not freeze these. */
  readonly above: readonly Mount[];
  /** Type of its file system; null if there is none, or it was not looked for. */
  readonly filesystem: string | null;
  /** For mount(8); null: it is not mounted. */
  readonly options: readonly string[] | null;
  /** Where; null: on a new directory. */
  readonly directory: string | null;
  readonly warnings: readonly string[];
}

/**
 * Says how the snapshot of a volume can be mounted; `old` are its snapshots that are removed before. Throws a
 * {@link Refusal} if it is to be and cannot.
 */
export async function planMount(
  tools: Tools,
  row: LvRow,
  wanted: WithSnapshotSettings['mount'],
  old: readonly LvRow[],
  signal: AbortSignal | undefined,
): Promise<MountPlan> {
  const name = row.fullName;
  const device = `${row.kernelMajor}:${row.kernelMinor}`;
  const own = await mountsOf(device);
  const above = (await mountsAbove(device)).filter((one) => own.every((mine) => mine.device !== one.device));
  const others = await otherUses(tools, device, device);
  const unfrozen = [
    ...(above.length === 0 ? [] : [unfrozenText(above)]),
    ...(others.length === 0
      ? []
      : [`${others.join('; ')}: what that has not written yet is not in the snapshot.`]),
  ];
  const none = {
    ...{ mounts: own, above, filesystem: null, options: null, directory: null, warnings: unfrozen },
  };
  if (wanted === 'never') return none;
  const filesystem = own[0]?.type ?? (await filesystemOf(row.dmPath ?? '', signal))?.type ?? null;
  if (filesystem === null) {
    if (wanted === 'if-possible') return none;
    throw new Refusal(
      'wrong-type',
      `there is no file system on ${name} to mount`,
      'Leave out mount, and use its device.',
    );
  }
  // lvm suspends the volume for the moment of the snapshot, and the kernel freezes its file system for that.
  const state = others.length > 0 ? 'unknown' : above.length > 0 ? 'synced' : 'frozen';
  const advice = mountAdvice(filesystem, 'writable', state);
  if (advice.kind === 'refused') {
    if (wanted === 'if-possible')
      return { ...none, filesystem, warnings: [...unfrozen, `It is not mounted: ${advice.message}.`] };
    throw new Refusal(
      'unsafe',
      `the snapshot of ${name} cannot be mounted: ${advice.message}`,
      'Read its device instead: mount: false, or --no-mount on the command line.',
    );
  }
  const directory = typeof wanted === 'object' ? wanted.directory : null;
  if (directory !== null)
    await requireMountPoint(
      directory,
      old.map(({ kernelMajor, kernelMinor }) => `${kernelMajor}:${kernelMinor}`),
    );
  const warnings = [...unfrozen, ...advice.warnings];
  return { ...none, filesystem, options: advice.options, directory, warnings };
}

/** The directories of these mounts, in words. */
export function targetsOf(mounts: readonly Mount[]): string {
  return [...new Set(mounts.map(({ target }) => target))].join(', ');
}

/** Where the snapshots of a volume, `vg/lv`, are mounted by us: a directory that is this volume's. */
export function mountBase(origin: string): string {
  const [vg = '', lv = ''] = origin.split('/');
  return `/run/devmapper/snapshots/${lvmDeviceName(vg, lv)}`;
}

/** A snapshot that is to be mounted, and where it is. */
export interface Mounting {
  /** Mounts it; resolves with the directory. */
  mount(signal: AbortSignal): Promise<string>;
  /** Unmounts it wherever it is mounted, and removes a directory of ours; resolves with what was done, or null. */
  unmount(): Promise<string | null>;
  /** Where it was mounted; null if it was not, or is not any more. */
  readonly directory: string | null;
}

/** A mount of the device of a snapshot of `origin`, `vg/lv`. */
export function mounting(device: string, origin: string, plan: MountPlan): Mounting {
  let directory: string | null = null;
  return {
    async mount(signal) {
      directory = plan.directory ?? (await temporaryDirectory(mountBase(origin)));
      await mountVolume(device, directory, plan.options ?? [], plan.filesystem ?? undefined, signal);
      return directory;
    },
    async unmount() {
      const was = directory;
      if (was === null) return null;
      if (await isThere(device)) await unmountAll(device);
      if (plan.directory === null) await removeMountPoint(was, origin);
      directory = null;
      return `${device} is no longer mounted on ${was}`;
    },
    get directory() {
      return directory;
    },
  };
}

/** Removes a directory of ours that nothing is mounted on, and the one that held it if that is empty then. */
export async function removeMountPoint(directory: string, origin: string): Promise<void> {
  await removeDirectory(directory);
  // Another snapshot's directory may be in it.
  await rmdir(mountBase(origin)).catch(() => {});
}

/** Whether there is anything at a path. */
export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function unfrozenText(above: readonly Mount[]): string {
  const [one] = above;
  return `${targetsOf(above)} stands on another device upon it (${one?.source}): it is written out just before, but lvm does not freeze it, and its snapshot is as after a power cut.`;
}
