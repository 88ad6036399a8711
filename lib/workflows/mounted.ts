import { realpath, stat } from 'node:fs/promises';
import { Refusal } from './errors.ts';
import { numberText } from './system/device-number.ts';
import { mounts, mountsOf } from './system/mounts.ts';

/** Whether what a directory shows is the file system on this device, which nothing is mounted over. */
export async function isMountedOn(device: string, directory: string): Promise<boolean> {
  const path = await realpath(directory).catch(() => directory);
  const upper = (await mounts()).findLast(({ target }) => target === path);
  if (upper === undefined || !(await mountsOf(device)).some((mount) => mount.device === upper.device))
    return false;
  // Something may cover a directory above it. Of a btrfs the numbers are not comparable.
  const shown = await stat(directory, { bigint: true }).catch(() => null);
  return shown !== null && (upper.device.startsWith('0:') || numberText(shown.dev) === upper.device);
}

/**
 * Rejects with a {@link Refusal} `failed` unless a directory still shows what was mounted on it, `vg/lv` with its device:
 * what was unmounted, or mounted over, meanwhile was another directory that was read. Null: it was not mounted.
 */
export async function requireShown(name: string, device: string, directory: string | null): Promise<void> {
  if (directory === null || (await isMountedOn(device, directory))) return;
  throw new Refusal(
    'failed',
    `${directory} does not show ${name} any more: what was read there is not to be trusted`,
    'Throw away what was made of it, find out who has unmounted it or mounted something over it, and call again.',
  );
}

/**
 * Rejects with a {@link Refusal} unless something can be mounted on this directory: `not-found`, or `in-use` if a mount is
 * there already that is none of these devices (`major:minor`), which will be unmounted before.
 */
export async function requireMountPoint(directory: string, leaving: readonly string[]): Promise<void> {
  const found = await stat(directory).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new Refusal('not-found', `there is no directory ${directory} to mount on`, 'Make it first.');
  const path = await realpath(directory);
  const taken = (await mounts()).findLast(({ target }) => target === path);
  if (taken === undefined || leaving.includes(taken.device)) return;
  throw new Refusal(
    'in-use',
    `${taken.source} is mounted on ${directory} already`,
    'Give another directory.',
  );
}
