import { execFileSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type RemountUse, rollback } from '../../lib/workflows/index.ts';
import { write } from './support/disks.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { until } from './support/moment.ts';
import { digest } from './support/rollback.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'rn';
const mebibyte = 1024 * 1024;
const snapshots = `${vg}/o_s`;

beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(160)], { extentSize: '1m' });
});

beforeEach(() => run('lvremove', ['--yes', '--force', vg]));

async function snapshotOf(kind: 'thick' | 'thin'): Promise<string> {
  const before = await digest(`/dev/${vg}/o`);
  const size = kind === 'thick' ? ['--size', '14m'] : ['--setactivationskip', 'n'];
  await run('lvcreate', ['--yes', '--snapshot', ...size, '--name', 'o_s', `${vg}/o`]);
  await write(`/dev/${vg}/o`, 0, 4 * mebibyte, 0x22);
  return before;
}

// An origin of 12 MiB that was written to since its snapshot; what the snapshot holds.
async function changed(kind: 'thick' | 'thin'): Promise<string> {
  if (kind === 'thin')
    await run('lvcreate', ['--yes', '--type', 'thin-pool', '--size', '40m', '--name', 'pool', vg]);
  const where = kind === 'thin' ? ['--type', 'thin', '-V12m', '--thinpool', 'pool'] : ['--size', '12m'];
  await run('lvcreate', ['--yes', '--wipesignatures', 'n', ...where, '--name', 'o', vg]);
  await write(`/dev/${vg}/o`, 0, 12 * mebibyte, 0x11);
  return snapshotOf(kind);
}

async function tags(): Promise<readonly string[]> {
  return (await lvm.vgs({ targets: [vg] }))[0]?.tags ?? [];
}

// A rollback that is put off, and done at the next activation, of which no run of ours knows.
async function mergedMeanwhile(): Promise<void> {
  const user = await open(`/dev/${vg}/o`, 'r');
  const done = await rollback(tools, { snapshots, whenOpen: 'defer' });
  expect(done.origins).toMatchObject([{ state: 'deferred' }]);
  await user.close();
  await run('lvchange', ['--activate', 'n', `${vg}/o`]);
  await run('lvchange', ['--activate', 'y', `${vg}/o`]);
  await until(
    () => lvm.lvs({ targets: [vg], all: true }),
    (rows) => rows.every(({ name }) => name !== 'o_s'),
  );
}

describe.each(['thick', 'thin'] as const)('a rollback (%s) that was done at the next activation', (kind) => {
  it('is found done, and how far that can be known is said', async () => {
    const before = await changed(kind);
    await mergedMeanwhile();
    const done = await rollback(tools, { snapshots });
    expect(done).toMatchObject({
      origins: [{ state: 'merged' }],
      warnings: [expect.stringContaining('unless somebody removed it before, which cannot be told now')],
    });
    expect([await digest(`/dev/${vg}/o`), await tags()]).toEqual([before, []]);
  });

  it('says nothing of a later snapshot of the same name, which is rolled back to as any other', async () => {
    await changed(kind);
    await mergedMeanwhile();
    const [stale] = await tags();
    expect(stale).toContain('devmapper.rollback:o_s:');
    const before = await snapshotOf(kind);
    const { plan } = await rollback(tools, { snapshots, dryRun: true });
    expect(plan.steps[0]?.commands).toEqual([expect.arrayContaining([`--deltag=${stale}`])]);
    const done = await rollback(tools, { snapshots });
    expect(done.origins).toMatchObject([{ state: 'merged' }]);
    expect([await digest(`/dev/${vg}/o`), await tags()]).toEqual([before, []]);
    await expect(rollback(tools, { snapshots })).rejects.toMatchObject({ reason: 'not-found' });
  });

  it('says nothing of an origin that was made anew', async () => {
    await changed(kind);
    await mergedMeanwhile();
    await run('lvremove', ['--yes', '--force', vg]);
    await changed(kind);
    await run('lvremove', ['--yes', snapshots]);
    await expect(rollback(tools, { snapshots })).rejects.toMatchObject({ reason: 'not-found' });
    expect((await lvm.lvs({ targets: [`${vg}/o`] }))[0]?.active).toBe(true);
  });
});

describe.each(['thick', 'thin'] as const)('a snapshot (%s) that somebody takes away meanwhile', (kind) => {
  const removed = ['lvremove', '--yes', snapshots] as const;
  const renamed = ['lvrename', snapshots, `${vg}/kept`] as const;
  const told: string[] = [];
  const remount = (all: readonly RemountUse[]): void => void told.push(...all.map(({ after }) => after));

  it.each([removed, renamed])(
    'while "unmount" is at it is not called merged: %s',
    async (program, ...args) => {
      await changed(kind);
      const [noted, now] = [await tags(), await digest(`/dev/${vg}/o`)];
      told.length = 0;
      const unmount = async (): Promise<void> => void (await run(program, args));
      await expect(rollback(tools, { snapshots, unmount, remount })).rejects.toMatchObject({
        ...{ reason: 'plan-changed', step: 'unmount', left: [] },
        message: expect.stringContaining('rn/o_s is no longer the snapshot of rn/o that was to be merged'),
      });
      expect([told, await tags(), await digest(`/dev/${vg}/o`)]).toEqual([['failed'], noted, now]);
      await expect(rollback(tools, { snapshots })).rejects.toMatchObject({ reason: 'not-found' });
    },
  );

  it('after it was noted is not called merged, then or by the next call', async () => {
    await changed(kind);
    told.length = 0;
    const [program, ...args] = removed;
    const failed = rollback(tools, {
      ...{ snapshots, unmount: () => {}, remount },
      onProgress: (one) => one.kind === 'step-started' && one.step === 'merge' && execFileSync(program, args),
    });
    await expect(failed).rejects.toMatchObject({
      ...{ reason: 'plan-changed', step: 'merge' },
      left: [{ state: 'rn/o_s is gone without having been merged, and rn/o is as it was' }],
    });
    expect([told, await tags()]).toEqual([['failed'], []]);
    await expect(rollback(tools, { snapshots })).rejects.toMatchObject({ reason: 'not-found' });
  });
});

it('"remount" is told that it is put off where the origin stays in use, so that nobody writes what will be lost', async () => {
  await changed('thick');
  const user = await open(`/dev/${vg}/o`, 'r');
  const told: (readonly [string, RemountUse['after']])[] = [];
  const done = await rollback(tools, {
    ...{ snapshots, whenOpen: 'defer', unmount: () => {} },
    remount: (all) => void told.push(...all.map(({ origin, after }) => [origin, after] as const)),
  });
  expect([done.origins[0]?.state, told]).toEqual(['deferred', [['rn/o', 'deferred']]]);
  await user.close();
  await rollback(tools, {
    snapshots,
    remount: (all) => void told.push(...all.map(({ origin, after }) => [origin, after] as const)),
  });
  expect(told.at(-1)).toEqual(['rn/o', 'rolled-back']);
});
