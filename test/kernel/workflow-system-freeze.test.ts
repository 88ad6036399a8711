import type { ChildProcess } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadAddon } from '../../lib/addon.ts';
import { unmountAll } from '../../lib/workflows/system/mounting.ts';
import { type Mount, mountsOf } from '../../lib/workflows/system/mounts.ts';
import { processes } from '../../lib/workflows/system/processes.ts';
import { freezeRefusal, type Quiet, quiesce } from '../../lib/workflows/system/quiesce.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { directory, exit, formatted, inOwnProcess, line, mounted } from './support/filesystems.ts';
import { run } from './support/lab.ts';
import { until } from './support/moment.ts';
import { builtPackage } from './support/package.ts';

const addon = loadAddon();
let disk: TestDisk;
let place: string;

beforeAll(async () => {
  disk = await testDisk('system', 32);
  await run('mkfs.ext4', ['-q', disk.path]);
  place = await mounted(disk.path);
});

describe('a freeze', () => {
  it('holds who writes until it is released', async () => {
    const quiet = await frozen();
    const writer = inOwnProcess('sh', ['-c', `echo late > ${place}/file`]);
    await until(
      () => stateOf(writer),
      (state) => state === 'D',
    );
    expect(await quiet.release()).toEqual({ held: true });
    expect(await exit(writer)).toBe(0);
    expect(await readFile(join(place, 'file'), 'utf8')).toBe('late\n');
    expect(await quiet.release()).toEqual({ held: true });
    expect(quiet.broken.aborted).toBe(false);
    expect(isFrozen(place)).toBe(false);
  });

  it('is once for each file system, however often that is mounted', async () => {
    const again = await directory();
    await run('mount', ['--bind', place, again]);
    onTestFinished(async () => {
      await run('umount', [again]);
    });
    const mounts = await mountsOf(disk.path);
    expect(mounts.map(({ target }) => target)).toEqual([place, again]);
    const quiet = await quiesce(mounts, 'freeze', { deadline: 60_000 });
    expect(await quiet.release()).toEqual({ held: true });
  });

  it('ends at its deadline, and says so', async () => {
    const quiet = await frozen(20_000);
    await until(async () => quiet.broken.aborted, Boolean, 60);
    expect(quiet.broken.reason).toMatchObject({ message: `${place} was thawed by its deadline` });
    expect(isFrozen(place)).toBe(false);
    expect(await quiet.release()).toEqual({ held: false });
  });

  it('ends with the process that asked for it, by SIGKILL as well', async () => {
    const source = `
      import { mountsOf } from ${dist('mounts.js')};
      import { quiesce } from ${dist('quiesce.js')};
      await quiesce(await mountsOf(${JSON.stringify(disk.path)}), 'freeze', { deadline: 120_000 });
      console.log('frozen');`;
    const parent = inOwnProcess(process.execPath, ['--input-type=module', '--eval', source]);
    expect(await line(parent)).toBe('frozen');
    expect(isFrozen(place)).toBe(true);
    parent.kill('SIGKILL');
    await until(
      async () => isFrozen(place),
      (still) => !still,
    );
  });

  it('is taken back when its keeper is killed', async () => {
    const quiet = await frozen();
    process.kill(await keeper(), 'SIGKILL');
    await until(async () => quiet.broken.aborted, Boolean);
    expect(isFrozen(place)).toBe(false);
    expect(await quiet.release()).toEqual({ held: false });
  });

  it('did not hold if somebody else thawed', async () => {
    const quiet = await frozen();
    addon.thaw(place);
    expect(await quiet.release()).toEqual({ held: false });
  });

  it('leaves frozen what somebody else froze, and thaws the rest', async () => {
    const other = await formatted();
    const upper = await mounted(other.path);
    const mounts = [...(await mountsOf(disk.path)), ...(await mountsOf(other.path))];
    addon.freeze(place);
    try {
      await expect(quiesce(mounts, 'freeze', { deadline: 60_000 })).rejects.toMatchObject({
        code: 'EBUSY',
        message: `${place} is frozen already, by somebody else; "fsfreeze --unfreeze" thaws it`,
      });
      expect(isFrozen(place)).toBe(true);
      expect(isFrozen(upper)).toBe(false);
    } finally {
      addon.thaw(place);
    }
    await unmountAll(other.path);
  });

  it('that hangs on a disk ends at its deadline or signal, and is undone when the disk is back', async () => {
    await dmsetup('suspend', '--nolockfs', disk.name);
    try {
      const writing = inOwnProcess('sh', ['-c', `echo dirty > ${place}/dirty`]);
      await expect(frozen(10_000)).rejects.toMatchObject({
        code: 'ETIMEDOUT',
        message: expect.stringMatching(
          / could not be frozen within 10000 ms: process \d+ still waits for its disk/,
        ),
      });
      const controller = new AbortController();
      const under = quiesce(await mountsOf(disk.path), 'sync', {
        deadline: 60_000,
        signal: controller.signal,
      });
      // Both keepers wait for the disk: the one that was given up, and this one.
      await until(
        async () => Promise.all((await keepers()).map((pid) => stateOf({ pid }))),
        (states) => states.length === 2 && states.every((state) => state === 'D'),
      );
      controller.abort();
      await expect(under).rejects.toMatchObject({ code: 'ABORT_ERR' });
      await dmsetup('resume', disk.name);
      expect(await exit(writing)).toBe(0);
    } finally {
      await dmsetup('resume', disk.name);
    }
    await until(keepers, (pids) => pids.length === 0);
    expect(isFrozen(place)).toBe(false);
  });

  it('is refused of what lvm or this program needs to thaw it', async () => {
    const mount = await theMount();
    expect(await freezeRefusal(mount)).toBeNull();
    await mkdir(join(place, 'own'), { recursive: true });
    expect(await freezeRefusal(mount, [join(place, 'own/locks')])).toContain('which is needed meanwhile');

    const before = process.cwd();
    process.chdir(join(place, 'own'));
    const refusal = await freezeRefusal(mount);
    process.chdir(before);
    expect(refusal).toBe(`${place} holds ${place}/own, the program's working directory`);

    const { LVM_SYSTEM_DIR } = process.env;
    process.env.LVM_SYSTEM_DIR = join(place, 'own');
    expect(await freezeRefusal(mount)).toBe(`${place} holds ${place}/own, which lvm works with`);
    if (LVM_SYSTEM_DIR === undefined) delete process.env.LVM_SYSTEM_DIR;
    else process.env.LVM_SYSTEM_DIR = LVM_SYSTEM_DIR;

    const log = await open(join(place, 'own/log'), 'a');
    expect(await freezeRefusal(mount)).toBe(`${place} holds ${place}/own/log, which the program writes to`);
    await log.close();
    const read = await open(join(place, 'own/log'), 'r');
    expect(await freezeRefusal(mount)).toBeNull();
    await read.close();

    await run('truncate', ['-s', '1M', join(place, 'own/image')]);
    const loop = (await run('losetup', ['--find', '--show', join(place, 'own/image')])).stdout.trim();
    expect(await freezeRefusal(mount)).toBe(`${place} holds ${place}/own/image, the disk of ${loop}`);
    await run('losetup', ['--detach', loop]);
    await until(
      () => freezeRefusal(mount),
      (reason) => reason === null,
    );
  });
});

async function theMount(): Promise<Mount> {
  const [mount] = await mountsOf(disk.path);
  if (mount === undefined) throw new Error('not mounted');
  return mount;
}

async function frozen(deadline = 60_000): Promise<Quiet> {
  const quiet = await quiesce([await theMount()], 'freeze', { deadline });
  onTestFinished(async () => {
    await quiet.release();
  });
  return quiet;
}

// The kernel says so of a second freeze only.
function isFrozen(path: string): boolean {
  try {
    addon.freeze(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return true;
    throw error;
  }
  addon.thaw(path);
  return false;
}

async function keepers(): Promise<readonly number[]> {
  const found: number[] = [];
  for (const pid of await processes()) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (words.startsWith('devmapper: ') || words.includes('const __name')) found.push(pid);
  }
  return found;
}

async function keeper(): Promise<number> {
  const [pid, ...more] = await keepers();
  if (pid === undefined || more.length > 0) throw new Error(`${more.length} more keepers than one`);
  return pid;
}

async function stateOf({ pid }: Pick<ChildProcess, 'pid'>): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /\) (\S)/.exec(status)?.[1] ?? 'gone';
}

function dist(file: string): string {
  return JSON.stringify(new URL(`workflows/system/${file}`, builtPackage()).href);
}
