import { existsSync } from 'node:fs';
import { chown, mkdir, open, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../lib/addon.ts';
import { filesystemOf, mountAdvice } from '../../lib/workflows/system/filesystem.ts';
import { lockSubject } from '../../lib/workflows/system/lock.ts';
import {
  mountVolume,
  removeDirectory,
  temporaryDirectory,
  unmountAll,
} from '../../lib/workflows/system/mounting.ts';
import { mountsOf } from '../../lib/workflows/system/mounts.ts';
import { quiesce } from '../../lib/workflows/system/quiesce.ts';
import {
  isReadOnly,
  makeReadOnly,
  makeWritable,
  writtenSectors,
} from '../../lib/workflows/system/read-only.ts';
import { usersOf } from '../../lib/workflows/system/users.ts';
import { testDisk } from './support/disks.ts';
import { replaceTable } from './support/dmsetup.ts';
import { directory, exit, formatted, inOwnProcess, line, mounted } from './support/filesystems.ts';
import { later, loopDisk, run } from './support/lab.ts';

const addon = loadAddon();

describe('a device that was made read-only', () => {
  it('takes no write, whoever opened it when, and stays so with another table', async () => {
    const spare = await testDisk('system-ro', 8);
    const before = await writtenSectors(spare.device);
    await run('dd', ['if=/dev/zero', `of=${spare.path}`, 'bs=4096', 'count=2', 'oflag=direct']);
    expect(await writtenSectors(spare.path)).toBe(before + 16);
    expect(await isReadOnly(spare.path)).toBe(false);
    const opened = await open(spare.path, 'r+');
    await makeReadOnly(spare.path);
    expect(await isReadOnly(spare.path)).toBe(true);
    await expect(opened.write('x')).rejects.toMatchObject({ code: 'EPERM' });
    await opened.close();
    await expect(writeFile(spare.path, 'x', { flag: 'r+' })).rejects.toMatchObject({ code: 'EPERM' });
    await replaceTable(spare.name, `0 ${8 * 2048} linear ${spare.backing.device} 2048`);
    expect(await isReadOnly(spare.path)).toBe(true);
    expect(await writtenSectors(spare.device)).toBe(before + 16);
    expect(addon.deviceSize(spare.path)).toBe(8 * 1024 * 1024);
    addon.flush(spare.path);
  });

  it.each(['ext2', 'ext3', 'ext4'])(
    'is mounted as advised with a copy of %s, with all that was there when it was frozen',
    async (type) => {
      const [original, copy] = [await loopDisk(8), await loopDisk(8)];
      await run(`mkfs.${type}`, ['-q', '-L', `a "${type}"`, original.path]);
      const source = await mounted(original.path);
      await writeFile(join(source, 'file'), 'unsynced');
      const quiet = await quiesce(await mountsOf(original.path), 'freeze', { deadline: 60_000 });
      await run('dd', [`if=${original.path}`, `of=${copy.path}`, 'bs=1M']);
      await makeReadOnly(copy.path);
      expect(await quiet.release()).toEqual({ held: true });

      const found = await filesystemOf(copy.path);
      expect(found).toEqual({ type, label: `a "${type}"`, uuid: expect.stringMatching(/^[\da-f-]{36}$/) });
      const advice = mountAdvice(type, 'read-only', 'frozen');
      if (advice.kind !== 'options') throw new Error(advice.message);
      const target = await temporaryDirectory();
      await mountVolume(copy.path, target, advice.options, type);
      expect(await readFile(join(target, 'file'), 'utf8')).toBe('unsynced');
      expect((await mountsOf(copy.path))[0]).toMatchObject({ target, type });
      await expect(removeDirectory(target)).rejects.toMatchObject({ code: 'EBUSY' });
      await unmountAll(copy.path);
      await removeDirectory(target);
      expect(existsSync(target)).toBe(false);
      await unmountAll(original.path);
      // A loop device stays so for whoever gets it next.
      await makeWritable(copy.path);
    },
  );

  it('has a file system only if it can be read', async () => {
    const spare = await testDisk('system-bad', 8);
    expect(await filesystemOf(spare.path)).toBeNull();
    await spare.fail();
    await expect(filesystemOf(spare.path)).rejects.toMatchObject({ code: 'EIO' });
    await spare.heal();
    await run('mkswap', [spare.path]);
    expect(await filesystemOf(spare.path)).toBeNull();
    await expect(filesystemOf('/dev/nowhere')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says what mount said', async () => {
    const spare = await loopDisk(1);
    await expect(mountVolume(spare.path, await directory(), ['ro'], 'ext4')).rejects.toThrow(
      new RegExp(`^${spare.path} could not be mounted on /\\S+: mount: .*wrong fs type`),
    );
  });
});

describe('usersOf', () => {
  const texts = async (path: string, openCount: number): Promise<readonly string[]> =>
    (await usersOf(path, openCount)).map(({ kind, text }) => `${kind}: ${text}`);

  it('names mounts, swap, devices upon it and processes, whichever name they opened it by', async () => {
    const spare = await testDisk('system-user', 8);
    expect(await texts(spare.backing.path, 1)).toEqual([
      expect.stringMatching(/^holder: is used by system-user \(dm-\d+\)$/),
    ]);
    await run('mkfs.ext4', ['-q', spare.path]);
    const place = await mounted(spare.path);
    expect(await texts(spare.path, 1)).toEqual([`mount: is mounted on ${place}`]);
    await unmountAll(spare.path);

    expect(await texts(spare.path, 0)).toEqual([]);
    expect(await texts(spare.path, 1)).toEqual(['unknown: is open; by whom cannot be seen from here']);
    await run('mkswap', [spare.path]);
    await run('swapon', [spare.path]);
    expect(await texts(spare.path, 1)).toEqual(['swap: is used as swap']);
    await run('swapoff', [spare.path]);

    const [, minor] = spare.device.split(':');
    const reader = inOwnProcess('sh', ['-c', `exec 3</dev/dm-${minor}; echo open; read -r _`]);
    expect(await line(reader)).toBe('open');
    expect(await texts(spare.path, 1)).toEqual([`process: is opened by process ${reader.pid} (sh)`]);
    reader.kill('SIGKILL');
    await exit(reader);
  });

  it('finds a mount that only another mount namespace still has', async () => {
    const spare = await formatted();
    const target = await mounted(spare.path);
    const script = 'echo there; read -r _';
    const other = inOwnProcess('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script]);
    expect(await line(other)).toBe('there');
    await unmountAll(spare.path);
    expect(await texts(spare.path, 1)).toEqual([
      `mount: is mounted on ${target} in the mount namespace of process ${other.pid} (sh)`,
    ]);
    other.kill('SIGKILL');
    await exit(other);
  });
});

describe('unmountAll', () => {
  it('unmounts every mount; none is no error', async () => {
    const spare = await formatted();
    const one = await mounted(spare.path);
    await mkdir(join(one, 'inner'));
    await run('mount', ['--bind', one, join(one, 'inner')]);
    expect(await mountsOf(spare.device)).toHaveLength(2);
    await unmountAll(spare.path);
    expect(await mountsOf(spare.device)).toEqual([]);
    await unmountAll(spare.path);
  });

  it('waits while it is busy, and then says by whom', async () => {
    const spare = await formatted();
    const target = await mounted(spare.path);
    const user = inOwnProcess('sh', ['-c', `cd ${target}; echo there; read -r _`]);
    expect(await line(user)).toBe('there');
    await expect(unmountAll(spare.path, { attempts: 2 })).rejects.toMatchObject({
      code: 'EBUSY',
      message: expect.stringContaining(
        `${target} is in use: process ${user.pid} (sh) has its working directory at ${target} (`,
      ),
    });
    const patient = unmountAll(spare.path, { attempts: 1000 });
    user.kill('SIGKILL');
    await patient;
    expect(await mountsOf(spare.device)).toEqual([]);
  });

  it('does not unmount what lies over it', async () => {
    const spare = await formatted();
    const target = await mounted(spare.path);
    await run('mount', ['-t', 'tmpfs', 'above', target]);
    await expect(unmountAll(spare.path)).rejects.toThrow(`${target} is covered by a mount of above`);
    await run('umount', [target]);
    await unmountAll(spare.path);
    expect(await mountsOf(spare.device)).toEqual([]);
  });
});

describe('the lock of a workflow', () => {
  it('is had though somebody else has made directories where anybody may', async () => {
    const foreign = '/run/lock/devmapper';
    await mkdir(foreign, { recursive: true });
    later(() => rmdir(foreign));
    await chown(foreign, 65_534, 65_534);
    const held = await lockSubject('vg/everybody', 'test');
    if ('holder' in held) throw new Error(`held by ${held.holder}`);
    await held.release();
    expect(await readdir('/run/devmapper/locks')).toContain('vg%2feverybody.lock');
  });
});
