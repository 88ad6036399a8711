import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from '../../abort.ts';
import { deviceNumber } from './device-number.ts';
import { type Mount, mounts, selectMounts } from './mounts.ts';
import { pathsInUse, processes, processText } from './processes.ts';
import { runProgram } from './program.ts';

/** How to unmount. */
export interface UnmountOptions {
  /** How often to try while it is busy, 300 ms apart; default 20. */
  readonly attempts?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unmounts a block device wherever this process sees it mounted, the last mount first, and tries again while it is busy.
 * Never lazily: what it has unmounted is closed. Rejects with an Error that says who keeps it (`code` `EBUSY`), what lies
 * over it, or what umount(8) said; with an `AbortError` when the signal fires. Not mounted at all is no error.
 */
export async function unmountAll(
  device: string,
  { attempts = 20, signal }: UnmountOptions = {},
): Promise<void> {
  const number = await deviceNumber(device);
  for (let attempt = 1; ; attempt++) {
    if (signal?.aborted === true) throw abortError(signal);
    const failure = await unmountOnce(number, signal);
    if (failure === null) return;
    if (!failure.busy) throw new Error(failure.message);
    if (attempt >= attempts) throw await busy(failure.mount, failure.message);
    await sleep(300, undefined, { signal }).catch(() => {
      throw abortError(signal);
    });
  }
}

interface Failure {
  readonly mount: Mount;
  readonly message: string;
  readonly busy: boolean;
}

async function unmountOnce(number: string, signal: AbortSignal | undefined): Promise<Failure | null> {
  for (;;) {
    const all = await mounts();
    const mount = (await selectMounts(all, number)).at(-1);
    if (mount === undefined) return null;
    // umount(8) takes away what is uppermost at that place.
    const upper = all.findLast(({ target }) => target === mount.target);
    if (upper !== mount && upper !== undefined)
      return { mount, busy: false, message: `${mount.target} is covered by a mount of ${upper.source}` };
    const { status, stderr } = await runProgram(['umount', '--', mount.target], 'util-linux', signal);
    if (status === 0) continue;
    const message = stderr === '' ? `umount ${mount.target} ended with status ${status}` : stderr;
    return { mount, message, busy: /\bbusy\b/.test(message) };
  }
}

async function busy(mount: Mount, said: string): Promise<Error> {
  const users = await usersOfMount(mount);
  const who = users.length === 0 ? 'by whom cannot be seen from here' : users.join('; ');
  return Object.assign(new Error(`${mount.target} is in use: ${who} (${said})`), { code: 'EBUSY' });
}

// As many as a person reads.
const shownUsers = 10;

async function usersOfMount({ target }: Mount): Promise<readonly string[]> {
  const below = (path: string): boolean => path === target || path.startsWith(`${target}/`);
  const users = (await mounts())
    .filter((other) => other.target !== target && below(other.target))
    .map((other) => `${other.source} is mounted on ${other.target}`);
  for (const pid of await processes()) {
    if (users.length >= shownUsers) break;
    const use = (await pathsInUse(pid)).find(({ path }) => below(path));
    if (use === undefined) continue;
    const how = use.how === 'opened' ? `has ${use.path} open` : `has its ${use.how} at ${use.path}`;
    users.push(`process ${await processText(pid)} ${how}`);
  }
  return users;
}
