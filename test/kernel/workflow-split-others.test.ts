import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import type { Lvm } from '../../lib/lvm/index.ts';
import { splitForBackup } from '../../lib/workflows/index.ts';
import { isReadOnly } from '../../lib/workflows/system/read-only.ts';
import { write } from './support/disks.ts';
import { directory, exit, inOwnProcess, line } from './support/filesystems.ts';
import { dmCreate, dmRemove, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { lvs } from './support/lvs.ts';
import { cleared, fresh, isWhole, mirrored, mountedAt, splitGroup, sumOf, tagsOf } from './support/split.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'so';
const mebibyte = 1024 * 1024;
const nothing = async (): Promise<void> => {};

beforeAll(() => splitGroup(vg, 3));
afterEach(() => cleared(vg));

type Convert = Lvm['lvconvert'];

/** An instance whose split for good is another one; its command line stays what it is. */
function splitting(other: () => Promise<never>): Lvm {
  const { argv, argvIn } = lvm.lvconvert.splitMirrors;
  return { ...lvm, lvconvert: { ...lvm.lvconvert, splitMirrors: Object.assign(other, { argv, argvIn }) } };
}

/** An instance that does something right before and after the split for a while. */
function tracking(before: () => Promise<void>, after: () => Promise<void>): Lvm {
  const { trackSplit } = lvm.lvconvert;
  const other = async (...call: Parameters<Convert['trackSplit']>) => {
    await before();
    const result = await trackSplit(...call);
    await after();
    return result;
  };
  const { argv, argvIn } = trackSplit;
  return { ...lvm, lvconvert: { ...lvm.lvconvert, trackSplit: Object.assign(other, { argv, argvIn }) } };
}

describe('what others do meanwhile', () => {
  it.each([
    ['for good', { name: 'copy' }],
    ['for a while', { tracked: true }],
  ] as const)(
    'a file system that is mounted after the plan keeps a split %s from being made',
    async (_, how) => {
      const volume = await mirrored(vg, 'data');
      const place = await mkdtemp(join(tmpdir(), 'split-others-'));
      const onProgress = ({ kind, step }: { readonly kind: string; readonly step: string | null }): void => {
        if (kind === 'step-finished' && step === 'mark') execFileSync('mount', [`/dev/${volume}`, place]);
      };
      const options = { volume, onProgress };
      const split =
        'name' in how
          ? splitForBackup(tools, { ...options, ...how })
          : splitForBackup(tools, { ...options, ...how }, nothing);
      await expect(split).rejects.toMatchObject({
        ...{ reason: 'plan-changed', step: 'split', left: [] },
        message: expect.stringContaining(`freeze ${place}`),
      });
      expect((await lvm.lvs({ targets: [vg] })).map(({ name }) => name)).toEqual(['data']);
      expect(await tagsOf(volume)).toEqual([]);
      expect(await isWhole(volume)).toBe(true);
      expect(await isReadOnly(`/dev/mapper/${vg}-data_rimage_1`)).toBe(false);
    },
  );

  it('a volume that has got the name of the copy is not removed when the split is taken back', async () => {
    const volume = await mirrored(vg, 'data');
    const place = await mountedAt(`/dev/${volume}`);
    const late = splitting(async () => {
      await run('lvcreate', ['-y', '-Wn', '-L16m', '-n', 'copy', vg]);
      // As long as the file system is frozen this waits.
      await fresh(place, 'goes on');
      throw new Error('there is a volume copy');
    });
    const options = { volume, name: 'copy', quiesce: 'freeze', deadline: 20_000 } as const;
    await expect(splitForBackup({ dm, lvm: late }, options)).rejects.toMatchObject({
      ...{ reason: 'failed', step: 'split', left: [] },
      message: expect.not.stringMatching(/removed/),
    });
    expect((await lvm.lvs({ targets: [vg] })).map(({ name }) => name).sort()).toEqual(['copy', 'data']);
    expect(await tagsOf(volume)).toEqual([]);
    expect(await isWhole(volume)).toBe(true);
  });

  it('a volume of the name and size of a copy that a killed call was to split off is none of ours', async () => {
    const volume = await mirrored(vg, 'data');
    const [uuid = ''] = await lvs(`${volume}_rimage_1`, ['lv_uuid']);
    await run('lvchange', ['--addtag', `devmapper.splitForBackup.to:copy:r:${uuid}`, volume]);
    await run('lvcreate', ['-y', '-Wn', '-L16m', '-n', 'copy', vg]);
    await expect(splitForBackup(tools, { volume, name: 'copy' })).rejects.toMatchObject({
      reason: 'foreign',
    });
    const done = await splitForBackup(tools, { volume, name: 'other' });
    expect(done.plan.steps[0]).toMatchObject({
      name: 'finish-copy',
      title: expect.stringMatching(/^Forget/),
    });
    expect(await tagsOf(`${vg}/copy`)).toEqual([]);
    expect(await isReadOnly(`/dev/${vg}/copy`)).toBe(false);
    expect(await tagsOf(volume)).toEqual([]);
    // A mirror of the same name as the one that a copy is of.
    await run('lvrename', [vg, 'data', 'old']);
    const twin = await mirrored(vg, 'data');
    await expect(splitForBackup(tools, { volume: twin, name: 'other' })).rejects.toMatchObject({
      reason: 'foreign',
    });
    expect(await splitForBackup(tools, { volume: `${vg}/old`, name: 'other' })).toMatchObject({
      outcome: 'already',
    });
  });

  it('an image cannot be written to from the moment on in which it is seen', async () => {
    const volume = await mirrored(vg, 'data');
    const leg = `/dev/mapper/${vg}-data_rimage_1`;
    const seen: boolean[] = [];
    const look = async (): Promise<void> => {
      seen.push(await isReadOnly(leg));
    };
    const watched = tracking(async () => {
      await look();
      await write(`/dev/${volume}`, 8 * mebibyte, mebibyte, 0x44);
    }, look);
    const done = await splitForBackup({ dm, lvm: watched }, { volume, tracked: true }, async ({ path }) => {
      const bytes = await readFile(path);
      expect(bytes.subarray(8 * mebibyte, 9 * mebibyte).every((byte) => byte === 0x44)).toBe(true);
    });
    expect(seen).toEqual([true, true]);
    // Written by way of the volume, in spite of all; that has to be looked into, and is found to be the same.
    expect(done).toMatchObject({ writtenSectors: 2048, mismatches: 0, rebuilt: false });
    expect(await isWhole(volume)).toBe(true);
  });

  it('an image that a killed call has left, written to and merged back by hand, is compared and written anew', async () => {
    const volume = await mirrored(vg, 'data');
    await write(`/dev/${volume}`, 0, 16 * mebibyte, 0x11);
    const sum = await sumOf(`/dev/${volume}`);
    await run('lvchange', ['--addtag', 'devmapper.splitForBackup.image:1', volume]);
    await run('lvconvert', ['-y', '--splitmirrors', '1', '--trackchanges', volume]);
    await write(`/dev/mapper/${vg}-data_rimage_1`, 4 * mebibyte, 256 * 1024, 0x22);
    await run('lvconvert', ['-y', '--mergemirrors', `${volume}_rimage_1`]);
    await expect.poll(() => isWhole(volume), { timeout: 20_000 }).toBe(true);
    const done = await splitForBackup(tools, { volume, tracked: true }, ({ path }) => sumOf(path));
    expect(done.plan.steps.map(({ name }) => name).slice(0, 2)).toEqual(['compare-leftover', 'settle']);
    expect(done.warnings.join(' ')).toMatch(/sectors .* differed .* was written anew/);
    expect(done.value).toBe(sum);
    await run('blockdev', ['--flushbufs', `/dev/${volume}`]);
    expect(await sumOf(`/dev/${volume}`)).toBe(sum);
    expect(await tagsOf(volume)).toEqual([]);
  });

  it('a volume of which others use a part is not called frozen, and the plan says who they are', async () => {
    const volume = await mirrored(vg, 'data');
    for (const [name, start] of [
      ['so-mounted', 0],
      ['so-other', 16384],
    ] as const) {
      await dmCreate(name, `0 16384 linear /dev/${volume} ${start}`);
      await run('mkfs.ext4', ['-q', '-F', `/dev/mapper/${name}`]);
    }
    const place = await mountedAt('/dev/mapper/so-mounted');
    const options = { volume, tracked: true, dryRun: true } as const;
    const warnings = async () => (await splitForBackup(tools, options)).plan.warnings;
    expect(await warnings()).toEqual([]);
    const hidden = await directory();
    for (const [script, text] of [
      [
        'exec 3<>/dev/mapper/so-other && echo ready && cat',
        /so-other is opened by process \d+ \((?:sh|cat)\)/,
      ],
      [
        `mount /dev/mapper/so-other ${hidden} && echo ready && cat`,
        /so-other is mounted on .* in the mount name/,
      ],
    ] as const) {
      const other = inOwnProcess('unshare', ['--mount', 'sh', '-c', script]);
      expect(await line(other)).toBe('ready');
      expect((await warnings()).join()).toMatch(text);
      expect((await warnings()).join()).not.toContain(place);
      await expect(splitForBackup(tools, { ...options, quiesce: 'freeze' })).rejects.toMatchObject({
        ...{ reason: 'unsafe', message: expect.stringMatching(text) },
      });
      other.stdin?.end();
      await exit(other);
    }
    const { plan } = await splitForBackup(tools, { ...options, quiesce: 'freeze' });
    expect(plan.warnings).toEqual([]);
    expect(plan.steps.find(({ name }) => name === 'split')?.title).toMatch(`Freeze ${place}, `);
    await run('umount', [place]);
    for (const name of ['so-mounted', 'so-other']) await dmRemove(name);
  });

  it('a file system that lvm writes to by its settings is not frozen', async () => {
    const volume = await mirrored(vg, 'data');
    const place = await mountedAt(`/dev/${volume}`);
    const directory = await mkdtemp(join(tmpdir(), 'lvm-system-'));
    const conf = await readFile(join(process.env.LVM_SYSTEM_DIR ?? '/etc/lvm', 'lvm.conf'), 'utf8');
    await writeFile(join(directory, 'lvm.conf'), `${conf}\nbackup/archive_dir = "${place}/archive"\n`);
    const own = openLvm({ dm, environment: { LVM_SYSTEM_DIR: directory } });
    const { plan } = await splitForBackup({ dm, lvm: own }, { volume, name: 'copy', dryRun: true });
    expect(plan.warnings.join(' ')).toContain(`must not be frozen: ${place} holds ${place}/archive`);
    await rm(directory, { recursive: true });
  });

  it('a btrfs that is not mounted is refused before anything is split, if it is to be mounted', async () => {
    const volume = await mirrored(vg, 'data');
    // Its superblock is at 64 KiB; blkid wants no more than its magic.
    await run('wipefs', ['--all', `/dev/${volume}`]);
    await write(`/dev/${volume}`, 0x10000, 4096, 0);
    await run('bash', ['-c', `printf _BHRfS_M | dd of=/dev/${volume} bs=1 seek=65600 conv=notrunc,fsync`]);
    const mounting = splitForBackup(tools, { volume, tracked: true, mount: true, dryRun: true });
    await expect(mounting).rejects.toMatchObject({ reason: 'unsafe', step: null });
  });
});
