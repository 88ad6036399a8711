import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { copyVolume, type WorkflowProgress } from '../../lib/workflows/index.ts';
import { unmountAll } from '../../lib/workflows/system/mounting.ts';
import { write } from './support/disks.ts';
import { exit, inOwnProcess, line, mounted } from './support/filesystems.ts';
import { later, loopDisk, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { cleared, mountedAt, splitGroup, sumOf } from './support/split.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'co';
const source = `${vg}/o`;
const mebibyte = 1024 * 1024;
let directory = '';

beforeAll(async () => {
  await splitGroup(vg, 1, 160);
  directory = await mkdtemp(join(tmpdir(), 'copy-others-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  await run('lvcreate', ['--yes', '--wipesignatures', 'n', '--size', '4m', '--name', 'o', vg]);
  await write(`/dev/${source}`, 0, 4 * mebibyte, 0x77);
});

afterEach(async () => {
  await cleared(vg);
  for (const name of await readdir(directory)) await rm(join(directory, name));
});

/** Does something once, when a step begins. */
function atStep(wanted: string, act: () => void): (progress: WorkflowProgress) => void {
  let done = false;
  return ({ kind, step }) => {
    if (kind !== 'step-started' || step !== wanted || done) return;
    done = true;
    act();
  };
}

describe('a copy of a volume', () => {
  it('that others write to meanwhile is none, though nobody had it open when it was planned', async () => {
    const to = join(directory, 'torn.img');
    let writing: Promise<void> | undefined;
    const copying = copyVolume(tools, {
      ...{ source, to, bytesPerSecond: '2MiB' },
      onProgress: ({ kind }) => {
        if (kind === 'step-progressed') writing ??= write(`/dev/${source}`, mebibyte, 64 * 1024, 0x66);
      },
    });
    await expect(copying).rejects.toMatchObject({
      ...{ reason: 'diverged', step: 'copy', left: [] },
      message: expect.stringContaining(`128 sectors were written to ${source}`),
    });
    await writing;
    expect(await readdir(directory)).toEqual([]);
  });

  it.each(['cached', 'thin clone'])(
    'of a %s volume that is written to needs consent as any other',
    async (of) => {
      const pool = of === 'cached' ? ['--type', 'cache-pool'] : ['--thinpool'];
      await run('lvcreate', [
        '-y',
        ...(of === 'cached' ? [...pool, '-L8m', '-n', 'p', vg] : ['-L12m', '-T', `${vg}/p`]),
      ]);
      if (of === 'cached')
        await run('lvconvert', ['-y', '--type', 'cache', '--cachepool', `${vg}/p`, source]);
      else {
        await run('lvcreate', ['-y', '-V4m', '-T', `${vg}/p`, '-n', 't']);
        await run('lvcreate', ['-y', '-kn', '-s', '-n', 'c', `${vg}/t`]);
      }
      const from = of === 'cached' ? source : `${vg}/c`;
      const file = await open(`/dev/${from}`, 'r+');
      try {
        const to = join(directory, 'live.img');
        const refused = copyVolume(tools, { source: from, to });
        await expect(refused).rejects.toMatchObject({ reason: 'in-use', step: null });
        expect(await copyVolume(tools, { source: from, to, live: true })).toMatchObject({ outcome: 'done' });
      } finally {
        await file.close();
      }
    },
  );

  it('of one that is mounted for reading here, and may be written to from elsewhere, needs consent', async () => {
    await run('mkfs.ext4', ['-q', `/dev/${source}`]);
    const to = join(directory, 'elsewhere.img');
    const refused = (user: RegExp) =>
      expect(copyVolume(tools, { source, to })).rejects.toMatchObject({
        ...{ reason: 'in-use', step: null, message: expect.stringMatching(user) },
      });
    const place = await mountedAt(`/dev/${source}`);
    const script = 'echo there; read -r _';
    const other = inOwnProcess('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script]);
    expect(await line(other)).toBe('there');
    await run('mount', ['--options', 'remount,bind,ro', place]);
    await refused(new RegExp(`is mounted on ${place}`));
    await unmountAll(`/dev/${source}`);
    await refused(/in the mount namespace of process \d+ \(sh\)/);
    other.kill('SIGKILL');
    await exit(other);

    await run('mount', ['--options', 'ro', `/dev/${source}`, place]);
    const { stdout } = await run('losetup', ['--find', '--show', `/dev/${source}`]);
    await refused(/is open once more/);
    await run('losetup', ['--detach', stdout.trim()]);
    expect(await copyVolume(tools, { source, to })).toMatchObject({ outcome: 'done' });
  });

  it('is verified by what the disk has, not by what is in memory', async () => {
    const disk = await loopDisk(24);
    await run('mkfs.ext4', ['-q', disk.path]);
    const place = await mounted(disk.path);
    const { stdout } = await run('losetup', ['--noheadings', '--output', 'BACK-FILE', disk.path]);
    const backing = stdout.trim();
    const to = join(place, 'o.img');
    const damage = (): void => {
      const bytes = readFileSync(backing);
      const at = bytes.indexOf(Buffer.alloc(65_536, 0x77));
      expect(at).toBeGreaterThan(0);
      bytes.fill(0x78, at + 4096, at + 8192);
      writeFileSync(backing, bytes, { flag: 'r+' });
    };
    const options = { source, to, verify: true } as const;
    await expect(
      copyVolume(tools, { ...options, onProgress: atStep('verify', damage) }),
    ).rejects.toMatchObject({
      ...{ reason: 'diverged', step: 'verify', left: [] },
    });
    expect(await copyVolume(tools, options)).toMatchObject({ outcome: 'done' });
    expect(await sumOf(to)).toBe(await sumOf(`/dev/${source}`));
  });

  it('takes no name that has gone to somebody else meanwhile, and no link', async () => {
    const to = join(directory, 'o.img');
    const taken = atStep('publish', () => writeFileSync(to, 'of somebody else'));
    await expect(copyVolume(tools, { source, to, onProgress: taken })).rejects.toMatchObject({
      ...{ reason: 'needs-consent', step: 'publish', left: [] },
    });
    expect(await readFile(to, 'utf8')).toBe('of somebody else');
    expect(await readdir(directory)).toEqual(['o.img']);
    const [whole, dangling] = [join(directory, 'whole'), join(directory, 'dangling')];
    await symlink(to, whole);
    await symlink(join(directory, 'none'), dangling);
    for (const link of [whole, dangling])
      await expect(copyVolume(tools, { source, to: link, overwrite: true })).rejects.toMatchObject({
        ...{ reason: 'wrong-type', message: expect.stringMatching(/symbolic link/) },
      });
  });

  it('that was killed between its two names stays whole while another is made over it', async () => {
    const to = join(directory, 'o.img');
    await copyVolume(tools, { source, to });
    const sum = await sumOf(to);
    await run('ln', [to, `${to}.part`]);
    const controller = new AbortController();
    const aborted = copyVolume(tools, {
      ...{ source, to, overwrite: true, bytesPerSecond: '1MiB', signal: controller.signal },
      onProgress: ({ kind }) => {
        if (kind === 'step-progressed') controller.abort();
      },
    });
    await expect(aborted).rejects.toMatchObject({ reason: 'aborted', left: [] });
    expect(await sumOf(to)).toBe(sum);
    expect(await readdir(directory)).toEqual(['o.img']);
  });

  it('of two to one file, one is refused', async () => {
    const to = join(directory, 'o.img');
    const other = `${vg}/s`;
    await run('lvcreate', ['--snapshot', '--size', '4m', '--name', 's', source]);
    let second: Promise<unknown> | undefined;
    const first = await copyVolume(tools, {
      ...{ source, to, bytesPerSecond: '512KiB' },
      onProgress: ({ kind }) => {
        if (kind !== 'step-progressed') return;
        second ??= copyVolume(tools, { source: other, to }).catch((error: unknown) => error);
      },
    });
    expect(first).toMatchObject({ outcome: 'done' });
    expect(await second).toMatchObject({ reason: 'busy', step: 'copy', left: [] });
    expect(await sumOf(to)).toBe(first.checksum);
  });

  it('does not go to a disk that has a partition of a group, though that is not active', async () => {
    const disk = await loopDisk(16);
    // A table with one partition, of Linux LVM, from the first MiB on.
    const table = Buffer.alloc(512);
    table.set([0, 0, 0, 0, 0x8e, 0, 0, 0, 0, 8, 0, 0, 0, 0x60, 0, 0], 446);
    table.set([0x55, 0xaa], 510);
    await writeFile(disk.path, table, { flag: 'r+' });
    await run('partx', ['--add', disk.path]);
    later(async () => {
      await run('partx', ['--delete', disk.path]);
    });
    await run('vgcreate', ['cp', `${disk.path}p1`]);
    later(async () => {
      await run('vgremove', ['--force', '--yes', 'cp']);
    });
    await run('vgchange', ['--activate', 'n', 'cp']);
    await expect(copyVolume(tools, { source, to: disk.path, overwrite: true })).rejects.toMatchObject({
      ...{ reason: 'in-use', message: expect.stringContaining(`has the partition ${disk.path}p1`) },
    });
  });
});
