import { open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type SplitLeg, splitForBackup, type WorkflowProgress } from '../../lib/workflows/index.ts';
import { isReadOnly } from '../../lib/workflows/system/read-only.ts';
import { kernel } from './support/conversions.ts';
import { type TestDisk, write } from './support/disks.ts';
import { directory } from './support/filesystems.ts';
import { run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { lvs } from './support/lvs.ts';
import { recorded } from './support/recording.ts';
import {
  cleared,
  fresh,
  isMounted,
  isWhole,
  mirrored,
  mountedAt,
  splitGroup,
  sumOf,
  tagsOf,
} from './support/split.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'st';
const mebibyte = 1024 * 1024;

let disks: readonly TestDisk[] = [];

beforeAll(async () => {
  disks = await splitGroup(vg, 3);
});

afterEach(async () => {
  for (const disk of disks) await disk.heal();
  await cleared(vg);
});

async function expectWhole(volume: string): Promise<void> {
  expect(await isWhole(volume)).toBe(true);
  expect(await tagsOf(volume)).toEqual([]);
  expect(await lvs(`${volume}_rimage_1`, ['lv_attr'])).toEqual(['iwi-aor---']);
}

describe('a split for a while', () => {
  it('shows the callback what was written just before, mounted read-only, and merges back what it planned to', async () => {
    const volume = await mirrored(vg, 'data');
    const place = await mountedAt(`/dev/${volume}`);
    const sum = await fresh(place, 'hello');
    const { lvm: watched, commands } = recorded(lvm);
    let seen: SplitLeg | undefined;
    const options = { volume, tracked: true, mount: true } as const;
    const done = await splitForBackup({ dm, lvm: watched }, options, async (leg) => {
      seen = leg;
      const copied = await sumOf(join(leg.mounted ?? '', 'hello'));
      expect(await isReadOnly(leg.path)).toBe(true);
      await expect(writeFile(join(leg.mounted ?? '', 'x'), 'x')).rejects.toMatchObject({ code: 'EROFS' });
      await expect(write(leg.path, 0, 4096)).rejects.toMatchObject({ code: /EPERM|EACCES|EROFS/ });
      await fresh(place, 'later');
      await expect(splitForBackup(tools, { volume, name: 'copy' })).rejects.toMatchObject({ reason: 'busy' });
      return copied;
    });
    expect(done).toMatchObject({
      ...{ outcome: 'done', value: sum, leg: `${vg}/data_rimage_1`, quiesced: 'freeze' },
      ...{ writtenSectors: 0, mismatches: null, rebuilt: false },
    });
    expect(seen).toMatchObject({ volume: `${vg}/data_rimage_1`, mountOptions: ['ro', 'noload'] });
    await expect(readdir(seen?.mounted ?? '')).rejects.toMatchObject({ code: 'ENOENT' });
    const always = { ...done.plan, steps: done.plan.steps.filter(({ when }) => when === null) };
    expect(commands).toEqual(always.steps.flatMap((step) => step.commands));
    await expectWhole(volume);
    await run('lvchange', ['--syncaction', 'check', volume]);
    await expect.poll(() => isWhole(volume), { timeout: 20_000 }).toBe(true);
  });

  it('whose image is written to all the same finds what differs, and writes the image anew', async () => {
    const volume = await mirrored(vg, 'data');
    await write(`/dev/${volume}`, 0, 16 * mebibyte, 0x11);
    const sum = await sumOf(`/dev/${volume}`);
    const done = await splitForBackup(tools, { volume, tracked: true }, async ({ path, mounted }) => {
      expect(mounted).toBeNull();
      await run('blockdev', ['--setrw', path]);
      await write(path, 4 * mebibyte, 256 * 1024, 0x22);
    });
    expect(done).toMatchObject({ writtenSectors: 512, rebuilt: true });
    expect(done.mismatches).toBeGreaterThanOrEqual(512);
    expect(done.warnings.join(' ')).toMatch(/512 sectors were written to it.*it was written anew/);
    await expectWhole(volume);
    await run('blockdev', ['--flushbufs', `/dev/${volume}`]);
    expect(await sumOf(`/dev/${volume}`)).toBe(sum);
    expect(await sumOf(`/dev/mapper/${vg}-data_rimage_1`)).toBe(sum);
  });

  it('is not trusted if its directory shows something else in the end, and takes none that is a mount point', async () => {
    const volume = await mirrored(vg, 'data');
    const place = await directory();
    const own = { volume, tracked: true, mount: place } as const;
    await run('mount', ['-t', 'tmpfs', 'none', place]);
    await expect(splitForBackup(tools, own, () => 0)).rejects.toMatchObject({ reason: 'in-use', step: null });
    await run('umount', [place]);
    const failing = splitForBackup(tools, own, () => run('umount', [place]));
    await expect(failing).rejects.toMatchObject({
      ...{ reason: 'failed', step: 'use', left: [] },
      message: expect.stringContaining(`${place} does not show st/data_rimage_1 any more`),
    });
    await expectWhole(volume);
    const covered = splitForBackup(tools, own, () => run('mount', ['-t', 'tmpfs', 'none', place]));
    await expect(covered).rejects.toMatchObject({
      ...{ reason: 'failed', step: 'use' },
      message: expect.stringContaining(`${place} is covered by a mount of none`),
    });
    await run('umount', [place]);
    const done = await splitForBackup(tools, own, ({ mounted }) => readdir(mounted ?? ''));
    expect(done.value).toEqual(['lost+found']);
    await expectWhole(volume);
  });

  it('whose callback fails is merged back, and says what it failed with', async () => {
    const volume = await mirrored(vg, 'data');
    const cause = new Error('tape full');
    const options = { volume, tracked: true, mount: true } as const;
    const failing = splitForBackup(tools, options, () => Promise.reject(cause));
    await expect(failing).rejects.toMatchObject({
      ...{ reason: 'failed', step: 'use', cause, left: [] },
      message: expect.stringMatching(/tape full.*was merged back into st\/data, which is in sync/),
    });
    await expectWhole(volume);
  });

  it('that is aborted waits for its callback, says so, and is merged back', async () => {
    const volume = await mirrored(vg, 'data');
    const controller = new AbortController();
    const told: WorkflowProgress[] = [];
    const options = {
      ...({ volume, tracked: true, signal: controller.signal } as const),
      onProgress: (one: WorkflowProgress) => told.push(one),
    };
    let ended = false;
    const aborted = splitForBackup(tools, options, async (_, signal) => {
      controller.abort();
      expect(signal.aborted).toBe(true);
      // A callback that takes no notice.
      await run('sync', []);
      ended = true;
    });
    await expect(aborted).rejects.toMatchObject({ reason: 'aborted', code: 'ABORT_ERR', left: [] });
    expect(ended).toBe(true);
    expect(told).toContainEqual(expect.objectContaining({ detail: expect.stringMatching(/waiting for/) }));
    await expectWhole(volume);
  });

  it('whose image is mounted when it is to be merged says who has it and how to go on; the next call does', async () => {
    const volume = await mirrored(vg, 'data');
    const place = await mountedAt(`/dev/${volume}`);
    let left = '';
    const stuck = splitForBackup(tools, { volume, tracked: true }, async ({ path }) => {
      left = await mountedAt(path, ['-o', 'ro,noload']);
    });
    const error = await stuck.catch((one: unknown) => one);
    expect(error).toMatchObject({ reason: 'in-use', step: 'merge' });
    expect(String(error)).toContain(`is mounted on ${left}`);
    expect((error as { left: unknown }).left).toContainEqual({
      state: `${vg}/data_rimage_1 is still split off ${volume}, which tracks what changes meanwhile`,
      next: expect.stringMatching(/call again, which merges it back first/),
    });
    expect(await kernel(volume)).toMatch(/raid1 2 A-/);
    const refused = splitForBackup(tools, { volume, name: 'copy' });
    await expect(refused).rejects.toMatchObject({ reason: 'in-use' });
    await run('umount', [left]);
    const sum = await fresh(place, 'new');
    const done = await splitForBackup(tools, { volume, tracked: true, mount: true }, ({ mounted }) =>
      sumOf(join(mounted ?? '', 'new')),
    );
    expect(done.plan.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['merge-leftover', 'compare-leftover', 'settle', 'split']),
    );
    expect(done.value).toBe(sum);
    await expectWhole(volume);
  });

  it('is not merged back when the other image is lost meanwhile: its own may be all that is left', async () => {
    const volume = await mirrored(vg, 'data');
    await write(`/dev/${volume}`, 0, 16 * mebibyte, 0x11);
    const sum = await sumOf(`/dev/${volume}`);
    const [[path = ''] = []] = [await lvs(`${volume}_rimage_0`, ['devices'])];
    const lost = disks.find((disk) => path.startsWith(`${disk.path}(`));
    if (lost === undefined) throw new Error(`no disk is ${path}`);
    let leg = '';
    const failing = splitForBackup(tools, { volume, tracked: true }, async (image) => {
      leg = image.path;
      await lost.fail();
    });
    const error = await failing.catch((one: unknown) => one);
    expect(error).toMatchObject({ reason: 'failed', step: 'merge' });
    expect(String(error)).toMatch(/no other good image.*may be all that is left: copy it with copyVolume/);
    expect(String(error)).toMatch(/is still split off/);
    expect(await sumOf(leg)).toBe(sum);
    await lost.heal();
    const done = await splitForBackup(tools, { volume, tracked: true }, ({ path: of }) => sumOf(of));
    expect(done).toMatchObject({ outcome: 'done', value: sum });
    await expectWhole(volume);
  });

  it('is not taken over from somebody else, and not for a mirror that cannot track', async () => {
    const volume = await mirrored(vg, 'data');
    await run('lvconvert', ['-y', '--splitmirrors', '1', '--trackchanges', volume]);
    const nothing = async (): Promise<void> => {};
    await expect(splitForBackup(tools, { volume, tracked: true }, nothing)).rejects.toMatchObject({
      ...{ reason: 'foreign', message: expect.stringMatching(/lvconvert --mergemirrors st\/data_rimage_1/) },
    });
    expect(await kernel(volume)).toMatch(/raid1 2 A-/);
    const old = await mirrored(vg, 'old', { type: 'mirror' });
    await expect(splitForBackup(tools, { volume: old, tracked: true }, nothing)).rejects.toMatchObject({
      ...{ reason: 'wrong-type', message: expect.stringMatching(/give a name instead/) },
    });
  });

  it('does not freeze what the program writes to: it says why, and writes out instead', async () => {
    const volume = await mirrored(vg, 'data');
    const place = await mountedAt(`/dev/${volume}`);
    const log = await open(join(place, 'log'), 'w');
    try {
      const options = { volume, tracked: true } as const;
      await expect(
        splitForBackup(tools, { ...options, quiesce: 'freeze', dryRun: true }),
      ).rejects.toMatchObject({ reason: 'unsafe', message: expect.stringContaining(place) });
      const { plan } = await splitForBackup(tools, { ...options, dryRun: true });
      expect(plan.steps.find(({ name }) => name === 'split')?.title).toMatch(/^Write out what is in memory/);
      expect(plan.warnings.join(' ')).toMatch(/must not be frozen: .*log/);
    } finally {
      await log.close();
    }
    expect(await isMounted(`/dev/${volume}`)).toBe(true);
  });
});
