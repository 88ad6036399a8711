import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';

/** What a command waits for. */
export type Hindrance = UdevHindrance | LockHindrance;

/** A udev cookie that nobody completes; `dmsetup udevcomplete COOKIE` does, and lets the command go on. */
export interface UdevHindrance {
  readonly kind: 'udev-stuck';
  /** The cookies as `dmsetup udevcookies` names them, such as `0xd4d34aa`. */
  readonly cookies: readonly string[];
}

/** A lock of lvm (flock(2) on a file of its locking_dir) that another process holds. */
export interface LockHindrance {
  readonly kind: 'locked';
  /** The lock's file, such as `/run/lock/lvm/V_vg`. */
  readonly path: string;
  /** The volume group; `null` for a lock of all, such as `P_global`. */
  readonly group: string | null;
  /** The process that took it; `null` if it is not visible from here. */
  readonly pid: number | null;
  /** That process's name, `''` if unknown. */
  readonly name: string;
}

/**
 * What a running command waits for, as far as /proc tells: its lock's holder, or a cookie that has been there for two
 * seconds. `null` if neither is seen. Only looks, ends nothing; throws nothing.
 */
export function findHindrance(pid: number, started: number, proc = '/proc'): Hindrance | null {
  const family = familyOf(pid, proc);
  return lockOf(family, proc) ?? cookiesOf(family, started, proc);
}

/** What a person has to be told about a hindrance, in one sentence. */
export function describeHindrance(hindrance: Hindrance): string {
  if (hindrance.kind === 'udev-stuck')
    return `lvm waits for udev, which does not answer to the cookies ${hindrance.cookies.join(', ')}; "dmsetup udevcomplete" with each lets lvm go on`;
  const { path, pid, name } = hindrance;
  const holder = pid === null ? 'a process that is not visible from here' : `process ${pid}${name && ` (${name})`}`;
  return `the lock ${path} is held by ${holder}`;
}

// A waiter's line of /proc/locks has an arrow and the numbers of the lock it waits for: "3: -> FLOCK ADVISORY WRITE
// 745 00:15:44 0 EOF", where the same "3:" without an arrow is the holder. fs/locks.c.
function lockOf(family: ReadonlySet<number>, proc: string): LockHindrance | null {
  const lines = read(`${proc}/locks`)
    .split('\n')
    .flatMap((line) => {
      const match = /^\d+:\s+(->)?\s*FLOCK\s+\S+\s+\S+\s+(\d+)\s+(\S+:\d+)\s/.exec(line);
      const [, arrow, pid, file] = match ?? [];
      return file === undefined ? [] : [{ waits: arrow !== undefined, pid: Number(pid), file }];
    });
  const waiter = lines.find(({ waits, pid }) => waits && family.has(pid));
  if (waiter === undefined) return null;
  const path = pathOf(waiter.pid, waiter.file, proc);
  const holder = lines.find(({ waits, pid, file }) => !waits && file === waiter.file && !family.has(pid));
  const pid = holder === undefined ? null : holder.pid;
  return {
    kind: 'locked',
    path,
    group: /^V_(.+)$/.exec(basename(path).replace(/:aux$/, ''))?.[1] ?? null,
    pid,
    name: pid === null ? '' : read(`${proc}/${pid}/comm`).trim(),
  };
}

// The file of the lock is one that the waiter has open: no need to know lvm's locking_dir.
function pathOf(pid: number, file: string, proc: string): string {
  const inode = Number(file.split(':')[2]);
  for (const number of list(`${proc}/${pid}/fd`)) {
    const link = `${proc}/${pid}/fd/${number}`;
    const status = statSync(link, { throwIfNoEntry: false });
    if (status?.ino === inode && status.isFile()) return link;
  }
  return '';
}

// DM_COOKIE_MAGIC of libdm-common.c is the upper half of the key. What a semaphore counts to stands in no file: one that
// is older than udev could take is a cookie not completed, for lvm removes it when it is.
function cookiesOf(family: ReadonlySet<number>, started: number, proc: string): UdevHindrance | null {
  const now = Date.now() / 1000;
  const cookies = read(`${proc}/sysvipc/sem`)
    .split('\n')
    .flatMap((line) => {
      const [key, , , , , , , , , changed] = line.trim().split(/\s+/).map(Number);
      if (key === undefined || changed === undefined || key >>> 16 !== 0xd4d) return [];
      const old = now - changed >= 2 && changed >= Math.floor(started / 1000);
      return old ? [`0x${key.toString(16)}`] : [];
    });
  if (cookies.length === 0 || ![...family].some((pid) => mayWaitForSemaphore(pid, proc))) return null;
  return { kind: 'udev-stuck', cookies };
}

// "0" is what a kernel says that does not tell.
function mayWaitForSemaphore(pid: number, proc: string): boolean {
  const where = read(`${proc}/${pid}/wchan`);
  return where === '' || where === '0' || where.includes('sem');
}

// A prefix such as sudo stays between us and lvm.
function familyOf(pid: number, proc: string): ReadonlySet<number> {
  const family = new Set([pid]);
  for (const member of family)
    for (const child of read(`${proc}/${member}/task/${member}/children`).split(' '))
      if (/^\d+$/.test(child.trim())) family.add(Number(child));
  return family;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
