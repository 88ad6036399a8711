import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove, type LoopDisk, loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const dm = DeviceMapper.open();
const key = 'deadbeef'.repeat(8);
const vg = 'shown';
let disks: readonly LoopDisk[];
let test: TestDisk;

beforeAll(async () => {
  if (!existsSync(main)) throw new Error('dist is missing: run "npm run build:ts"');
  disks = [await loopDisk(96), await loopDisk(96), await loopDisk(96)];
  test = await testDisk('shown-test', 32);
  await volumeGroup(vg, disks, { extentSize: '1m' });
  const lvcreate = (...args: readonly string[]) => run('lvcreate', ['--yes', ...args]);
  await lvcreate('--type', 'mirror', '-m1', '--mirrorlog', 'core', '-L8m', '-n', 'mirror', vg);
  await lvcreate('--type', 'raid1', '-m1', '-L8m', '-n', 'raid', vg);
  await lvcreate('--type', 'linear', '-L8m', '-n', 'origin', vg);
  await lvcreate('--snapshot', '-L4m', '-n', 'snap', `${vg}/origin`);
  await lvcreate('--type', 'thin-pool', '-L8m', '-n', 'pool', vg);
  await lvcreate('-V8m', '-n', 'thin', '--thinpool', `${vg}/pool`);
  await dmCreate('shown-crypt', `0 2048 crypt aes-xts-plain64 ${key} 0 ${test.device} 0`);
  await dmCreate('shown-zero', '0 2048 zero');
  await dmCreate('shown-delay', `0 2048 delay ${test.device} 4096 0`);
  await dmCreate('shown-striped', `0 4096 striped 2 16 ${test.device} 8192 ${test.device} 16384`);
  await until(
    async () => (await dm.status(`${vg}/raid`)).segments[0]?.status,
    (now) => now?.type === 'raid' && now.inSync === true && now.progress === null,
  );
});
afterAll(() => dm.close());

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function devmapper(
  args: readonly string[],
  { input = '', prefix = [] as readonly string[] } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const [command = '', ...rest] = [...prefix, process.execPath, main, ...args];
    const child = spawn(command, rest, { cwd: '/', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
    child.stdin.end(input);
  });
}

const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

describe('decode, on a stack of more than ten kinds of target', () => {
  const kinds = [
    'mirror',
    'raid',
    'linear',
    'snapshot',
    'snapshot-origin',
    'thin-pool',
    'thin',
    'crypt',
    'zero',
    'delay',
    'striped',
  ];

  it.each([
    ['status', [] as readonly string[]],
    ['table', ['--table']],
  ])('understands every line of dmsetup %s', async (command, options) => {
    const input = await dmsetup(command);
    const { status, stdout, stderr } = await devmapper(['decode', '--json', ...options], { input });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const entries = JSON.parse(stdout) as readonly Record<string, { readonly type: string } | null>[];
    expect(entries).toHaveLength(input.trim().split('\n').length);
    const types = entries.map((entry) => entry[command]?.type);
    for (const kind of kinds) expect(types).toContain(kind);
    expect(types).not.toContain('unknown');
  });

  it('shows no digit of a key, even of one that dmsetup was told to show', async () => {
    const input = await dmsetup('table', '--showkeys');
    expect(input).toContain(key);
    const { stdout, stderr } = await devmapper(['decode', '--json', '--table'], { input });
    expect(stdout + stderr).not.toMatch(/deadbeef/i);
  });

  it('reports a line of nonsense, and goes on', async () => {
    const input = `what is this\n${await dmsetup('status')}`;
    const { status, stdout, stderr } = await devmapper(['decode', '--json'], { input });
    expect(status).toBe(1);
    expect(stderr).toMatch(/line 1/);
    expect(JSON.parse(stdout)).toHaveLength(input.trim().split('\n').length);
  });
});

describe('status', () => {
  it('shows each volume once, and its layers only when asked', async () => {
    const { status, stdout } = await devmapper(['status']);
    expect(status).toBe(0);
    const names = stdout.split('\n').map((line) => line.split(/\s+/)[0]);
    for (const lv of ['mirror', 'raid', 'origin', 'snap', 'pool', 'thin'])
      expect(names.filter((name) => name === `${vg}/${lv}`)).toHaveLength(1);
    expect(stdout).not.toMatch(/_rimage_|_tmeta|-cow/);
    expect((await devmapper(['status', '--all'])).stdout).toMatch(/raid_rimage_0/);
  });

  it('shows the percentages of lvs', async () => {
    await write(`/dev/mapper/${vg}-origin`, 0, 1 << 20);
    const lvs = await run('lvs', ['--noheadings', '-o', 'data_percent', `${vg}/snap`]);
    const { stdout } = await devmapper(['status', `${vg}/snap`]);
    expect(stdout).toContain(` ${lvs.stdout.trim()}%`);
  });

  it('--check ends with 1 when something is wrong, and 0 when nothing is', async () => {
    expect((await devmapper(['status', '--check', `${vg}/raid`])).status).toBe(0);
    await dmCreate('shown-error', '0 8 error');
    const { status, stdout } = await devmapper(['status', '--check', 'shown-error']);
    await dmRemove('shown-error');
    expect(status).toBe(1);
    expect(stdout).toMatch(/failed/);
  });

  it('of a name that does not exist ends with 3 and shows the others', async () => {
    const { status, stdout, stderr } = await devmapper(['status', 'no-such', `${vg}/raid`]);
    expect(status).toBe(3);
    expect(stderr).toContain('no-such');
    expect(stdout).toContain(`${vg}/raid`);
  });
});

describe('for a user without privilege', () => {
  it('status ends with 3, and says what is missing and what to do, without a stack trace', async () => {
    const { status, stdout, stderr } = await devmapper(['status'], { prefix: nobody });
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/CAP_SYS_ADMIN.*Run as root/s);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr.trim().split('\n').length).toBeLessThan(5);
  });

  it('doctor ends with 1 and names the privilege, in one screen', async () => {
    const { status, stdout } = await devmapper(['doctor'], { prefix: nobody });
    expect(status).toBe(1);
    expect(stdout).toMatch(/CAP_SYS_ADMIN/);
    expect(stdout.split('\n').length).toBeLessThan(24);
  });

  it('list and tree answer from sysfs, and say so', async () => {
    const { status, stdout, stderr } = await devmapper(['list'], { prefix: nobody });
    expect(status).toBe(0);
    expect(stdout).toContain(`${vg}-raid`);
    expect(stderr).toMatch(/sysfs/);
    const tree = await devmapper(['tree', `${vg}/raid`], { prefix: nobody });
    expect(tree.stdout).toContain(disks[0]?.path.slice('/dev/'.length));
  });
});

describe('without libdevmapper', () => {
  it('status and doctor say what to install', async () => {
    const { status, stderr } = await devmapper(['status', '--library', '/nowhere.so']);
    expect(status).toBe(3);
    expect(stderr).toMatch(/libdevmapper.*Install it/s);
    const doctor = await devmapper(['doctor', '--library', '/nowhere.so']);
    expect(doctor.status).toBe(1);
    expect(doctor.stdout).toMatch(/libdevmapper/);
  });
});
