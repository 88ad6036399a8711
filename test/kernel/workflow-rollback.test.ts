import { open } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { rollback } from '../../lib/workflows/index.ts';
import type { WorkflowProgress } from '../../lib/workflows/progress.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { recorded } from './support/recording.ts';
import { digest, remembered } from './support/rollback.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'rb';
const mebibyte = 1024 * 1024;
let disk: TestDisk;

beforeAll(async () => {
  disk = await testDisk('rb-disk', 400);
  await volumeGroup(vg, [{ ...disk.backing, path: disk.path }], { extentSize: '1m' });
});

beforeEach(async () => {
  await disk.heal();
  await run('lvremove', ['--yes', '--force', vg]);
});

// An origin of 24 MiB, whose first 12 MiB were overwritten after the snapshot was taken; what the snapshot holds.
async function changed(name: string, store = '20m'): Promise<string> {
  await run('lvcreate', ['--yes', '--wipesignatures', 'n', '--size', '24m', '--name', name, vg]);
  await write(`/dev/${vg}/${name}`, 0, 24 * mebibyte, 0x11);
  const before = await digest(`/dev/${vg}/${name}`);
  await run('lvcreate', ['--snapshot', '--size', store, '--name', `${name}_s`, `${vg}/${name}`]);
  await write(`/dev/${vg}/${name}`, 0, 12 * mebibyte, 0x22);
  return before;
}

async function thin(name: string): Promise<string> {
  await run('lvcreate', ['--yes', '--type', 'thin-pool', '--size', '64m', '--name', `${name}_pool`, vg]);
  await run('lvcreate', [
    '--yes',
    '--type',
    'thin',
    '-V24m',
    '--thinpool',
    `${name}_pool`,
    '--name',
    name,
    vg,
  ]);
  await write(`/dev/${vg}/${name}`, 0, 24 * mebibyte, 0x11);
  const before = await digest(`/dev/${vg}/${name}`);
  await run('lvcreate', ['--snapshot', '--name', `${name}_s`, `${vg}/${name}`]);
  await write(`/dev/${vg}/${name}`, 0, 12 * mebibyte, 0x22);
  return before;
}

async function tags(): Promise<readonly string[]> {
  return (await lvm.vgs({ targets: [vg] }))[0]?.tags ?? [];
}

async function names(): Promise<readonly string[]> {
  return (await lvm.lvs({ targets: [vg] })).map(({ name }) => name).sort();
}

describe('a rollback', () => {
  it('makes the origin what the snapshot held, runs what it planned, and leaves nothing', async () => {
    const before = await changed('o');
    const { lvm: watched, commands } = recorded(lvm);
    const planned = await rollback({ dm, lvm: watched }, { snapshots: `${vg}/o_s`, dryRun: true });
    expect(commands).toEqual([]);
    expect(planned.plan.changes).toEqual([
      expect.stringMatching(/^rb\/o becomes what rb\/o_s holds: .* since rb\/o_s was made at 20.*Z is lost/),
      'rb/o_s is gone afterwards.',
    ]);
    await disk.slow(100);
    const told: WorkflowProgress[] = [];
    const done = await rollback(
      { dm, lvm: watched },
      { snapshots: `${vg}/o_s`, onProgress: (one) => told.push(one) },
    );
    expect(done).toMatchObject({
      outcome: 'done',
      origins: [{ origin: 'rb/o', snapshot: 'rb/o_s', state: 'merged' }],
      warnings: [],
    });
    const always = planned.plan.steps.flatMap(({ commands: all, when }) => (when === null ? all : []));
    expect(commands).toEqual(always);
    const ratios = told.flatMap((one) => (one.kind === 'step-progressed' ? [one.ratio ?? 0] : []));
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
    expect(ratios.at(-1)).toBe(1);
    expect(await digest(`/dev/${vg}/o`)).toBe(before);
    expect([await names(), await tags()]).toEqual([['o'], []]);
    await expect(rollback(tools, { snapshots: `${vg}/o_s` })).rejects.toMatchObject({ reason: 'not-found' });
  });

  it('of an inactive origin activates it for that time', async () => {
    const before = await changed('o');
    await run('lvchange', ['--activate', 'n', `${vg}/o`]);
    const done = await rollback(tools, { snapshots: [`${vg}/o_s`] });
    expect(done.origins[0]?.state).toBe('merged');
    expect((await lvm.lvs({ targets: [`${vg}/o`] }))[0]).toMatchObject({ active: false });
    await run('lvchange', ['--activate', 'y', `${vg}/o`]);
    expect(await digest(`/dev/${vg}/o`)).toBe(before);
    expect(await tags()).toEqual([]);
  });

  it('of thin snapshots takes effect at once, active or not, and names the siblings that lose their origin', async () => {
    for (const active of [true, false]) {
      await run('lvremove', ['--yes', '--force', vg]);
      const before = await thin('t');
      await run('lvcreate', ['--snapshot', '--name', 'sibling', `${vg}/t`]);
      if (!active) await run('lvchange', ['--activate', 'n', `${vg}/t`]);
      const done = await rollback(tools, { snapshots: `${vg}/t_s` });
      expect(done.origins[0]?.state).toBe('merged');
      expect(done.warnings).toEqual([expect.stringContaining('lvm forgets that rb/sibling are snapshots')]);
      if (!active) await run('lvchange', ['--activate', 'y', `${vg}/t`]);
      expect(await digest(`/dev/${vg}/t`)).toBe(before);
      expect([await names(), await tags()]).toEqual([['sibling', 't', 't_pool'], []]);
    }
  });

  it('that is not to wait is found done by the next call', async () => {
    const before = await changed('o');
    await disk.slow(150);
    const begun = await rollback(tools, { snapshots: `${vg}/o_s`, wait: false });
    expect(begun.origins[0]?.state).toBe('merging');
    expect(await digest(`/dev/${vg}/o`)).toBe(before);
    await disk.heal();
    const done = await rollback(tools, { snapshots: `${vg}/o_s` });
    expect(done.origins[0]?.state).toBe('merged');
    expect([await names(), await tags()]).toEqual([['o'], []]);
  });

  it('that is aborted while the kernel merges says that it goes on, and the next call waits for the end', async () => {
    const before = await changed('o');
    await disk.slow(200);
    const control = new AbortController();
    const call = rollback(tools, {
      snapshots: `${vg}/o_s`,
      signal: control.signal,
      onProgress: ({ kind }) => kind === 'step-progressed' && control.abort(),
    });
    await expect(call).rejects.toMatchObject({
      reason: 'aborted',
      step: 'wait',
      left: [{ state: expect.stringContaining('the kernel goes on to merge rb/o_s into rb/o') }],
    });
    await disk.heal();
    expect((await rollback(tools, { snapshots: `${vg}/o_s` })).origins[0]?.state).toBe('merged');
    expect(await digest(`/dev/${vg}/o`)).toBe(before);
  });
});

describe('an origin that is in use', () => {
  it('is refused, with who uses it; nothing is changed', async () => {
    await changed('o');
    const user = await open(`/dev/${vg}/o`, 'r');
    const state = await remembered(lvm, vg);
    await expect(rollback(tools, { snapshots: `${vg}/o_s` })).rejects.toMatchObject({
      reason: 'in-use',
      step: null,
      message: expect.stringMatching(/rb\/o is opened by process \d+/),
    });
    expect(await remembered(lvm, vg)).toEqual(state);
    await user.close();
  });

  it.each(['thick', 'thin'])('is deferred if wanted (%s), and the next call finishes it', async (kind) => {
    const before = kind === 'thick' ? await changed('o') : await thin('o');
    const user = await open(`/dev/${vg}/o`, 'r');
    const options = { snapshots: `${vg}/o_s`, whenOpen: 'defer' } as const;
    const done = await rollback(tools, options);
    expect(done).toMatchObject({ outcome: 'done', origins: [{ state: 'deferred' }] });
    expect(await rollback(tools, options)).toMatchObject({
      outcome: 'already',
      origins: [{ state: 'deferred' }],
    });
    await user.close();
    expect(await rollback(tools, options)).toMatchObject({ outcome: 'done', origins: [{ state: 'merged' }] });
    expect(await digest(`/dev/${vg}/o`)).toBe(before);
    expect(await tags()).toEqual([]);
  });

  it('that stays in use after "unmount" is taken into use again, and nothing is left', async () => {
    await changed('o');
    const user = await open(`/dev/${vg}/o`, 'r');
    const calls: string[] = [];
    const failed = rollback(tools, {
      snapshots: `${vg}/o_s`,
      unmount: ([one]) => void calls.push(`unmount ${one?.path}`),
      remount: ([one]) => void calls.push(one?.after ?? ''),
    });
    await expect(failed).rejects.toMatchObject({ reason: 'in-use', step: 'unmount', left: [] });
    await user.close();
    expect(calls).toEqual(['unmount /dev/mapper/rb-o', 'failed']);
    expect([await names(), await tags()]).toEqual([['o', 'o_s'], []]);
  });
});

describe('a snapshot that overflowed', () => {
  it('is refused, also when the origin is inactive and only its activation shows it', async () => {
    await changed('o', '4m');
    await expect(rollback(tools, { snapshots: `${vg}/o_s` })).rejects.toMatchObject({
      reason: 'overflowed',
      message: expect.stringContaining('lvremove --yes rb/o_s'),
    });
    await run('lvchange', ['--activate', 'n', `${vg}/o`]);
    await expect(rollback(tools, { snapshots: `${vg}/o_s` })).rejects.toMatchObject({
      reason: 'overflowed',
      left: [],
    });
    expect((await lvm.lvs({ targets: [`${vg}/o`] }))[0]).toMatchObject({ active: false });
    expect([await names(), await tags()]).toEqual([['o', 'o_s'], []]);
  });

  it('after its merge was put off is refused, and what the error says to do works', async () => {
    await changed('o', '16m');
    const user = await open(`/dev/${vg}/o`, 'r+');
    await rollback(tools, { snapshots: `${vg}/o_s`, whenOpen: 'defer' });
    await write(`/dev/${vg}/o`, 12 * mebibyte, 12 * mebibyte, 0x33);
    await user.close();
    const error = await rollback(tools, { snapshots: `${vg}/o_s` }).catch((one: unknown) => one);
    expect(error).toMatchObject({ reason: 'overflowed' });
    expect(String(error)).toContain('lvchange --refresh rb/o, then lvremove --yes rb/o_s');
    await run('lvchange', ['--refresh', `${vg}/o`]);
    await run('lvremove', ['--yes', `${vg}/o_s`]);
    expect(await names()).toEqual(['o']);
    // What is left of it, a second run takes away.
    expect(await rollback(tools, { snapshots: `${vg}/o_s` })).toMatchObject({
      warnings: [expect.stringContaining('unless somebody removed it')],
    });
    expect(await tags()).toEqual([]);
  });

  it('would be another one of the same origin: that needs consent', async () => {
    const before = await changed('o');
    await run('lvcreate', ['--snapshot', '--size', '8m', '--name', 'other', `${vg}/o`]);
    await expect(rollback(tools, { snapshots: `${vg}/o_s` })).rejects.toMatchObject({
      reason: 'needs-consent',
      message: expect.stringMatching(/rb\/other has 8\.00 MiB free.*allowOverflow \["rb\/other"\]/),
    });
    const done = await rollback(tools, { snapshots: `${vg}/o_s`, allowOverflow: [`${vg}/other`] });
    expect(done.origins[0]?.state).toBe('merged');
    expect(await digest(`/dev/${vg}/o`)).toBe(before);
    expect((await lvm.lvs({ targets: [`${vg}/other`] }))[0]?.snapshotInvalid).toBe(true);
  });
});
