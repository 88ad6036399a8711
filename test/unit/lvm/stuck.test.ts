import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHindrance } from '../../../lib/lvm/stuck.ts';

let proc = '';

beforeEach(() => {
  proc = realpathSync(mkdtempSync(join(tmpdir(), 'devmapper-proc-')));
});

afterEach(() => rmSync(proc, { recursive: true }));

describe('what a running command waits for', () => {
  it('is nothing where nothing is to be seen, or no /proc at all', () => {
    expect(findHindrance(100, 0, proc)).toBeNull();
    expect(findHindrance(100, 0, join(proc, 'nowhere'))).toBeNull();
  });

  it('is a lock: its file, its group, and who holds it', () => {
    const lock = lockFile('V_vg', 100);
    put(
      'locks',
      `1: FLOCK  ADVISORY  WRITE 50 ${lock} 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 100 ${lock} 0 EOF\n`,
    );
    put('50/comm', 'vgs\n');
    expect(findHindrance(100, 0, proc)).toEqual({
      ...{ kind: 'locked', path: join(proc, 'V_vg'), group: 'vg', pid: 50, name: 'vgs' },
    });
  });

  it('is the lock of one that stands behind another in the queue: the holder, not the other', () => {
    const lock = lockFile('V_vg', 60);
    const queue = lockFile('V_vg:aux', 100);
    put(
      'locks',
      [
        ...[`1: FLOCK  ADVISORY  WRITE 60 ${queue} 0 EOF`, `1: -> FLOCK  ADVISORY  WRITE 100 ${queue} 0 EOF`],
        ...[`2: FLOCK  ADVISORY  WRITE 50 ${lock} 0 EOF`, `2: -> FLOCK  ADVISORY  WRITE 60 ${lock} 0 EOF`],
      ].join('\n'),
    );
    expect(findHindrance(100, 0, proc)).toMatchObject({ path: join(proc, 'V_vg'), group: 'vg', pid: 50 });
  });

  it('is a lock of all, of no group', () => {
    const lock = lockFile('P_global', 100);
    put(
      'locks',
      `1: FLOCK  ADVISORY  READ 50 ${lock} 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 100 ${lock} 0 EOF\n`,
    );
    expect(findHindrance(100, 0, proc)).toMatchObject({ group: null, pid: 50 });
  });

  it('is a lock of somebody who is not visible from here', () => {
    const lock = lockFile('V_vg', 100);
    put('locks', `1: -> FLOCK  ADVISORY  WRITE 100 ${lock} 0 EOF\n`);
    expect(findHindrance(100, 0, proc)).toMatchObject({ group: 'vg', pid: null, name: '' });
  });

  it('is seen for lvm below a prefix as well, which is another process', () => {
    put('100/task/100/children', '101 ');
    put('101/task/101/children', '102 ');
    const lock = lockFile('V_vg', 102);
    put(
      'locks',
      `1: FLOCK  ADVISORY  WRITE 50 ${lock} 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 102 ${lock} 0 EOF\n`,
    );
    expect(findHindrance(100, 0, proc)).toMatchObject({ group: 'vg', pid: 50 });
  });

  it('is not a lock that another process waits for', () => {
    const lock = lockFile('V_vg', 70);
    put(
      'locks',
      `1: FLOCK  ADVISORY  WRITE 100 ${lock} 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 70 ${lock} 0 EOF\n`,
    );
    expect(findHindrance(100, 0, proc)).toBeNull();
  });

  it('is udev: a cookie made since it was started, and seconds old', () => {
    const now = Math.floor(Date.now() / 1000);
    semaphores([0xd4d34aa, now - 3], [0x1234, now - 3]);
    expect(findHindrance(100, (now - 5) * 1000, proc)).toEqual({
      kind: 'udev-stuck',
      cookies: ['0xd4d34aa'],
    });
  });

  it('is not udev for a cookie of this moment, which is on its way, nor for one left from before', () => {
    const now = Math.floor(Date.now() / 1000);
    semaphores([0xd4d34aa, now], [0xd4d34ab, now - 60]);
    expect(findHindrance(100, (now - 5) * 1000, proc)).toBeNull();
  });

  it('is found or not, and nothing is thrown, whatever /proc says', () => {
    const part = fc.constantFrom(
      '1:',
      '->',
      'FLOCK',
      'ADVISORY',
      'WRITE',
      '100',
      '00:14:37',
      'EOF',
      '\n',
      ' ',
      '-1',
    );
    const text = fc.array(part, { maxLength: 30 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, text, (locks, sem) => {
        put('locks', locks);
        put('sysvipc/sem', sem);
        const found = findHindrance(100, 0, proc);
        expect(found === null || found.kind === 'locked').toBe(true);
      }),
    );
  });
});

function put(path: string, text: string): void {
  const whole = join(proc, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
}

/** A lock's file that a process has open; as /proc/locks names it. */
function lockFile(name: string, pid: number): string {
  put(name, '');
  mkdirSync(join(proc, String(pid), 'fd'), { recursive: true });
  symlinkSync(join(proc, name), join(proc, String(pid), 'fd', '7'));
  return `00:14:${statSync(join(proc, name)).ino}`;
}

function semaphores(...all: readonly (readonly [key: number, changed: number])[]): void {
  const head = '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n';
  const rows = all.map(([key, changed]) => `${key} 0 600 1 0 0 0 0 ${changed} ${changed}\n`);
  put('sysvipc/sem', head + rows.join(''));
}
