import { setTimeout as sleep } from 'node:timers/promises';
import { loadAddon } from '../../addon.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { imageParent } from '../../lvm/commands/lvconvert-images.ts';
import type { LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, requireVolumeIn } from '../lvm-step.ts';
import { openCountOf } from '../split/split-above.ts';
import { numberOf, pathOf } from '../split/tracked-image.ts';
import { type MountLine, mountsOf } from '../system/mounts.ts';
import { isReadOnly } from '../system/read-only.ts';
import { type User, usersOf } from '../system/users.ts';
import type { Tools } from '../tools.ts';

/** The volume that is copied. */
export interface CopySource {
  readonly state: LvmState;
  readonly row: LvRow;
  readonly path: string;
  /** `major:minor`. */
  readonly device: string;
  /** Bytes. */
  readonly size: number;
  /** `vg/lv` of what it shows the past of, or is an image of: copying to that would be no copy. */
  readonly original: string | null;
  readonly warnings: readonly string[];
}

/**
 * Looks at the volume that is to be copied. Rejects with a {@link Refusal}: `not-found`, also if it is not active;
 * `overflowed`; `in-use` if somebody may write to it and `live` does not allow that.
 */
export async function lookAtSource(
  tools: Tools,
  name: string,
  live: boolean,
  signal: AbortSignal | undefined,
): Promise<CopySource> {
  const { state } = await lookAtGroup(tools, name.split('/')[0] ?? '', signal);
  const row = requireVolumeIn(state, name);
  if (row.hidden)
    throw new Refusal(
      'wrong-type',
      `${name} is a part of another volume`,
      'Copy a snapshot, or split an image off.',
    );
  if (row.active !== true)
    throw new Refusal(
      'not-found',
      `${name} is not active, so there is nothing to read`,
      `Activate it: "lvchange --activate y ${name}".`,
    );
  await requireWhole(tools, row, signal);
  const path = pathOf(row);
  const base = { state, row, path, device: numberOf(row), size: loadAddon().deviceSize(path) };
  const from = { ...base, original: originalOf(state, row) };
  const writers = (await isReadOnly(path)) ? null : await writersOf(tools, path);
  if (writers === null) return { ...from, warnings: [] };
  if (!live)
    throw new Refusal(
      'in-use',
      `${name} ${writers}, and may be written to while it is copied`,
      'Copy a snapshot of it (withSnapshot), an image that is split off (splitForBackup), or set live to true.',
    );
  return {
    ...from,
    warnings: [
      `${name} ${writers}: what is written meanwhile is in the copy or not, so it is of no one moment.`,
    ],
  };
}

/** `vg/lv` of what a volume shows the past of, or is an image of; null for any other. Throws nothing. */
export function originalOf(state: LvmState, { fullName, vgName, origin, role }: LvRow): string | null {
  // A cached volume has an origin, too: what is below its cache.
  const isSnapshot = role.includes('thicksnapshot') || role.includes('thinsnapshot');
  if (isSnapshot && origin !== null) return `${vgName}/${origin}`;
  return imageParent(state, fullName)?.fullName ?? null;
}

/** Rejects with a {@link Refusal} `overflowed` if a snapshot is lost: what was read from it may be anything. */
export async function requireWhole(
  { dm }: Tools,
  row: LvRow,
  signal?: AbortSignal | undefined,
): Promise<void> {
  // By number: the device of a snapshot has the volume's name, but names are not what counts.
  const [major = 0, minor = 0] = numberOf(row).split(':').map(Number);
  const { segments, error } = await dm.status({ major, minor }, { signal });
  if (error !== null) throw error;
  for (const { status } of segments)
    if (status.type === 'snapshot' && status.state !== 'ok' && status.state !== 'unknown')
      throw new Refusal(
        'overflowed',
        `the store of the snapshot ${row.fullName} was full (${status.state}), so what is read from it is not what ${row.origin ?? 'its origin'} held`,
        'Take a larger snapshot, or have it guarded (guardSnapshot), and copy that.',
      );
}

async function writersOf(tools: Tools, path: string): Promise<string | null> {
  for (let attempt = 1; ; attempt++) {
    const openCount = await openCountOf(tools, path);
    const users = openCount === 0 ? [] : await usersOf(path, openCount);
    if (users.length === 0 || isOnlyRead(users, await mountsOf(path))) return null;
    // A moment may be somebody's who only looks at new devices, such as udev.
    if (attempt >= 5 || users.every(({ kind }) => kind !== 'unknown'))
      return users.map(({ text }) => text).join('; ');
    await sleep(100);
  }
}

/**
 * Whether those who use a volume can only read it: nobody does but its mounts that are seen here, of a file system that is
 * read-only itself, as it can be mounted for writing in another mount namespace. Throws nothing.
 */
export function isOnlyRead(users: readonly User[], mounts: readonly MountLine[]): boolean {
  return (
    mounts.length > 0 &&
    users.every(({ kind }) => kind === 'mount') &&
    mounts.every(({ filesystem }) => filesystem === 'ro')
  );
}
