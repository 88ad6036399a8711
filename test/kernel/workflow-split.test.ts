import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import type { Lvm } from '../../lib/lvm/index.ts';
import {
  planSplitForBackup,
  type Remainder,
  splitForBackup,
  type WorkflowError,
} from '../../lib/workflows/index.ts';
import { isReadOnly } from '../../lib/workflows/system/read-only.ts';
import { kernel } from './support/conversions.ts';
import type { TestDisk } from './support/disks.ts';
import { run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { recorded } from './support/recording.ts';
import { cleared, fresh, mirrored, mountedAt, splitGroup, sumOf, tagsOf } from './support/split.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'sb';
let disks: readonly TestDisk[] = [];

beforeAll(async () => {
  disks = await splitGroup(vg, 4);
});

afterEach(async () => {
  for (const disk of disks) await disk.heal();
  await cleared(vg);
});

describe('a split for good', () => {
  it.each(['raid1', 'mirror'] as const)(
    'of type %s has what was written just before, is read-only, and runs what was planned',
    async (type) => {
      const volume = await mirrored(vg, 'data', { type });
      const place = await mountedAt(`/dev/${volume}`);
      const sum = await fresh(place, 'hello');
      const { lvm: watched, commands } = recorded(lvm);
      const done = await splitForBackup({ dm, lvm: watched }, { volume, name: 'copy', tags: ['nightly'] });
      expect(done).toMatchObject({
        ...{ outcome: 'done', volume, copy: `${vg}/copy`, readOnly: true, copiesLeft: 1, quiesced: 'freeze' },
        ...{ filesystem: { type: 'ext4' }, mountOptions: ['ro', 'noload'] },
      });
      expect(done.plan.steps.map(({ name }) => name)).toEqual(['mark', 'split', 'finish']);
      expect(commands).toEqual(done.plan.steps.flatMap((step) => step.commands));
      expect(done.plan.changes.join(' ')).toMatch(/one copy of its data left/);
      expect(done.warnings.join(' ')).toMatch(/has the same uuid/);
      expect(await isReadOnly(done.path)).toBe(true);
      expect(await tagsOf(volume)).toEqual([]);
      expect((await tagsOf(done.copy)).join()).toMatch(
        /^devmapper\.splitForBackup\.of:data:[\w-]{38}:\d+,nightly$/,
      );
      // The original goes on being written to, the copy stays what it was.
      await fresh(place, 'later');
      const copy = await mountedAt(done.path, ['-o', (done.mountOptions ?? []).join()]);
      expect(await sumOf(join(copy, 'hello'))).toBe(sum);
      await expect(readFile(join(copy, 'later'))).rejects.toMatchObject({ code: 'ENOENT' });
      await run('umount', [copy]);
      const again = await splitForBackup(tools, { volume, name: 'copy', tags: ['nightly'] });
      expect(again).toMatchObject({ outcome: 'already', copy: done.copy, readOnly: true });
      expect(again.warnings.join(' ')).toMatch(/at 20.*it is not split off again/);
    },
  );

  it('of three copies leaves two, may be writable, and only says what it would do with dryRun', async () => {
    const volume = await mirrored(vg, 'three', { copies: 3 });
    const before = await kernel(volume);
    const { plan } = await splitForBackup(tools, { volume, name: 'copy', readOnly: false, dryRun: true });
    expect(plan.changes).toEqual([
      expect.stringMatching(/^sb\/three_rimage_2, 16777216 bytes, becomes the volume sb\/copy\.$/),
      'sb/three has 2 copies of its data left.',
    ]);
    expect(await kernel(volume)).toBe(before);
    const done = await splitForBackup(tools, { volume, name: 'copy', readOnly: false });
    expect(done).toMatchObject({ copiesLeft: 2, readOnly: false, quiesced: 'sync' });
    expect(await isReadOnly(done.path)).toBe(false);
    expect(await kernel(volume)).toMatch(/raid1 2 AA/);
  });

  it('is refused before the copies are in sync, and where they never were although they read as 100 percent', async () => {
    await disks[1]?.slow(400);
    await run('lvcreate', ['-y', '-Wn', '--type', 'raid1', '-m1', '-L24m', '-n', 'slow', vg]);
    await expect(splitForBackup(tools, { volume: `${vg}/slow`, name: 'copy' })).rejects.toMatchObject({
      ...{ name: 'WorkflowError', reason: 'not-in-sync', step: null },
      message: expect.stringMatching(/is at a resync, .* percent done/),
    });
    await disks[1]?.heal();
    await run('lvcreate', ['-y', '-Wn', '--type', 'raid1', '-m1', '--nosync', '-L8m', '-n', 'never', vg]);
    await expect(splitForBackup(tools, { volume: `${vg}/never`, name: 'copy' })).rejects.toMatchObject({
      ...{ reason: 'not-in-sync', message: expect.stringMatching(/never made the same/) },
    });
    expect((await lvm.lvs({ targets: [vg] })).map(({ name }) => name).sort()).toEqual(['never', 'slow']);
  });

  it('refuses what is in the way, what has one copy, and what is not there', async () => {
    const volume = await mirrored(vg, 'data');
    await run('lvcreate', ['-y', '-Wn', '-L4m', '-n', 'copy', vg]);
    const refused = (options: Parameters<typeof planSplitForBackup>[1]) =>
      expect(planSplitForBackup(tools, options)).rejects;
    await refused({ volume, name: 'copy' }).toMatchObject({ reason: 'foreign' });
    await refused({ volume: `${vg}/copy`, name: 'other' }).toMatchObject({ reason: 'wrong-type' });
    await refused({ volume: `${vg}/none`, name: 'other' }).toMatchObject({ reason: 'not-found' });
    await refused({ volume, name: 'other', devices: ['/dev/null'] }).toMatchObject({ reason: 'wrong-type' });
  });

  it('that is not over by its deadline is taken back: the file system is thawed, the copies are as many as before', async () => {
    const { error, volume } = await lateSplit(async () => {});
    expect(error).toMatchObject({
      ...{ reason: 'failed', step: 'split' },
      message: expect.stringMatching(/did not stay frozen .* 6000 ms; sb\/copy was removed again/),
    });
    // Its new image is being filled, or is already.
    expect(leftOf(error).filter(({ next }) => next !== 'Wait until it is in sync.')).toEqual([]);
    expect((await lvm.lvs({ targets: [vg] })).map(({ name }) => name)).toEqual(['data']);
    expect(await kernel(volume)).toMatch(/raid1 2 [Aa]{2}/);
    expect(await tagsOf(volume)).toEqual([]);
  });

  it('that cannot be taken back to its end says why it was not done, and that a copy is missing', async () => {
    const allocatable = async (yes: boolean): Promise<void> => {
      await run('pvchange', ['--allocatable', yes ? 'y' : 'n', ...disks.map(({ path }) => path)]);
    };
    const { error, volume } = await lateSplit(() => allocatable(false)).finally(() => allocatable(true));
    expect(error).toMatchObject({
      ...{ reason: 'failed', step: 'split' },
      message: expect.stringMatching(
        /did not stay frozen .* 6000 ms; sb\/copy was removed again, but sb\/data has got no image in its place: /,
      ),
      left: [{ state: 'sb/data has 1 copy of its data, not 2', next: 'Give it another with addMirror.' }],
    });
    expect((await lvm.lvs({ targets: [volume] })).map(({ segtype }) => segtype)).toEqual(['linear']);
    expect(await tagsOf(volume)).toEqual([]);
  });
});

/** A split of a frozen volume that is done as late as its deadline is over, and after something else. */
async function lateSplit(
  then: () => Promise<void>,
): Promise<{ readonly error: unknown; readonly volume: string }> {
  const volume = await mirrored(vg, 'data');
  const place = await mountedAt(`/dev/${volume}`);
  const late = afterSplit(lvm, async () => {
    // As long as the file system is frozen this waits.
    await fresh(place, 'goes on');
    await then();
  });
  const options = { volume, name: 'copy', quiesce: 'freeze', deadline: 6000 } as const;
  const error = await splitForBackup({ dm, lvm: late }, options).catch((one: unknown) => one);
  return { error, volume };
}

function leftOf(error: unknown): readonly Remainder[] {
  return (error as WorkflowError).left;
}

function afterSplit(real: Lvm, then: () => Promise<void>): Lvm {
  const { splitMirrors } = real.lvconvert;
  const slow = async (...call: Parameters<typeof splitMirrors>) => {
    // Not ended by the deadline: the split itself is to succeed.
    const [volume, { signal: _, ...options }] = call;
    const result = await splitMirrors(volume, options);
    await then();
    return result;
  };
  const { argv, argvIn } = splitMirrors;
  return {
    ...real,
    lvconvert: { ...real.lvconvert, splitMirrors: Object.assign(slow, { argv, argvIn }) },
  };
}
