import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DmError } from '../../errors.ts';
import { type Mount, mountsOf } from '../system/mounts.ts';
import { usersOf } from '../system/users.ts';
import type { Tools } from '../tools.ts';

/** The mounts of a block device, `major:minor`, and of the devices that stand on it. */
export async function mountsAbove(device: string): Promise<readonly Mount[]> {
  const found = await Promise.all((await devicesAbove(device)).map((one) => mountsOf(one)));
  return found.flat();
}

/** How often a device of device-mapper is open, by its path. */
export async function openCountOf({ dm }: Tools, path: string): Promise<number> {
  return (await dm.info({ name: path.replace('/dev/mapper/', '') })).openCount;
}

/**
 * Who uses a block device, `major:minor`, or one that stands on it, otherwise than by a file system that is mounted here:
 * a sentence without its end each. Such use cannot be frozen. A moment's, as of udev, which looks at devices, is none; nor
 * is the file system on `suspended`, which the kernel freezes when that is suspended, wherever it is mounted.
 */
export async function otherUses(
  tools: Tools,
  device: string,
  suspended: string | null = null,
): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    const devices = await devicesAbove(device);
    const found = (await Promise.all(devices.map((one) => useOf(tools, one, one === suspended)))).flat();
    if (found.length === 0 || attempt >= mostLooks) return found;
    await sleep(100);
  }
}

const mostLooks = 10;

/** How a device is used. */
export interface Use {
  /** Null if the kernel does not tell, as of one that is none of device-mapper's. */
  readonly openCount: number | null;
  readonly isMounted: boolean;
  /** How many devices stand on it. */
  readonly holders: number;
}

/** Whether a device may be used by others than the devices upon it and the file system that is mounted from it. */
export function isUsedByOthers({ openCount, isMounted, holders }: Use): boolean {
  // Each device upon it opens it once, and a file system does, however often it is mounted.
  const accounted = holders + (isMounted ? 1 : 0);
  return openCount === null ? accounted === 0 : openCount > accounted;
}

async function useOf(tools: Tools, device: string, isSuspended: boolean): Promise<readonly string[]> {
  const mapped = await readFile(`/sys/dev/block/${device}/dm/name`, 'utf8').catch(() => null);
  const isMounted = (await mountsOf(device)).length > 0;
  const openCount = mapped === null ? null : await openCountAt(tools, device);
  const holders = (await holdersOf(device)).length;
  if (!isUsedByOthers({ openCount, isMounted, holders })) return [];
  if (openCount === null) return [`whether the device ${device} upon it is in use cannot be told`];
  const all = await usersOf(device, openCount);
  if (isSuspended && all.length > 0 && all.every(({ kind }) => kind === 'mount' || kind === 'holder'))
    return [];
  const users = all.filter(({ kind }) => kind !== 'holder' && !(kind === 'mount' && isMounted));
  const texts = users.map(({ text }) => text);
  const who = texts.length > 0 ? texts.join('; ') : 'is open once more; by whom cannot be seen from here';
  return [`/dev/mapper/${mapped?.trimEnd()} ${who}`];
}

/** How often a device of device-mapper is open, by its number `major:minor`; 0 if it is there no more. */
export async function openCountAt({ dm }: Tools, device: string): Promise<number> {
  const [major = 0, minor = 0] = device.split(':').map(Number);
  try {
    return (await dm.info({ major, minor })).openCount;
  } catch (error) {
    if (error instanceof DmError && error.reason === 'no-device') return 0;
    throw error;
  }
}

// A device before those that stand on it.
async function devicesAbove(device: string, depth = 0): Promise<readonly string[]> {
  // As many layers as anybody has; the kernel's own graph has no circle.
  if (depth >= 16) return [device];
  const above = (await holdersOf(device)).map((one) => devicesAbove(one, depth + 1));
  return [...new Set([device, ...(await Promise.all(above)).flat()])];
}

async function holdersOf(device: string): Promise<readonly string[]> {
  const names = await readdir(`/sys/dev/block/${device}/holders`).catch(() => []);
  const numbers = await Promise.all(
    names.map((name) => readFile(`/sys/class/block/${name}/dev`, 'utf8').catch(() => '')),
  );
  return numbers.map((number) => number.trim()).filter((number) => number !== '');
}
