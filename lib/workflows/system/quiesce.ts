import { abortError, onAbort } from '../../abort.ts';
import { requireInteger } from '../../arguments.ts';
import { type Held, holding, inTime } from './holding.ts';
import { startKeeper } from './keeper.ts';
import type { Mount } from './mounts.ts';
import { quiesceError } from './quiesce-error.ts';

export { freezeRefusal } from './freeze-refusal.ts';

/** What is done to a file system before its device is taken apart: FIFREEZE, syncfs(2), or nothing. */
export type Quiesce = 'freeze' | 'sync' | 'none';

/** File systems that are quiet, or were flushed. */
export interface Quiet {
  readonly how: Quiesce;
  /**
   * Thaws, and tells whether all was frozen until now; always `held` for `sync` and `none`, which hold nothing. Rejects
   * with `code` `ETIMEDOUT` if the thaw does not come back in 30 seconds, and `EBUSY` if it is up to others to thaw. May be
   * called again.
   */
  release(): Promise<{ readonly held: boolean }>;
  /** Fires when something was thawed before `release()`: by its deadline, by somebody else's kill. */
  readonly broken: AbortSignal;
}

/** Bounds of {@link quiesce}. */
export interface QuiesceOptions {
  /** Milliseconds from the call on, 1 to 2^31-1: then it gives up, or thaws what is frozen. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Freezes (fsfreeze(8)) or flushes the file systems of these mounts, each once, the last mounted first. Frozen ones are
 * held by processes of their own that thaw at the deadline, and at once if this process is gone. Rejects, with all thawed,
 * with `code` `EBUSY` if one is frozen by somebody else, who keeps it so; `ETIMEDOUT` or an `AbortError` if the deadline
 * or the signal comes first; or with the kernel's error. What hangs in the kernel then thaws when it comes back.
 */
export async function quiesce(
  mounts: readonly Mount[],
  how: Quiesce,
  { deadline, signal }: QuiesceOptions,
): Promise<Quiet> {
  requireInteger('deadline', deadline, 1, 2 ** 31 - 1);
  if (signal?.aborted === true) throw abortError(signal);
  const chosen = how === 'none' ? [] : onePerFilesystem(mounts);
  if (how === 'none' || chosen.length === 0) return nothingHeld(how);
  const until = Math.floor(Number(process.hrtime.bigint() / 1_000_000n)) + deadline;
  const all = chosen.map((mount): Entry => {
    const { target: path, device } = mount;
    return { mount, keeper: startKeeper({ call: how, path, device, until }), acting: false };
  });
  const limit = limitOf(deadline, signal);
  try {
    // Nothing is frozen until all can be.
    await limit.within(Promise.all(all.map(({ keeper }) => keeper.ready)));
    for (const entry of all) {
      entry.acting = true;
      await limit.within(entry.keeper.act());
      entry.acting = false;
    }
  } catch (error) {
    await giveUp(all);
    const acting = all.find((entry) => entry.acting);
    throw quiesceError(error as NodeJS.ErrnoException, acting, all, how, deadline);
  } finally {
    limit.over();
  }
  return how === 'sync' ? nothingHeld(how) : holding(all);
}

interface Entry extends Held {
  /** It was told to, and has not answered. */
  acting: boolean;
}

/** One mount for each file system, all of it rather than a part, the last mounted first: upper before lower. */
export function onePerFilesystem(mounts: readonly Mount[]): readonly Mount[] {
  const chosen = new Map<string, Mount>();
  for (const mount of mounts)
    if (!chosen.has(mount.device) || (mount.root === '/' && chosen.get(mount.device)?.root !== '/'))
      chosen.set(mount.device, mount);
  return [...chosen.values()].reverse();
}

async function giveUp(all: readonly Entry[]): Promise<void> {
  await Promise.all(
    all.map(async ({ keeper, acting }) => {
      if (acting || (await inTime(keeper.release())) === 'late') keeper.abandon();
    }),
  );
}

function nothingHeld(how: Quiesce): Quiet {
  return { how, broken: new AbortController().signal, release: async () => ({ held: true }) };
}

interface Limit {
  readonly within: <T>(promise: Promise<T>) => Promise<T>;
  readonly over: () => void;
}

function limitOf(deadline: number, signal: AbortSignal | undefined): Limit {
  const ends: (() => void)[] = [];
  const reached = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), deadline);
    ends.push(
      () => clearTimeout(timer),
      onAbort(signal, () => reject(abortError(signal))),
    );
  });
  reached.catch(() => {});
  return {
    within: (promise) => Promise.race([promise, reached]),
    over: () => {
      for (const end of ends) end();
    },
  };
}
