import { type Keeper, type KeeperEnd, startKeeper } from './keeper.ts';
import type { Mount } from './mounts.ts';
import type { Quiet } from './quiesce.ts';

/** A frozen file system and who keeps it so. */
export interface Held {
  readonly mount: Mount;
  readonly keeper: Keeper;
}

/** What holds these keepers' frozen file systems, and thaws them: see {@link Quiet}. */
export function holding(all: readonly Held[]): Quiet {
  const broken = new AbortController();
  let released: Promise<{ readonly held: boolean }> | undefined;
  const kept = all.map(({ mount, keeper }): Kept => {
    const over = keeper.ended.then(async (end) => ({
      end,
      thawed: end.how !== 'killed' || (await rescue(mount)),
    }));
    void over.then(({ end, thawed }) => {
      if (released === undefined) broken.abort(brokenBy(mount, end, thawed));
    });
    return { mount, keeper, over };
  });
  return {
    how: 'freeze',
    broken: broken.signal,
    release: () => {
      released ??= Promise.all(kept.map(thaw)).then((each) => ({ held: each.every(Boolean) }));
      return released;
    },
  };
}

interface Kept extends Held {
  readonly over: Promise<{ readonly end: KeeperEnd; readonly thawed: boolean }>;
}

// Whether it was frozen until now.
async function thaw({ mount, keeper, over }: Kept): Promise<boolean> {
  void keeper.release();
  const outcome = await inTime(over);
  if (outcome === 'late') {
    keeper.abandon();
    const message = `${mount.target} is still frozen: process ${keeper.pid} waits for its disk to thaw it`;
    throw Object.assign(new Error(message), { code: 'ETIMEDOUT' });
  }
  const { end, thawed } = outcome;
  if (!thawed) throw brokenBy(mount, end, thawed);
  return end.how === 'thawed' && end.why === 'told' && end.error === null;
}

// A keeper that was killed had no time to thaw. EINVAL, if somebody else has thawed, is as good.
async function rescue({ target: path, device }: Mount): Promise<boolean> {
  const keeper = startKeeper({ call: 'thaw', path, device, until: 0 });
  const thawed = keeper.ready.then(keeper.act).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'EINVAL',
  );
  const outcome = await inTime(thawed);
  if (outcome === 'late') keeper.abandon();
  return outcome === true;
}

const patience = 30_000;

/** What the promise gives, or `late` if that takes more than 30 seconds, which only a disk that hangs does. */
export function inTime<T>(promise: Promise<T>): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function brokenBy({ target }: Mount, end: KeeperEnd, thawed: boolean): Error {
  const message = !thawed
    ? `${target} can still be frozen: the process that kept it so was killed; "fsfreeze --unfreeze" thaws it`
    : end.how === 'thawed' && end.why === 'deadline'
      ? `${target} was thawed by its deadline`
      : `${target} was thawed early: the process that kept it frozen was ended`;
  return Object.assign(new Error(message), { code: thawed ? 'ETIMEDOUT' : 'EBUSY' });
}
