import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { deviceNumber } from './device-number.ts';
import { mountsOf, parseMountinfo, plain, selectMounts } from './mounts.ts';
import { hasOpened, processes, processText } from './processes.ts';

/** Somebody who uses a block device. */
export interface User {
  readonly kind: 'mount' | 'swap' | 'holder' | 'process' | 'unknown';
  /** What follows the device's name in a sentence: `is mounted on /srv`, `is opened by process 12 (dd)`. */
  readonly text: string;
}

/**
 * Who uses a block device, given its path and how often the kernel says it is open: mounts, swap, devices upon it,
 * processes, and mounts in other mount namespaces; `unknown` if it is open more often than those account for, as by a loop
 * device. Processes are looked for only while the others do not account for `openCount`, and account for all the rest.
 * Rejects if the path does not exist or is no block device.
 */
export async function usersOf(path: string, openCount: number): Promise<readonly User[]> {
  const device = await deviceNumber(path);
  const mounted = (await mountsOf(device)).map(({ target }) => user('mount', `is mounted on ${target}`));
  const others = [...(await swapUsers(device)), ...(await holders(device))];
  // A file system opens its device once, however often it is mounted.
  const accounted = others.length + (mounted.length === 0 ? 0 : 1);
  if (openCount <= accounted) return [...mounted, ...others];
  const opened = await openers(device);
  const seen = [...mounted, ...others, ...opened];
  if (opened.length > 0) return seen;
  const elsewhere = mounted.length > 0 ? [] : await mountedElsewhere(device);
  if (elsewhere.length > 0 && openCount <= accounted + 1) return [...seen, ...elsewhere];
  const all = [...seen, ...elsewhere];
  // Such as a loop device: the kernel opens it, and shows no holder.
  const how = all.length === 0 ? 'is open' : 'is open once more';
  return [...all, user('unknown', `${how}; by whom cannot be seen from here`)];
}

/** The paths that a /proc/swaps names; files among them, too. Throws nothing. */
export function parseSwaps(text: string): readonly string[] {
  const paths = text.split('\n').map((line) => /^(\/\S*)\s/.exec(line)?.[1]);
  return paths.flatMap((path) => (path === undefined ? [] : [plain(path)]));
}

async function swapUsers(device: string): Promise<readonly User[]> {
  const paths = parseSwaps(await readFile('/proc/swaps', 'utf8').catch(() => ''));
  const numbers = await Promise.all(paths.map((path) => deviceNumber(path).catch(() => '')));
  return numbers.includes(device) ? [user('swap', 'is used as swap')] : [];
}

async function holders(device: string): Promise<readonly User[]> {
  const names = await readdir(`/sys/dev/block/${device}/holders`).catch(() => []);
  return Promise.all(
    names.map(async (name) => {
      const mapped = await readFile(`/sys/class/block/${name}/dm/name`, 'utf8').catch(() => '');
      return user('holder', `is used by ${mapped === '' ? name : `${mapped.trimEnd()} (${name})`}`);
    }),
  );
}

async function openers(device: string): Promise<readonly User[]> {
  const users: User[] = [];
  for (const pid of await processes())
    if (await hasOpened(pid, device))
      users.push(user('process', `is opened by process ${await processText(pid)}`));
  return users;
}

// A container, or a service with PrivateMounts=, keeps what was unmounted here. One process of each namespace will do.
async function mountedElsewhere(device: string): Promise<readonly User[]> {
  const seen = new Set([await namespaceOf('self')]);
  const users: User[] = [];
  for (const pid of await processes()) {
    const namespace = await namespaceOf(String(pid));
    if (namespace === '' || seen.has(namespace)) continue;
    seen.add(namespace);
    const all = parseMountinfo(await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => ''));
    for (const { target } of await selectMounts(all, device)) {
      const where = `in the mount namespace of process ${await processText(pid)}`;
      users.push(user('mount', `is mounted on ${target} ${where}`));
    }
  }
  return users;
}

function namespaceOf(pid: string): Promise<string> {
  return readlink(join('/proc', pid, 'ns/mnt')).catch(() => '');
}

function user(kind: User['kind'], text: string): User {
  return { kind, text };
}
