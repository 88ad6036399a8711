import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LoopDisk, loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const vg = 'listed';
let disks: readonly LoopDisk[];

beforeAll(async () => {
  if (!existsSync(main)) throw new Error('dist is missing: run "npm run build:ts"');
  disks = [await loopDisk(64), await loopDisk(64)];
  await volumeGroup(vg, disks, { extentSize: '1m' });
  const lvcreate = (...args: readonly string[]) => run('lvcreate', ['--yes', ...args]);
  await lvcreate('--type', 'raid1', '-m1', '-L8m', '-n', 'raid', vg);
  await lvcreate('--type', 'linear', '-L8m', '-n', 'origin', vg);
  await lvcreate('--snapshot', '-L4m', '-n', 'snap', `${vg}/origin`);
  await lvcreate('--type', 'thin-pool', '-L8m', '-n', 'pool', vg);
  await lvcreate('-V8m', '-n', 'thin', '--thinpool', `${vg}/pool`);
  await lvcreate('-an', '-Zn', '-L1m', '-n', 'off', vg);
  await until(
    async () => (await devmapper(['lvs', '--json', `${vg}/raid`])).stdout,
    (shown) => shown.includes('"percent":"100.00"'),
  );
});

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function devmapper(args: readonly string[], prefix: readonly string[] = []): Promise<Run> {
  const [command = '', ...rest] = [...prefix, process.execPath, main, ...args];
  const options = { cwd: '/', env: { ...process.env, LC_ALL: 'C.UTF-8' } };
  return new Promise((resolve) => {
    execFile(command, rest, options, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const namesOf = ({ stdout }: Run): readonly string[] =>
  stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/)[0] ?? '');

describe('devmapper lvs', () => {
  it('shows each volume, active or not, hidden ones with --all only', async () => {
    const visible = ['off', 'origin', 'pool', 'raid', 'snap', 'thin'].map((name) => `${vg}/${name}`);
    const { status, stdout, stderr } = await devmapper(['lvs']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(namesOf({ status, stdout, stderr })).toEqual(visible);
    const all = namesOf(await devmapper(['lvs', '--all', vg]));
    expect(all).toEqual(expect.arrayContaining([...visible, `[${vg}/raid_rimage_0]`, `[${vg}/pool_tmeta]`]));
  });

  it('says of each volume what status says of it', async () => {
    const { stdout } = await devmapper(['lvs', '--json']);
    const rows = JSON.parse(stdout) as readonly { readonly name: string; readonly summary: object }[];
    const shown = JSON.parse((await devmapper(['status', '--json', `${vg}/raid`, `${vg}/thin`])).stdout);
    expect(shown).toHaveLength(2);
    for (const { volume, summary } of shown)
      expect(rows.find(({ name }) => name === volume.lv)?.summary).toMatchObject({
        health: summary.health,
        bar: summary.bar,
      });
  });

  it('selects as lvm does', async () => {
    expect(namesOf(await devmapper(['lvs', '--select', 'lv_size < 2m']))).toEqual([`${vg}/off`]);
    const { status, stderr } = await devmapper(['lvs', '--select', 'no such thing']);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^devmapper: .+/);
  });

  it('of a group that is not there ends with 3, of a name that is none with 2', async () => {
    expect(await devmapper(['lvs', 'no_such'])).toMatchObject({ status: 3, stdout: '' });
    expect(await devmapper(['lvs', '--', '--help'])).toMatchObject({ status: 2, stdout: '' });
  });

  it('shows what lvm knows where device-mapper may not be asked, and says so', async () => {
    const poor = ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin'];
    const { status, stdout, stderr } = await devmapper(['lvs'], poor);
    expect(status).toBe(0);
    expect(stderr).toMatch(/CAP_SYS_ADMIN/);
    expect(stdout).toMatch(/listed\/raid +raid1 +rwi-XX/);
    expect(stdout).not.toContain('not active');
  });
});

describe('devmapper vgs and pvs', () => {
  it('show what of each is used, as lvm counts it', async () => {
    const { stdout } = await run('vgs', ['--noheadings', '-o', 'vg_extent_count,vg_free_count', vg]);
    const [extents = 0, free = 0] = stdout.trim().split(/\s+/).map(Number);
    const vgs = await devmapper(['vgs', '--json', vg]);
    expect(JSON.parse(vgs.stdout)).toMatchObject([
      { name: vg, size: extents * 2 ** 20, free: free * 2 ** 20, health: 'ok', extentCount: extents },
    ]);
    expect(namesOf(await devmapper(['vgs']))).toEqual([vg]);
    const paths = disks.map(({ path }) => path);
    expect(namesOf(await devmapper(['pvs']))).toEqual(paths);
    expect(namesOf(await devmapper(['pvs', paths[1] ?? '']))).toEqual([paths[1]]);
  });

  it('say so if there is nothing', async () => {
    const none = ['--select', 'vg_name = nothing'];
    expect((await devmapper(['vgs', ...none])).stdout).toBe('There are no such volume groups.\n');
    expect((await devmapper(['pvs', '--json', ...none])).stdout).toBe('[]\n');
  });
});
