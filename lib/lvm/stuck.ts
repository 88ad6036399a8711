import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
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
  /** The lock's file, such as `/run/lock/lvm/V_vg`; `''` if it cannot be seen. */
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
  return lockOf(family, proc) ?? cookiesOf(started, proc);
}

interface Lock {
  readonly waits: boolean;
  readonly pid: number;
  /** Device and inode. */
  readonly file: string;
}

function lockOf(family: ReadonlySet<number>, proc: string): LockHindrance | null {
  const locks = locksOf(read(`${proc}/locks`));
  const waiter = locks.find(({ waits, pid }) => waits && family.has(pid));
  if (waiter === undefined) return null;
  // Of a lock's two files the first one in the queue holds V_vg:aux, lib/locking/file_locking.c.
  const path = pathOf(waiter.pid, waiter.file, proc).replace(/:aux$/, '');
  const pid = holderOf(waiter, locks);
  return {
    kind: 'locked',
    path,
    group: /^V_(.+)$/.exec(basename(path))?.[1] ?? null,
    pid,
    name: pid === null ? '' : read(`${proc}/${pid}/comm`).trim(),
  };
}

// A waiter's line has an arrow: "3: -> FLOCK ADVISORY WRITE 745 00:15:44 0 EOF". fs/locks.c.
function locksOf(text: string): readonly Lock[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\d+:\s+(->)?\s*FLOCK\s+\S+\s+\S+\s+(\d+)\s+(\S+:\d+)\s/.exec(line);
    const [, arrow, pid, file] = match ?? [];
    return file === undefined ? [] : [{ waits: arrow !== undefined, pid: Number(pid), file }];
  });
}

// Who holds it may himself wait for another: the one at the end of the queue is it.
function holderOf(waiter: Lock, locks: readonly Lock[]): number | null {
  let holder: Lock | undefined;
  let next: Lock | undefined = waiter;
  for (let hop = 0; next !== undefined && hop < 8; hop++) {
    const found = blockerOf(next, locks);
    holder = found ?? holder;
    next = locks.find(({ waits, pid }) => waits && pid === found?.pid);
  }
  return holder?.pid ?? null;
}

function blockerOf(waiter: Lock, locks: readonly Lock[]): Lock | undefined {
  return locks.find(({ waits, file, pid }) => !waits && file === waiter.file && pid !== waiter.pid);
}

// The file of the lock is one that the waiter has open: no need to know lvm's locking_dir.
function pathOf(pid: number, file: string, proc: string): string {
  const inode = Number(file.split(':')[2]);
  for (const number of list(`${proc}/${pid}/fd`)) {
    const link = `${proc}/${pid}/fd/${number}`;
    if (inodeOf(link) === inode) return linkOf(link);
  }
  return '';
}

// DM_COOKIE_MAGIC of libdm-common.c is the upper half of the key. A semaphore's value stands in no file, but lvm removes
// it as soon as udev has completed the cookie: one that is seconds old, and made since lvm was started, is not completed.
function cookiesOf(started: number, proc: string): UdevHindrance | null {
  const now = Date.now() / 1000;
  const cookies = read(`${proc}/sysvipc/sem`)
    .split('\n')
    .flatMap((line) => {
      const [key, , , , , , , , , changed] = line.trim().split(/\s+/).map(Number);
      if (key === undefined || changed === undefined || key >>> 16 !== 0xd4d) return [];
      const old = now - changed >= 2 && changed >= Math.floor(started / 1000);
      return old ? [`0x${key.toString(16)}`] : [];
    });
  return cookies.length === 0 ? null : { kind: 'udev-stuck', cookies };
}

// A prefix such as sudo stays between us and lvm.
function familyOf(pid: number, proc: string): ReadonlySet<number> {
  const family = new Set([pid]);
  for (const member of family)
    for (const child of read(`${proc}/${member}/task/${member}/children`).split(' '))
      if (/^\d+$/.test(child.trim())) family.add(Number(child));
  return family;
}

function inodeOf(path: string): number | undefined {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isFile() ? status.ino : undefined;
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
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
