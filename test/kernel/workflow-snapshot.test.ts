import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { planWithSnapshot, type Snapshot, WorkflowError, withSnapshot } from '../../lib/workflows/index.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { until } from './support/moment.ts';
import { recorded } from './support/recording.ts';
import { directory, mounted, remains, withExt4 } from './support/snapshots.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'ws';
let home = '';
let untouched: readonly string[] = [];

beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(256)], { extentSize: '4m' });
  home = (await mounted(await withExt4(vg, 'home', 48))).path;
  await withExt4(vg, 'srv', 16);
  untouched = await remains(vg);
});

const failure = (call: Promise<unknown>): Promise<WorkflowError> =>
  call.then(
    () => {
      throw new Error('it was to fail');
    },
    (error: unknown) => {
      if (error instanceof WorkflowError) return error;
      throw error;
    },
  );

describe('withSnapshot', () => {
  it('shows the volume as it was, runs what it planned, and leaves nothing', async () => {
    await writeFile(join(home, 'letter'), 'before\n');
    const { lvm: watched, commands } = recorded(lvm);
    const options = { volumes: `${vg}/home` };
    const plan = await planWithSnapshot({ dm, lvm: watched }, options);
    expect(commands).toEqual([]);
    expect(plan.steps.map(({ name }) => name)).toEqual([
      ...['snapshot', 'mount', 'use', 'mount-release', 'snapshot-release'],
    ]);
    const done = await withSnapshot({ dm, lvm: watched }, options, async ([snapshot], signal) => {
      expect(signal.aborted).toBe(false);
      await writeFile(join(home, 'letter'), 'after\n');
      const row = (await lvm.lvs({ targets: [`${vg}/home_snap`] }))[0];
      const tags = ['devmapper.origin=home', `devmapper.originUuid=${row?.originUuid}`];
      expect(row).toMatchObject({ tags: [...tags, 'devmapper.withSnapshot'] });
      expect(snapshot).toMatchObject({
        ...{ origin: 'ws/home', name: 'ws/home_snap', device: '/dev/mapper/ws-home_snap', thin: false },
        filesystem: 'ext4',
      });
      await expect(writeFile(join(snapshot?.directory ?? '', 'x'), '')).rejects.toMatchObject({
        code: 'EROFS',
      });
      // It was never flushed by us: lvm froze the file system for the moment.
      return readFile(join(snapshot?.directory ?? '', 'letter'), 'utf8');
    });
    expect(done).toMatchObject({ outcome: 'done', value: 'before\n', warnings: [] });
    // 12,288 chunks, 49 areas of metadata and a header are 48.2 MiB: lvm's own 100%ORIGIN.
    const full = 52n * 1024n * 1024n;
    expect(done.snapshots).toMatchObject([{ requested: full, size: full, trimmed: false }]);
    expect(done.snapshots[0]?.peakUsed).toBeGreaterThan(0n);
    expect(commands).toEqual(plan.steps.flatMap((step) => step.commands));
    expect(await remains(vg)).toEqual(untouched);
    expect(await readFile(join(home, 'letter'), 'utf8')).toBe('after\n');
  });

  it('of several volumes says how far apart they are; a larger store than is useful is cut, and said', async () => {
    const done = await withSnapshot(
      tools,
      { volumes: [`${vg}/home`, `${vg}/srv`], size: '64MiB', suffix: '-copy' },
      async (snapshots) => Promise.all(snapshots.map(({ directory: path }) => readdir(path ?? ''))),
    );
    expect(done.value).toEqual([expect.arrayContaining(['letter']), ['lost+found']]);
    expect(done.spread).toBeGreaterThan(0);
    expect(done.warnings).toEqual([
      'ws/home-copy gets 52.00 MiB instead of 64.00 MiB: it cannot use more.',
      'ws/srv-copy gets 20.00 MiB instead of 64.00 MiB: it cannot use more.',
      'The snapshots are taken one after another, not at one moment.',
    ]);
    expect(await remains(vg)).toEqual(untouched);
  });

  it('mounts on the directory that is given, and not at all if that is asked for', async () => {
    const given = await directory('given');
    const done = await withSnapshot(tools, { volumes: `${vg}/home`, mount: given }, async ([snapshot]) => [
      snapshot?.directory,
      await readdir(given),
    ]);
    expect(done.value).toEqual([given, expect.arrayContaining(['letter'])]);
    expect(await readdir(given)).toEqual([]);
    const bare = await withSnapshot(tools, { volumes: `${vg}/srv`, mount: false }, ([snapshot]) => snapshot);
    expect(bare.value).toMatchObject({ directory: null });
    expect(await remains(vg)).toEqual(untouched);
  });

  it('removes the snapshot when the callback fails, and when it is aborted', async () => {
    const broken = new Error('tar is not there');
    const failed = await failure(
      withSnapshot(tools, { volumes: `${vg}/home` }, () => {
        throw broken;
      }),
    );
    expect(failed).toMatchObject({ reason: 'failed', step: 'use', cause: broken, left: [] });
    expect(failed.message).toContain('tar is not there');
    expect(await remains(vg)).toEqual(untouched);

    const control = new AbortController();
    const aborted = await failure(
      withSnapshot(tools, { volumes: `${vg}/home`, signal: control.signal }, async (_snapshots, signal) => {
        control.abort();
        expect(signal.aborted).toBe(true);
      }),
    );
    expect(aborted).toMatchObject({ reason: 'aborted', code: 'ABORT_ERR', left: [] });
    expect(await remains(vg)).toEqual(untouched);
  });

  it('says who keeps a snapshot that cannot be removed, and the next call removes it first', async () => {
    let inside: Snapshot | undefined;
    const child = spawn('sleep', ['1000'], { stdio: 'ignore', cwd: '/' });
    let holder = child;
    const kept = await failure(
      withSnapshot(tools, { volumes: `${vg}/home` }, async ([snapshot]) => {
        inside = snapshot;
        holder = spawn('sleep', ['1000'], { stdio: 'ignore', cwd: snapshot?.directory ?? '/' });
      }),
    );
    child.kill();
    expect(kept).toMatchObject({ reason: 'not-cleaned-up' });
    expect(kept.message).toContain(`process ${holder.pid} (sleep)`);
    expect(kept.left.map(({ state }) => state)).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`mounted on ${inside?.directory}`),
        expect.stringContaining('ws/home_snap is still there'),
      ]),
    );
    const gone = new Promise((resolve) => holder.once('exit', resolve));
    holder.kill();
    await gone;
    const done = await withSnapshot(tools, { volumes: `${vg}/home` }, () => 'again');
    expect(done.plan.steps[0]).toMatchObject({
      name: 'clean-up',
      title: 'Remove ws/home_snap that an earlier run has left',
    });
    expect(await remains(vg)).toEqual(untouched);
  });

  it('is refused while another is at the volume', async () => {
    const second = await withSnapshot(tools, { volumes: `${vg}/home` }, () =>
      failure(withSnapshot(tools, { volumes: [`${vg}/srv`, `${vg}/home`] }, () => 0)),
    );
    expect(second.value).toMatchObject({ reason: 'busy' });
    expect(second.value.message).toContain('withSnapshot since');
    expect(await remains(vg)).toEqual(untouched);
  });

  it('leaves a volume of that name alone that is none of its own, and names the space that is missing', async () => {
    await run('lvcreate', ['--snapshot', '--size', '8m', '--name', 'home_snap', `${vg}/home`]);
    const foreign = await failure(withSnapshot(tools, { volumes: `${vg}/home` }, () => 0));
    expect(foreign).toMatchObject({ reason: 'foreign', step: null });
    await run('lvremove', ['--yes', `${vg}/home_snap`]);

    await run('lvcreate', ['--size', '160m', '--name', 'filler', vg]);
    const short = await failure(withSnapshot(tools, { volumes: `${vg}/home` }, () => 0));
    expect(short).toMatchObject({ reason: 'not-enough-space', step: null });
    expect(short.message).toContain('needs 13 extents (52.00 MiB), and ws has 7 extents (28.00 MiB) free');
    // What the refusal says fits, does.
    const done = await withSnapshot(tools, { volumes: `${vg}/home`, size: '28MiB' }, () => 0);
    expect(done.snapshots).toMatchObject([{ size: 28n * 1024n * 1024n }]);
    await run('lvremove', ['--yes', `${vg}/filler`]);
    expect(await remains(vg)).toEqual(untouched);
  });
});

describe('withSnapshot of a frozen file system', () => {
  it('is refused before anything is made', async () => {
    await run('fsfreeze', ['--freeze', home]);
    const refused = await failure(withSnapshot(tools, { volumes: `${vg}/home` }, () => 0)).finally(() =>
      run('fsfreeze', ['--unfreeze', home]),
    );
    expect(refused).toMatchObject({ reason: 'busy', step: null });
    expect(refused.message).toContain(`fsfreeze --unfreeze ${home}`);
    expect(await remains(vg)).toEqual(untouched);
  });

  it('that is mounted out of sight removes what came out half-made, and tidies up when it is called again', async () => {
    const out = await directory('hidden');
    const script =
      'mount /dev/ws/srv "$1" && fsfreeze --freeze "$1" && echo frozen && cat && fsfreeze --unfreeze "$1"';
    const hidden = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', out], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const left = new Promise((resolve) => hidden.once('exit', resolve));
    let said = '';
    hidden.stdout.on('data', (part) => {
      said += String(part);
    });
    await until(
      async () => said,
      (text) => text.includes('frozen'),
    );
    const failed = await failure(withSnapshot(tools, { volumes: `${vg}/srv` }, () => 0));
    expect(failed).toMatchObject({ reason: 'busy', step: 'snapshot' });
    expect(failed.message).toContain('may be frozen');
    expect((await remains(vg)).filter((line) => line.includes('srv_snap'))).toEqual([]);
    hidden.stdin.end();
    await left;
    await withSnapshot(tools, { volumes: `${vg}/srv` }, () => 0);
    expect(await remains(vg)).toEqual(untouched);
  });
});

describe('withSnapshot of a thin volume', () => {
  it('takes a thin snapshot, which needs no size, and leaves nothing', async () => {
    await run('lvcreate', ['--type', 'thin-pool', '--size', '32m', '--name', 'pool', vg]);
    await run('lvcreate', [
      '--type',
      'thin',
      '--virtualsize',
      '24m',
      '--thinpool',
      'pool',
      '--name',
      'thin',
      vg,
    ]);
    await run('mkfs.ext4', ['-q', `/dev/${vg}/thin`]);
    const mount = await mounted(`/dev/${vg}/thin`);
    await writeFile(join(mount.path, 'letter'), 'before\n');
    const before = await remains(vg);
    const done = await withSnapshot(tools, { volumes: `${vg}/thin` }, async ([snapshot]) => {
      await writeFile(join(mount.path, 'letter'), 'after\n');
      expect(snapshot?.thin).toBe(true);
      return readFile(join(snapshot?.directory ?? '', 'letter'), 'utf8');
    });
    expect(done).toMatchObject({
      value: 'before\n',
      snapshots: [{ requested: null, size: null, peakUsed: null, trimmed: false }],
    });
    expect(await remains(vg)).toEqual(before);
    await mount.unmount();
    await run('lvremove', ['--yes', `${vg}/pool`]);
  });
});
