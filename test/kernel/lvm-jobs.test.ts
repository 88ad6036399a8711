import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import type { JobProgress } from '../../lib/lvm/jobs/job.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const withoutDm = openLvm();

const vg = 'jobs';
const disks: TestDisk[] = [];
const mebibyte = 1024 * 1024;
const often = { progressInterval: 100 };

beforeAll(async () => {
  for (const name of ['jobs-a', 'jobs-b', 'jobs-c', 'jobs-d']) disks.push(await testDisk(name, 64));
  await volumeGroup(
    vg,
    disks.map(({ backing, path }) => ({ ...backing, path })),
    { extentSize: '1m' },
  );
});

function disk(index: number): TestDisk {
  const found = disks[index];
  if (found === undefined) throw new Error(`there is no disk ${index}`);
  return found;
}

// From now on each write to a disk takes so many milliseconds, until the test ends.
async function slow(index: number, milliseconds: number): Promise<void> {
  await disk(index).slow(milliseconds);
  onTestFinished(() => disk(index).heal());
}

async function linear(name: string, extents: number, index: number): Promise<string> {
  const devices = [disk(index).path];
  await lvm.lvcreate.linear(`${vg}/${name}`, { size: { extents }, devices, zero: false });
  onTestFinished(() => remove(name));
  return `${vg}/${name}`;
}

async function remove(name: string): Promise<void> {
  await run('lvremove', ['--force', '--yes', `${vg}/${name}`]);
}

async function devicesOf(volume: string): Promise<readonly (string | null)[]> {
  const { groups } = await lvm.fullreport({ targets: [vg] });
  const used = groups[0]?.pvSegs.filter(({ lvName }) => lvName === volume.split('/')[1]) ?? [];
  return [...new Set(used.map(({ pvName }) => pvName))];
}

async function all(
  job: AsyncIterable<JobProgress>,
  look: (seen: readonly JobProgress[]) => Promise<void> = async () => {},
): Promise<JobProgress[]> {
  const seen: JobProgress[] = [];
  for await (const progress of job) {
    seen.push(progress);
    await look(seen);
  }
  return seen;
}

// The same of a job for which a slow disk is as fast as ever once enough was seen of it.
function allOnceSlow(
  job: AsyncIterable<JobProgress>,
  index: number,
  isEnough: (seen: readonly JobProgress[]) => boolean = isForecast,
): Promise<JobProgress[]> {
  let isSlow = true;
  return all(job, async (seen) => {
    if (!isSlow || !isEnough(seen)) return;
    isSlow = false;
    await disk(index).heal();
  });
}

function isForecast(seen: readonly JobProgress[]): boolean {
  return seen.length > 3 && seen.at(-1)?.remaining !== null;
}

function expectSteadily(seen: readonly JobProgress[], source: JobProgress['source']): void {
  const ratios = seen.map(({ ratio }) => ratio);
  expect(seen.length).toBeGreaterThan(3);
  expect(ratios).toEqual(ratios.toSorted((one, other) => one - other));
  expect(ratios.every((ratio) => ratio >= 0 && ratio <= 1)).toBe(true);
  expect(ratios.at(-1)).toBe(1);
  expect(new Set(seen.map((one) => one.source))).toEqual(new Set([source]));
}

// lvm's pollers, which run in the background: they write (lvm2) over the command's name in their command lines.
async function pollers(): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (
      line
        .split('\0')
        .slice(0, 2)
        .some((word) => word !== '' && '(lvm2)'.startsWith(word))
    )
      found.push(Number(name));
  }
  return found;
}

async function endPollers(): Promise<number> {
  const found = await pollers();
  for (const pid of found) process.kill(pid, 'SIGTERM');
  await until(pollers, (left) => left.length === 0);
  return found.length;
}

describe('a pvmove', () => {
  it('tells how far it is from 0 to 1 by the kernel, and ends when all extents have come', async () => {
    const volume = await linear('moved', 24, 0);
    await slow(1, 3000);
    const job = lvm.pvmove.job(disk(0).path, { to: [disk(1).path], ...often });
    expect(job.phase).toBe('starting');
    const seen = await allOnceSlow(job, 1);
    const result = await job.result;
    expectSteadily(seen, 'kernel');
    expect(seen[0]).toMatchObject({ action: 'move', converting: disk(0).path, unit: 'regions' });
    expect(seen.some(({ remaining }) => remaining !== null)).toBe(true);
    expect(result).toMatchObject({ changed: true, volume: null, moving: ['moved'] });
    expect(job.phase).toBe('done');
    expect(await devicesOf(volume)).toEqual([disk(1).path]);
    await expect(dmsetup('status', `${vg}-pvmove0`)).rejects.toThrow();
  });

  it('of several parts goes through all of them, though lvm copies one after the other', async () => {
    const first = await linear('part1', 10, 0);
    const second = await linear('part2', 8, 0);
    await slow(1, 1200);
    const job = lvm.pvmove.job(disk(0).path, { to: [disk(1).path], ...often });
    const seen = await allOnceSlow(job, 1, (all) => (all.at(-1)?.ratio ?? 0) > 0.6);
    expectSteadily(seen, 'kernel');
    expect(new Set(seen.map(({ unit }) => unit))).toEqual(new Set(['sectors']));
    expect(seen.at(-1)).toMatchObject({ done: 18 * 2048, total: 18 * 2048 });
    expect(await devicesOf(first)).toEqual([disk(1).path]);
    expect(await devicesOf(second)).toEqual([disk(1).path]);
  });

  it('that is cancelled gives its extents back', async () => {
    const volume = await linear('back', 24, 0);
    await slow(1, 800);
    const job = lvm.pvmove.job(disk(0).path, { to: [disk(1).path], ...often });
    await until(
      async () => job.progress()?.ratio ?? 0,
      (ratio) => ratio > 0.1,
    );
    const outcome = await job.cancel();
    expect(outcome).toMatchObject({ outcome: 'cancelled', extentsBack: 24, extentsMoved: 0 });
    await expect(job.result).rejects.toMatchObject({ name: 'LvmError', reason: 'aborted' });
    expect(job.phase).toBe('cancelled');
    expect(await devicesOf(volume)).toEqual([disk(0).path]);
    expect(await job.cancel()).toMatchObject({ outcome: 'ended' });
  });

  it('whose watcher and whose poller have died is found again and brought to its end', async () => {
    const volume = await linear('found', 24, 0);
    await slow(1, 800);
    const first = lvm.pvmove.job(disk(0).path, { to: [disk(1).path], ...often });
    await until(
      async () => first.progress()?.ratio ?? 0,
      (ratio) => ratio > 0.1,
    );
    first.detach();
    await expect(first.result).rejects.toMatchObject({ name: 'AbortError' });
    expect(first.phase).toBe('detached');
    expect(await endPollers()).toBeGreaterThan(0);
    const fresh = openLvm({ dm });
    const job = await fresh.jobs.find(volume, often);
    if (job === null) throw new Error('it was not found');
    expect(job).toMatchObject({ kind: 'pvmove', volume: `${vg}/pvmove0` });
    const [same] = await fresh.jobs.list(vg);
    same?.detach();
    expect(same?.id).toBe(job.id);
    const seen = await all(job);
    expectSteadily(seen, 'kernel');
    expect(seen[0]?.ratio).toBeGreaterThan(0.1);
    expect(await job.result).toEqual({ volume: null, mismatches: null });
    expect(await devicesOf(volume)).toEqual([disk(1).path]);
    expect(await fresh.jobs.find(volume)).toBeNull();
  });

  it('is refused for what is no physical volume, of no group, or of another one, and has changed nothing', async () => {
    const spare = await testDisk('jobs-spare', 16);
    const volume = await linear('refused', 4, 0);
    const refused = async (call: Promise<unknown>, reason: string) =>
      expect(call).rejects.toMatchObject({ name: 'LvmError', reason, changed: 'no' });
    await refused(lvm.pvmove(spare.path), 'not-found');
    await run('pvcreate', [spare.path]);
    await refused(lvm.pvmove(spare.path), 'not-in-group');
    await refused(lvm.pvmove(disk(0).path, { to: [spare.path] }), 'not-in-group');
    await refused(lvm.pvmove(disk(0).path, { name: 'nosuch' }), 'not-found');
    await refused(lvm.pvmoveAbort(spare.path), 'not-in-group');
    expect(await devicesOf(volume)).toEqual([disk(0).path]);
    expect(await lvm.pvmoveAbort(disk(0).path)).toMatchObject({ changed: false });
  });

  it('moves one volume, some extents, within a device, or all at once', async () => {
    const one = await linear('one', 4, 0);
    const other = await linear('other', 4, 0);
    await lvm.pvmove.job(disk(0).path, { name: 'one', to: [`${disk(1).path}:10-19`], atomic: true }).result;
    expect([await devicesOf(one), await devicesOf(other)]).toEqual([[disk(1).path], [disk(0).path]]);
    const places = async () =>
      (await lvm.segs({ targets: [one] })).flatMap(({ peRanges }) => peRanges.map(({ first }) => first));
    expect(await places()).toEqual([10]);
    await lvm.pvmove.job(`${disk(1).path}:10-13`, { alloc: 'anywhere', to: [`${disk(1).path}:30-39`] })
      .result;
    expect(await places()).toEqual([30]);
  });

  it('is ended by pvmoveAbort, and its job says so', async () => {
    const volume = await linear('ended', 24, 0);
    await slow(1, 800);
    const job = lvm.pvmove.job(disk(0).path, { to: [disk(1).path], ...often });
    await until(
      async () => job.progress()?.ratio ?? 0,
      (ratio) => ratio > 0.05,
    );
    expect(await lvm.pvmoveAbort(disk(0).path)).toMatchObject({ changed: true });
    await expect(job.result).rejects.toMatchObject({
      reason: 'aborted',
      message: expect.stringContaining(`24 extents are on ${disk(0).path}`),
    });
    expect(await devicesOf(volume)).toEqual([disk(0).path]);
  });

  it('that has nothing to move has changed nothing', async () => {
    expect(await lvm.pvmove(disk(3).path)).toMatchObject({ changed: false, moving: [] });
  });
});

describe('a mirror conversion', () => {
  const toMirror = { mirrors: 1, mirrorLog: 'core', ...often } as const;

  it('goes from 0 to 1, and leaves a mirror in sync', async () => {
    const volume = await linear('mirrored', 24, 0);
    await slow(1, 3000);
    const job = lvm.lvconvert.mirror.job(volume, { ...toMirror, devices: [disk(1).path] });
    const seen = await allOnceSlow(job, 1);
    expectSteadily(seen, 'kernel');
    expect(seen[0]).toMatchObject({ action: 'copy', converting: volume, unit: 'regions' });
    expect(seen.some(({ bytesPerSecond }) => bytesPerSecond !== null && bytesPerSecond > 0)).toBe(true);
    const { volume: row } = await job.result;
    expect(row).toMatchObject({ segtype: 'mirror', copyPercent: 100 });
  });

  it('that is cancelled has one copy again, and the new image is gone', async () => {
    const volume = await linear('unmirrored', 24, 0);
    await slow(1, 3000);
    const job = lvm.lvconvert.mirror.job(volume, { ...toMirror, devices: [disk(1).path] });
    await until(
      async () => job.progress()?.ratio ?? 0,
      (ratio) => ratio > 0.05,
    );
    expect(await job.cancel()).toMatchObject({ outcome: 'cancelled', extentsBack: null });
    await expect(job.result).rejects.toMatchObject({ reason: 'aborted' });
    expect(job.phase).toBe('cancelled');
    expect(await devicesOf(volume)).toEqual([disk(0).path]);
    expect(await lvm.jobs.list(vg)).toEqual([]);
  });

  it('to a third image that is cancelled leaves the two that were there', async () => {
    const volume = await linear('third', 16, 0);
    const first = lvm.lvconvert.mirror.job(volume, { ...toMirror, devices: [disk(1).path] });
    await first.result;
    await slow(2, 800);
    const job = lvm.lvconvert.mirror.job(volume, { ...toMirror, mirrors: 2, devices: [disk(2).path] });
    await until(
      async () => job.progress()?.ratio ?? 0,
      (ratio) => ratio > 0.05,
    );
    expect(await job.cancel()).toMatchObject({ outcome: 'cancelled' });
    await expect(job.result).rejects.toMatchObject({ reason: 'aborted' });
    const images = await Promise.all([0, 1].map((index) => devicesOf(`${volume}_mimage_${index}`)));
    expect(images).toEqual([[disk(0).path], [disk(1).path]]);
  });

  it('of a mirror with a log on disk is cancelled by whoever finds it, and leaves the two that were there', async () => {
    const volume = await linear('layered', 16, 0);
    const log = { mirrorLog: 'disk', devices: [disk(1).path, disk(3).path], ...often } as const;
    await lvm.lvconvert.mirror.job(volume, { ...log, mirrors: 1 }).result;
    await slow(2, 800);
    await lvm.lvconvert.mirrors(volume, { mirrors: 2, devices: [disk(2).path] });
    const job = await lvm.jobs.find(volume, often);
    expect(await job?.cancel()).toMatchObject({ outcome: 'cancelled' });
    const images = await Promise.all([0, 1].map((index) => devicesOf(`${volume}_mimage_${index}`)));
    expect(images).toEqual([[disk(0).path], [disk(1).path]]);
    expect(await devicesOf(`${volume}_mimage_2`)).toEqual([]);
    expect(await lvm.jobs.list(vg)).toEqual([]);
  });

  it('is not cancelled in an instance that only goes through commands', async () => {
    const volume = await linear('tested', 16, 0);
    await slow(1, 800);
    const tested = openLvm({ dm, test: true });
    const job = lvm.lvconvert.mirror.job(volume, { ...toMirror, devices: [disk(1).path] });
    await until(
      async () => job.phase,
      (phase) => phase === 'running',
    );
    const found = await tested.jobs.find(volume, often);
    await expect(found?.cancel()).rejects.toMatchObject({
      reason: 'unsupported',
      message: expect.stringContaining('"test"'),
    });
    await until(
      async () => found?.phase,
      (phase) => phase === 'running',
    );
    found?.detach();
    const again = tested.lvconvert.mirror.job(volume, { ...toMirror, mirrors: 2, devices: [disk(2).path] });
    expect((await again.result).changed).toBe(false);
    expect(await again.cancel()).toMatchObject({ outcome: 'ended' });
    expect(await devicesOf(`${volume}_mimage_1`)).toEqual([disk(1).path]);
    await disk(1).heal();
    await job.result;
  });

  it('whose group another process has locked ends its cancel() in time, and goes on', async () => {
    const volume = await linear('held', 16, 0);
    await slow(1, 400);
    const job = lvm.lvconvert.mirror.job(volume, { ...toMirror, devices: [disk(1).path] });
    await until(
      async () => job.phase,
      (phase) => phase === 'running',
    );
    // Without a fork it is one process that holds it: others who wait for it must not be ended with it.
    const holder = spawn('flock', [
      '--no-fork',
      '/run/lock/lvm/V_jobs',
      'sh',
      '-c',
      'echo held; exec sleep 90',
    ]);
    await once(holder.stdout, 'data');
    try {
      const began = performance.now();
      await expect(job.cancel({ timeout: 5000 })).rejects.toMatchObject({ reason: 'locked', changed: 'no' });
      await expect(job.cancel({ signal: AbortSignal.timeout(500) })).rejects.toMatchObject({
        name: 'AbortError',
      });
      expect(performance.now() - began).toBeLessThan(45_000);
    } finally {
      holder.kill();
      await once(holder, 'exit');
    }
    expect(job.phase).toBe('running');
    await disk(1).heal();
    await job.result;
    expect(await devicesOf(`${volume}_mimage_1`)).toEqual([disk(1).path]);
  });

  it('whose new image fails rejects, says what is left, and how to go on', async () => {
    const volume = await linear('failing', 24, 0);
    await slow(1, 800);
    const job = lvm.lvconvert.mirror.job(volume, { ...toMirror, devices: [disk(1).path] });
    await until(
      async () => job.progress()?.ratio ?? 0,
      (ratio) => ratio > 0.05,
    );
    await disk(1).fail();
    await expect(job.result).rejects.toMatchObject({
      name: 'LvmError',
      reason: 'io-error',
      message: expect.stringMatching(/image 1 .* has an error: .*lvconvert --repair jobs\/failing/),
    });
    expect(job.phase).toBe('failed');
    await disk(1).heal();
    await run('lvconvert', ['--yes', '--mirrors', '0', volume, disk(1).path]);
  });
});

describe('a mirror that gets in sync, to which nothing is added', () => {
  async function imagesOf(volume: string): Promise<readonly unknown[]> {
    return Promise.all([0, 1, 2].map((index) => devicesOf(`${volume}_mimage_${index}`)));
  }

  async function mirrorOf(name: string, count: number) {
    const devices = [0, 1, 2].slice(0, count).map((index) => disk(index).path);
    onTestFinished(() => remove(name));
    const options = { size: '16MiB', mirrors: count - 1, mirrorLog: 'core', devices, ...often } as const;
    return lvm.lvcreate.mirror.job(`${vg}/${name}`, options);
  }

  it('anew has all its images after cancel(), whoever has found it, and cancel() says what to do', async () => {
    for (const count of [3, 2]) {
      const volume = `${vg}/anew${count}`;
      await (await mirrorOf(`anew${count}`, count)).result;
      const images = await imagesOf(volume);
      await slow(1, 800);
      const job = lvm.lvchange.resync.job(volume, { allowDeactivation: true, ...often });
      await until(
        async () => job.phase,
        (phase) => phase === 'running',
      );
      const found = await lvm.jobs.find(volume, often);
      for (const one of [job, found])
        await expect(one?.cancel()).rejects.toMatchObject({
          ...{ name: 'LvmError', reason: 'unsupported', changed: 'no' },
          message: expect.stringMatching(/none of them is known to be new.* Wait for its end/),
        });
      expect(await imagesOf(volume)).toEqual(images);
      await disk(1).heal();
      await Promise.all([job.result, found?.result]);
    }
  });

  it('for the first time has them, too', async () => {
    await slow(1, 800);
    const job = await mirrorOf('first', 2);
    await until(
      async () => job.phase,
      (phase) => phase === 'running',
    );
    await expect(job.cancel()).rejects.toMatchObject({ reason: 'unsupported', changed: 'no' });
    expect(await imagesOf(`${vg}/first`)).toEqual([[disk(0).path], [disk(1).path], []]);
    await disk(1).heal();
    await job.result;
  });
});

describe('an array', () => {
  it('is followed to its sync, and cannot be cancelled', async () => {
    await slow(1, 500);
    const devices = [disk(0).path, disk(1).path];
    const job = lvm.lvcreate.raid1.job(`${vg}/array`, { size: '24MiB', mirrors: 1, devices, ...often });
    onTestFinished(() => remove('array'));
    await until(
      async () => job.phase,
      (phase) => phase === 'running',
    );
    await expect(job.cancel()).rejects.toMatchObject({ reason: 'unsupported', changed: 'no' });
    await disk(1).heal();
    const seen = await all(job);
    expect(seen.at(-1)).toMatchObject({ ratio: 1, unit: 'sectors', action: 'resync', source: 'kernel' });
    expect((await job.result).volume).toMatchObject({
      name: 'array',
      copyPercent: 100,
      raidSyncAction: 'idle',
    });
  });

  it('not-active: is deactivated before it is in sync, does not go on, and says so', async () => {
    await slow(1, 400);
    const devices = [disk(0).path, disk(1).path];
    const job = lvm.lvcreate.raid1.job(`${vg}/asleep`, { size: '32MiB', mirrors: 1, devices, ...often });
    onTestFinished(() => remove('asleep'));
    await until(
      async () => job.phase,
      (phase) => phase === 'running',
    );
    await run('lvchange', ['--activate', 'n', `${vg}/asleep`]);
    await expect(job.result).rejects.toMatchObject({
      ...{ name: 'LvmError', reason: 'not-active' },
      message: expect.stringContaining('lvchange -ay'),
    });
  });
});

describe('a merge', () => {
  async function changedSnapshot(name: string): Promise<string> {
    const origin = await linear(name, 24, 0);
    await run('lvcreate', ['--snapshot', '--extents', '22', '--name', `${name}-s`, origin, disk(1).path]);
    await write(`/dev/${origin}`, 0, 16 * mebibyte);
    return origin;
  }

  it('is found again by its origin and by its snapshot, and ends without the snapshot', async () => {
    const origin = await changedSnapshot('merged');
    await slow(0, 600);
    const first = lvm.lvconvert.mergeSnapshot.job(`${origin}-s`, often);
    await until(
      async () => first.progress()?.ratio ?? 0,
      (ratio) => ratio > 0,
    );
    first.detach();
    await expect(first.result).rejects.toThrow(/lvm\.jobs\.find\('jobs\/merged'\)/);
    await endPollers();
    const fresh = openLvm({ dm });
    const found = await fresh.jobs.find(`${origin}-s`, often);
    found?.detach();
    const job = await fresh.jobs.find(origin, often);
    if (job === null) throw new Error('it was not found');
    expect([found?.id, job.id]).toEqual([`merge ${origin}`, `merge ${origin}`]);
    await expect(job.cancel()).rejects.toMatchObject({ reason: 'unsupported' });
    expectSteadily(await all(job), 'kernel');
    expect((await job.result).volume).toMatchObject({ name: 'merged', segtype: 'linear' });
    expect(await fresh.lvs({ targets: [vg], all: true })).toHaveLength(1);
  });

  it('waits while its origin is in use, and begins when it is activated anew', async () => {
    const origin = await changedSnapshot('waiting');
    const user = await open(`/dev/${origin}`, 'r');
    const job = lvm.lvconvert.mergeSnapshot.job(`${origin}-s`, often);
    await until(
      async () => job.phase,
      (phase) => phase === 'waiting',
    );
    await sleep(1000);
    expect([job.phase, job.progress()]).toEqual(['waiting', null]);
    await user.close();
    await run('lvchange', ['--activate', 'n', origin]);
    await run('lvchange', ['--activate', 'y', origin]);
    expect((await job.result).volume).toMatchObject({ name: 'waiting' });
    expect(await lvm.lvs({ targets: [vg], all: true })).toHaveLength(1);
  });
});

describe('a check of an array', () => {
  it('ends with the sectors that differ', async () => {
    const name = `${vg}/checked`;
    const [one, other] = [disk(0).path, disk(1).path];
    await run('lvcreate', ['-y', '--type', 'raid1', '-m1', '-l24', '-n', 'checked', vg, one, other]);
    onTestFinished(() => remove('checked'));
    const sync = await lvm.jobs.find(name, often);
    await sync?.result;
    await write('/dev/mapper/jobs-checked_rimage_1', 4 * mebibyte, mebibyte, 0x33);
    await run('lvchange', ['--maxrecoveryrate', '4M', name]);
    const job = lvm.lvchange.syncAction.job(name, { action: 'check', ...often });
    const seen = await all(job);
    expectSteadily(seen, 'kernel');
    expect(seen[0]?.action).toBe('check');
    expect((await job.result).mismatches).toBe(2048);
    await expect(dm.status(name)).resolves.toMatchObject({
      segments: [{ status: { mismatchSectors: 2048 } }],
    });
  });
});

describe('without device-mapper', () => {
  it('a pvmove tells how far it is by what lvm writes', async () => {
    const volume = await linear('text', 24, 0);
    await slow(1, 800);
    const job = withoutDm.pvmove.job(disk(0).path, { to: [disk(1).path] });
    expectSteadily(await all(job), 'lvm');
    await job.result;
    expect(await devicesOf(volume)).toEqual([disk(1).path]);
  });

  it('so does a mirror, and a merge', async () => {
    const volume = await linear('texts', 16, 0);
    await slow(1, 800);
    const options = { mirrors: 1, mirrorLog: 'core', devices: [disk(1).path] } as const;
    expectSteadily(await all(withoutDm.lvconvert.mirror.job(volume, options)), 'lvm');
    await disk(1).heal();
    await run('lvconvert', ['--yes', '--mirrors', '0', volume, disk(1).path]);
    await run('lvcreate', ['--snapshot', '--extents', '15', '--name', 'texts-s', volume, disk(2).path]);
    await write(`/dev/${volume}`, 0, 12 * mebibyte);
    await slow(0, 300);
    const merge = withoutDm.lvconvert.mergeSnapshot.job(`${volume}-s`);
    const seen = await all(merge);
    expect(seen.every(({ action, source }) => action === 'merge' && source === 'lvm')).toBe(true);
    expect(seen.at(-1)?.ratio).toBe(1);
    await merge.result;
  });
});

describe('jobs', () => {
  it('of several kinds go on at once, each with its own end', async () => {
    const moved = await linear('many-moved', 16, 0);
    const mirrored = await linear('many-mirrored', 16, 2);
    await slow(1, 3000);
    await slow(3, 3000);
    const mirror = lvm.lvconvert.mirror.job(mirrored, {
      ...{ mirrors: 1, mirrorLog: 'core', devices: [disk(3).path] },
      ...often,
    });
    const move = lvm.pvmove.job(disk(0).path, { to: [disk(1).path], ...often });
    const [seen] = await Promise.all([allOnceSlow(move, 1), allOnceSlow(mirror, 3)]);
    expectSteadily(seen, 'kernel');
    expect(await devicesOf(moved)).toEqual([disk(1).path]);
    expect((await mirror.result).volume).toMatchObject({ name: 'many-mirrored', copyPercent: 100 });
  });

  it('that are aborted before they have begun run nothing', async () => {
    const volume = await linear('unbegun', 8, 0);
    const signal = AbortSignal.abort();
    const job = lvm.pvmove.job(disk(0).path, { to: [disk(1).path], signal });
    await expect(job.result).rejects.toMatchObject({ name: 'AbortError' });
    expect(await devicesOf(volume)).toEqual([disk(0).path]);
  });

  it('whose signal fires are no longer waited for, but go on', async () => {
    const volume = await linear('unwaited', 16, 0);
    await slow(1, 400);
    const control = new AbortController();
    const job = lvm.pvmove.job(disk(0).path, { to: [disk(1).path], signal: control.signal, ...often });
    await until(
      async () => job.phase,
      (phase) => phase === 'running',
    );
    control.abort(new Error('enough'));
    await expect(job.result).rejects.toMatchObject({
      ...{ name: 'AbortError', code: 'ABORT_ERR', cause: new Error('enough') },
      message: "No longer waited for: it goes on in the kernel, and lvm.jobs.find('jobs/pvmove0') finds it",
    });
    await (await lvm.jobs.find(volume, often))?.result;
    expect(await devicesOf(volume)).toEqual([disk(1).path]);
  });

  it('end soon after the kernel is done', async () => {
    const delays: number[] = [];
    for (const name of ['soon1', 'soon2', 'soon3']) {
      await linear(name, 8, 0);
      await slow(1, 500);
      const monitor = dm.monitor({ include: [`${vg}-pvmove0`] });
      let doneAt = 0;
      monitor.on('in-sync', () => {
        doneAt = performance.now();
      });
      const job = lvm.pvmove.job(disk(0).path, { to: [disk(1).path] });
      await job.result;
      delays.push(performance.now() - doneAt);
      monitor.close();
      await disk(1).heal();
    }
    expect(Math.max(...delays)).toBeLessThan(10_000);
  });
});
