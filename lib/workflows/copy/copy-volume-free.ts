import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../errors.ts';
import { openCountAt } from '../split/split-above.ts';
import { deviceNumber } from '../system/device-number.ts';
import { type User, usersOf } from '../system/users.ts';
import type { Tools } from '../tools.ts';

/** Opens a block device for a copy: for nobody else who wants it for himself (O_EXCL). Rejects with `EBUSY`. */
export function openDevice(path: string, flags: number) {
  return open(path, flags | constants.O_EXCL);
}

/**
 * Rejects with a {@link Refusal} `in-use` if somebody uses a block device, be it without wanting it for himself, such as a
 * guest or a loop device. A moment's use, as of udev, which looks at devices, is none.
 */
export async function requireFree(tools: Tools, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const users = await usersNow(tools, path);
    if (users.length === 0) return;
    const isMoment = users.every(({ kind }) => kind === 'process' || kind === 'unknown');
    if (!isMoment || attempt >= mostLooks)
      throw new Refusal(
        'in-use',
        `${path} ${users.map(({ text }) => text).join('; ')}`,
        'Unmount or close it.',
      );
    await sleep(100);
  }
}

const mostLooks = 10;

async function usersNow(tools: Tools, path: string): Promise<readonly User[]> {
  const device = await deviceNumber(path);
  const isClaimed = await isClaimedBySomebody(path);
  const isMapped = (await stat(`/sys/dev/block/${device}/dm`).catch(() => null)) !== null;
  if (!isMapped && !isClaimed)
    // The kernel does not tell how often it is open: all who can be seen are looked for, and one more says nothing.
    return (await usersOf(path, Number.POSITIVE_INFINITY)).filter(({ kind }) => kind !== 'unknown');
  const openCount = isMapped ? await openCountAt(tools, device) : 0;
  const least = isClaimed ? 1 : 0;
  return usersOf(path, Math.max(openCount, least));
}

async function isClaimedBySomebody(path: string): Promise<boolean> {
  try {
    await (await openDevice(path, constants.O_RDONLY)).close();
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    return true;
  }
}
