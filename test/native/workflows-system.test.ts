import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadAddon } from '../../lib/addon.ts';
import { type Held, lockName, lockSubject } from '../../lib/workflows/system/lock.ts';
import { mounts } from '../../lib/workflows/system/mounts.ts';
import { makeOwnDirectory } from '../../lib/workflows/system/own-directory.ts';
import { quiesce } from '../../lib/workflows/system/quiesce.ts';

const addon = loadAddon();
const scratch = mkdtempSync(join(tmpdir(), 'devmapper-system-'));
afterAll(() => rmSync(scratch, { recursive: true }));

describe('a call on a file or device that fails', () => {
  const failureOf = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      const { code, errno, syscall, path } = error as NodeJS.ErrnoException;
      return { code, errno, syscall, path };
    }
  };

  it('throws what those of node:fs throw', () => {
    const path = join(scratch, 'nowhere');
    const missing = { code: 'ENOENT', errno: -2, syscall: 'open', path };
    for (const name of ['freeze', 'thaw', 'syncFilesystem', 'flush', 'isReadOnly', 'deviceSize'] as const)
      expect(
        failureOf(() => addon[name](path)),
        name,
      ).toEqual(missing);
    expect(failureOf(() => addon.setReadOnly(path, true))).toEqual(missing);
    expect(() => addon.thaw(path)).toThrow(`ENOENT: No such file or directory, open '${path}'`);
  });

  it('names the ioctl that a file does not know', () => {
    expect(failureOf(() => addon.deviceSize(scratch))).toEqual({
      ...{ code: 'ENOTTY', errno: -25, syscall: 'ioctl', path: scratch },
    });
  });
});

describe('an open file', () => {
  it('is locked by one of those who have it open, until that closes it', () => {
    const path = join(scratch, 'open');
    const [first, second] = [openSync(path, 'w'), openSync(path, 'r')];
    expect(addon.lockDescriptor(first)).toBe(true);
    expect(addon.lockDescriptor(first)).toBe(true);
    expect(addon.lockDescriptor(second)).toBe(false);
    closeSync(first);
    expect(addon.lockDescriptor(second)).toBe(true);
    addon.dropCache(second);
    closeSync(second);
  });

  it('has to be open', () => {
    for (const [name, syscall] of [
      ['lockDescriptor', 'flock'],
      ['dropCache', 'fadvise'],
    ] as const)
      expect(() => addon[name](1 << 20)).toThrow(expect.objectContaining({ code: 'EBADF', syscall }));
  });
});

describe('a lock', () => {
  const directory = join(scratch, 'locks');

  const taken = async (subject: string, what = 'test'): Promise<Held> => {
    const held = await lockSubject(subject, what, directory);
    if ('holder' in held) throw new Error(`held by ${held.holder}`);
    onTestFinished(() => held.release());
    return held;
  };

  it('is had by one at a time, also within a process, and says by whom', async () => {
    const held = await taken('vg/a', 'replaceFailedDevice\nof vg');
    const name = readFileSync('/proc/self/comm', 'utf8').trim();
    expect(await lockSubject('vg/a', 'other', directory)).toEqual({
      holder: expect.stringMatching(
        new RegExp(`^${process.pid} \\(${name}\\), replaceFailedDevice of vg since \\d{4}-\\d\\d-\\d\\dT`),
      ),
    });
    await held.release();
    await taken('vg/a');
  });

  it('is of one subject', async () => {
    await taken('vg/b');
    await taken('vg/c');
  });

  it('leaves another alone that is released twice', async () => {
    const first = await taken('vg/d');
    await first.release();
    const second = await taken('vg/d');
    await first.release();
    expect(await lockSubject('vg/d', 'third', directory)).toHaveProperty('holder');
    await second.release();
  });

  it('ends with its process, by SIGKILL as well', async () => {
    const child = inOwnProcess(`
      import { lockSubject } from ${url('workflows/system/lock.js')};
      const held = await lockSubject('vg/e', 'child', ${JSON.stringify(directory)});
      console.log('holder' in held ? 'taken' : 'held');
      setInterval(() => {}, 1000);`);
    expect(await nextLine(child)).toBe('held');
    expect(await lockSubject('vg/e', 'we', directory)).toEqual({
      holder: expect.stringMatching(new RegExp(`^${child.pid} \\(.+\\), child since `)),
    });
    child.kill('SIGKILL');
    await gone(child);
    await taken('vg/e');
  });

  it('says another process where the note is of one that is gone', async () => {
    await taken('vg/f');
    writeFileSync(join(directory, lockName('vg/f')), '4194304999 gone since');
    expect(await lockSubject('vg/f', 'we', directory)).toEqual({ holder: 'another process' });
  });

  it('keeps its file, which only its owner can read', async () => {
    const held = await taken('vg/g');
    await held.release();
    const status = statSync(join(directory, lockName('vg/g')));
    expect(status.mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('follows no link', async () => {
    await taken('vg/h');
    symlinkSync(join(scratch, 'elsewhere'), join(directory, lockName('vg/i')));
    await expect(lockSubject('vg/i', 'we', directory)).rejects.toMatchObject({
      code: 'ELOOP',
      message: expect.stringMatching(/^vg\/i cannot be locked: /),
    });
    expect(existsSync(join(scratch, 'elsewhere'))).toBe(false);
    symlinkSync(directory, join(scratch, 'link'));
    await expect(lockSubject('vg/i', 'we', join(scratch, 'link'))).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('trusts no directory that others can write to, and says what is wrong with one', async () => {
    const open = mkdtempSync(join(scratch, 'open-'));
    chmodSync(open, 0o777);
    await expect(lockSubject('vg/j', 'we', open)).rejects.toThrow(
      `vg/j cannot be locked: ${open} can be written by others`,
    );
    await expect(lockSubject('vg/j', 'we', '/proc/nowhere')).rejects.toThrow(
      /^vg\/j cannot be locked: ENOENT/,
    );
  });
});

describe('a directory of our own', () => {
  it('has nothing above it that others can write to, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      await makeOwnDirectory(join(scratch, 'above', 'own'));
    } finally {
      process.umask(umask);
    }
    expect(statSync(join(scratch, 'above')).mode & 0o777).toBe(0o755);
    expect(statSync(join(scratch, 'above', 'own')).mode & 0o777).toBe(0o700);
  });
});

const proc = (await mounts()).filter(({ target }) => target === '/proc').slice(-1);

// The kernel has nothing to flush of it, and refuses to freeze it: nothing on this machine waits for these tests.
describe('quiesce of a file system without a disk', () => {
  it('flushes it, from TypeScript and from the built package alike', async () => {
    const quiet = await quiesce(proc, 'sync', { deadline: 60_000 });
    expect(quiet.how).toBe('sync');
    expect(await quiet.release()).toEqual({ held: true });
    const child = inOwnProcess(`
      import { mounts } from ${url('workflows/system/mounts.js')};
      import { quiesce } from ${url('workflows/system/quiesce.js')};
      const proc = (await mounts()).filter(({ target }) => target === '/proc').slice(-1);
      const quiet = await quiesce(proc, 'sync', { deadline: 60_000 });
      console.log(proc.length, quiet.how, JSON.stringify(await quiet.release()));`);
    expect(await nextLine(child)).toBe('1 sync {"held":true}');
    expect(await gone(child)).toBe(0);
  });

  it('says why it cannot be frozen', async () => {
    const failure = quiesce(proc, 'freeze', { deadline: 60_000 });
    await expect(failure).rejects.toThrow(
      process.geteuid?.() === 0
        ? /^\/proc (cannot be frozen: proc has no such thing|may not be frozen)/
        : /^\/proc may not be frozen by this process: it needs CAP_SYS_ADMIN$/,
    );
  });

  it('finds out that another file system is mounted there', async () => {
    const other = proc.map((mount) => ({ ...mount, device: '4000:1' }));
    await expect(quiesce(other, 'freeze', { deadline: 60_000 })).rejects.toMatchObject({
      code: 'ESTALE',
      message: expect.stringContaining('another file system is mounted on /proc'),
    });
  });

  it('leaves no listener on the signal, and ends when that fires', async () => {
    const controller = new AbortController();
    const under = quiesce(proc, 'sync', { deadline: 60_000, signal: controller.signal });
    controller.abort();
    await expect(under).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
  });
});

function url(file: string): string {
  return JSON.stringify(new URL(`../../dist/${file}`, import.meta.url).href);
}

function inOwnProcess(source: string): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    ...{ stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

function nextLine(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new Error('no standard output');
  return new Promise((resolve, reject) => {
    createInterface({ input: stdout }).once('line', resolve);
    child.once('exit', (status, signal) => reject(new Error(`ended with ${signal ?? status}`)));
  });
}

function gone(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('exit', resolve);
  });
}
