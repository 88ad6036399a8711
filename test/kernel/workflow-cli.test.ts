import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { later, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { until } from './support/moment.ts';
import { digest } from './support/rollback.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const vg = 'cli';
const mebibyte = 1024 * 1024;
const disks: TestDisk[] = [];
let root = '';

beforeAll(async () => {
  if (!existsSync(main)) throw new Error('dist is missing: run "npm run build:ts"');
  for (const name of ['cli-a', 'cli-b', 'cli-c']) disks.push(await testDisk(name, 160));
  const [a, b] = disks as [TestDisk, TestDisk];
  const asDisk = ({ backing, path }: TestDisk) => ({ ...backing, path });
  await volumeGroup(vg, [asDisk(a), asDisk(b)], { extentSize: '1m' });
  root = await mkdtemp(join(tmpdir(), 'devmapper-cli-'));
  later(() => rm(root, { recursive: true }));
});

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]) {
  // In a group of its own, as a shell with a terminal starts it.
  const options = { cwd: '/', detached: true } as const;
  const child = spawn(process.execPath, [main, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([status]): Run => ({ status, stdout, stderr }));
  return { child, ended, told: () => stderr };
}

const devmapper = (...args: readonly string[]): Promise<Run> => start(args).ended;

async function volumes(): Promise<readonly string[]> {
  return (await lvm.lvs({ targets: [vg], all: true })).map(({ name }) => name).sort();
}

const empty = () => run('lvremove', ['--yes', '--force', vg]);

async function changed(store: string): Promise<string> {
  await empty();
  await run('lvcreate', ['--yes', '--wipesignatures', 'n', '--size', '24m', '--name', 'o', vg]);
  await write(`/dev/${vg}/o`, 0, 24 * mebibyte, 0x11);
  const before = await digest(`/dev/${vg}/o`);
  await run('lvcreate', ['--snapshot', '--size', store, '--name', 's', `${vg}/o`]);
  await write(`/dev/${vg}/o`, 0, 12 * mebibyte, 0x22);
  return before;
}

// An origin with a snapshot, mounted, and its file changed since; the directory.
async function mountedOrigin(name: string): Promise<string> {
  await empty();
  const directory = join(root, name);
  await mkdir(directory);
  await run('lvcreate', ['--yes', '--size', '24m', '--name', 'o', vg]);
  await run('mkfs.ext4', ['-q', `/dev/${vg}/o`]);
  await run('mount', ['--options', 'noatime,nodev', `/dev/mapper/${vg}-o`, directory]);
  await writeFile(join(directory, 'file'), 'old');
  await run('lvcreate', ['--snapshot', '--size', '20m', '--name', 's', `${vg}/o`]);
  await writeFile(join(directory, 'file'), 'new');
  return directory;
}

// A command that is at work with a snapshot.
async function sleeping() {
  await empty();
  await run('lvcreate', ['--yes', '--size', '16m', '--name', 'o', vg]);
  const words = ['snapshot', `${vg}/o`, '--no-mount', '--yes', '--', 'sleep', '600'];
  const started = start(words);
  await until(
    async () => started.told(),
    (text) => text.includes('o_snap is /dev/'),
    60,
  );
  expect(await volumes()).toContain('o_snap');
  return started;
}

describe('devmapper rollback', () => {
  it('plans, asks for a yes, does it, and says what there is', async () => {
    const before = await changed('20m');
    const planned = await devmapper('rollback', `${vg}/s`, '--dry-run');
    expect(planned).toMatchObject({ status: 0, stderr: '' });
    expect(planned.stdout).toMatch(/^Roll cli\/o back to cli\/s\n/);
    expect(planned.stdout).toContain('lvm lvconvert --mergesnapshot --background -- cli/s\n');
    expect(await devmapper('rollback', `${vg}/s`)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/cli\/o becomes what cli\/s holds.*\n.*\n.*--yes/),
    });
    expect(await volumes()).toEqual(['o', 's']);
    const done = await devmapper('rollback', `${vg}/s`, '--yes');
    expect(done).toMatchObject({
      status: 0,
      stdout: 'cli/o is what cli/s held, and cli/s is gone.\n',
      stderr: expect.stringMatching(/^1\/\d {2}Note in cli/),
    });
    expect([await volumes(), await digest(`/dev/${vg}/o`)]).toEqual([['o'], before]);
    expect((await devmapper('rollback', `${vg}/s`, '--yes')).status).toBe(3);
  });

  it('with --unmount mounts again where it was', async () => {
    const directory = await mountedOrigin('o');
    const refused = await devmapper('rollback', `${vg}/s`, '--yes');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`cli/o is mounted on ${directory}`);
    const done = await devmapper('rollback', `${vg}/s`, '--unmount', '--yes');
    expect(done).toMatchObject({ status: 0, stdout: 'cli/o is what cli/s held, and cli/s is gone.\n' });
    expect(await readFile(join(directory, 'file'), 'utf8')).toBe('old');
    const mounted = await run('findmnt', ['--noheadings', '--output', 'OPTIONS', directory]);
    expect(mounted.stdout).toMatch(/nodev.*noatime/);
    await run('umount', [directory]);
  });

  it('with --unmount mounts again all that was unmounted: read-only ones of a file system that is not, and beside a busy one', async () => {
    await empty();
    const [one, two, three] = ['one', 'two', 'three'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    for (const directory of [one, two, three]) await mkdir(directory);
    await run('lvcreate', ['--yes', '--size', '24m', '--name', 'o', vg]);
    await run('mkfs.ext4', ['-q', `/dev/${vg}/o`]);
    const device = `/dev/mapper/${vg}-o`;
    await run('mount', ['--options', 'noatime', device, one]);
    for (const directory of [two, three]) {
      await run('mount', ['--bind', one, directory]);
      await run('mount', ['--options', 'remount,bind,ro,nodev,noatime', directory]);
    }
    await writeFile(join(one, 'file'), 'old');
    await run('lvcreate', ['--snapshot', '--size', '20m', '--name', 's', `${vg}/o`]);
    await writeFile(join(one, 'file'), 'new');
    const options = async (directory: string): Promise<string> =>
      (await run('findmnt', ['--noheadings', '--output', 'VFS-OPTIONS', directory])).stdout.trim();
    const mounted = (): Promise<readonly string[]> => Promise.all([one, two, three].map(options));
    const before = await mounted();
    expect(before).toEqual(['rw,noatime', 'ro,nodev,noatime', 'ro,nodev,noatime']);

    // The last mount is unmounted first.
    const user = await open(join(two, 'file'), 'r');
    const busy = await devmapper('rollback', `${vg}/s`, '--unmount', '--yes');
    expect(busy.stderr).toMatch(/two is in use: process .* has .*file open/);
    expect(busy.stderr).not.toMatch(/this failed/);
    expect([busy.status, await mounted(), await readFile(join(one, 'file'), 'utf8')]).toEqual([
      1,
      before,
      'new',
    ]);
    await user.close();

    expect(await devmapper('rollback', `${vg}/s`, '--unmount', '--yes')).toMatchObject({ status: 0 });
    expect([await mounted(), await readFile(join(one, 'file'), 'utf8')]).toEqual([before, 'old']);
    for (const directory of [three, two, one]) await run('umount', [directory]);
  });

  it('with --unmount, killed before it mounts again, does so in the second run', async () => {
    const directory = await mountedOrigin('killed');
    const { child, ended, told } = start(['rollback', `${vg}/s`, '--unmount', '--yes']);
    await until(
      async () => told(),
      (text) => text.includes('Note in'),
      60,
    );
    child.kill('SIGKILL');
    await ended;
    const options = async (): Promise<string> =>
      (await run('findmnt', ['--noheadings', '--output', 'OPTIONS', directory]).catch(() => ({ stdout: '' })))
        .stdout;
    const note = '/run/devmapper/unmounted/cli%2fo.json';
    expect([await options(), existsSync(note)]).toEqual(['', true]);
    expect(await devmapper('rollback', `${vg}/s`, '--unmount', '--yes')).toMatchObject({ status: 0 });
    expect(await options()).toMatch(/nodev.*noatime/);
    expect(await readFile(join(directory, 'file'), 'utf8')).toBe('old');
    expect(existsSync(note)).toBe(false);
    await run('umount', [directory]);
  });

  it('ended by SIGINT while the kernel merges says that it goes on, and ends with 130', async () => {
    const before = await changed('20m');
    for (const disk of disks) await disk.slow(200);
    const { child, ended, told } = start(['rollback', `${vg}/s`, '--yes']);
    await until(
      async () => told(),
      (text) => / Wait until /.test(text),
      60,
    );
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    for (const disk of disks) await disk.heal();
    expect(status).toBe(130);
    expect(stderr).toMatch(
      /to be ended.*the kernel goes on to merge cli\/s into cli\/o.*Call rollback again/s,
    );
    expect(await devmapper('rollback', `${vg}/s`, '--yes')).toMatchObject({ status: 0 });
    expect(await digest(`/dev/${vg}/o`)).toBe(before);
  });
});

describe('devmapper mirror', () => {
  it('makes a mirror that is in sync, and finds it done', async () => {
    await empty();
    const words = ['mirror', 'create', `${vg}/m`, '--size', '16MiB', '--yes'];
    const made = await devmapper(...words);
    expect(made).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^cli\/m has 2 copies \(.*, all in sync\.\n$/),
    });
    expect(await devmapper(...words)).toMatchObject({ status: 0, stdout: made.stdout });
  });

  it('gives its copy away for a backup, and takes it back', async () => {
    const to = join(root, 'm.img');
    const done = await devmapper('backup', `${vg}/m`, to, '--by', 'split', '--yes', '--json');
    expect(done.status).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      outcome: 'done',
      by: 'split',
      copy: { to, bytes: 16 * mebibyte },
    });
    expect((await run('sha256sum', [to])).stdout.slice(0, 64)).toBe(await digest(`/dev/${vg}/m`));
    expect((await lvm.lvs({ targets: [`${vg}/m`] }))[0]).toMatchObject({ copyPercent: 100 });
  });

  it('loses a disk, which "replace" names in its plan and replaces', async () => {
    const [a, , c] = disks as [TestDisk, TestDisk, TestDisk];
    await write(a.path, 0, mebibyte, 0);
    const planned = await devmapper('replace', vg, '--with', c.path, '--dry-run');
    expect(planned).toMatchObject({ status: 0 });
    expect(planned.stdout).toMatch(/lvm lvconvert .*--repair/);
    const done = await devmapper('replace', vg, '--with', c.path, '--yes');
    expect(done).toMatchObject({ status: 0 });
    expect(done.stdout).toContain('cli/m');
    expect((await lvm.vgs({ targets: [vg] }))[0]).toMatchObject({ missingPvCount: 0 });
    expect((await lvm.lvs({ targets: [`${vg}/m`] }))[0]).toMatchObject({
      copyPercent: 100,
      healthStatus: null,
    });
  });
});

describe('devmapper snapshot and backup', () => {
  it('are cleaned up after Ctrl-C, however often it is pressed', async () => {
    const { child, ended } = await sleeping();
    // As the terminal sends it: to all of the group, lvm included.
    const presses = setInterval(() => process.kill(-(child.pid ?? 0), 'SIGINT'), 200);
    child.once('exit', () => clearInterval(presses));
    const { status, stderr } = await ended;
    // The last one may come when it is ending, and takes nobody's signals any more.
    expect([130, null]).toContain(status);
    expect(stderr).toMatch(
      /to be ended.*it waits for.*it was aborted.*o_snap (?:is|was) removed.*as it was before/s,
    );
    expect(stderr).not.toContain('this failed');
    expect(await volumes()).toEqual(['o']);
  });

  it('whose terminal is closed end the command, remove the snapshot, and end with 129', async () => {
    const { child, ended } = await sleeping();
    // Nobody reads any more what they say.
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGHUP');
    expect(await ended).toMatchObject({ status: 129 });
    expect(await volumes()).toEqual(['o']);
  });

  it('run a command with the mounted snapshot, pass its output on, and remove the snapshot', async () => {
    await empty();
    const directory = join(root, 'fs');
    await mkdir(directory);
    await run('lvcreate', ['--yes', '--size', '16m', '--name', 'fs', vg]);
    await run('mkfs.ext4', ['-q', `/dev/${vg}/fs`]);
    await run('mount', [`/dev/mapper/${vg}-fs`, directory]);
    await writeFile(join(directory, 'file'), 'what was there');
    const command = ['sh', '-c', 'cat "$DEVMAPPER_DIRECTORY/file"; lvs --noheadings -o name cli >&2; exit 4'];
    const done = await devmapper('snapshot', `${vg}/fs`, '--yes', '--', ...command);
    expect(done).toMatchObject({ status: 1, stdout: 'what was there' });
    expect(done.stderr).toMatch(/fs_snap\n.*sh ended with status 4; cli\/fs_snap is removed\.\n$/s);
    expect(await volumes()).toEqual(['fs']);
    const to = join(root, 'fs.img');
    const backup = await devmapper('backup', `${vg}/fs`, to, '--verify', '--yes');
    expect(backup).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/fs\.img has cli\/fs: 16777216 bytes.*sha256/),
    });
    expect(await volumes()).toEqual(['fs']);
    await run('umount', [directory]);
    await run('e2fsck', ['-fn', to]);
  });
});
