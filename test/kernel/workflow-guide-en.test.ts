import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { replaceFailedDevice, splitForBackup } from '../../lib/workflows/index.ts';
import { kernel, made, until } from './support/conversions.ts';
import { run } from './support/lab.ts';
import { bench, devicePath, layoutOf, openTools, raidInSync, refusalOf, wipe } from './support/replace.ts';

// The guide 001: a raid1 one of whose disks is wiped, repaired, and an image split off for a backup.
const tools = openTools();
const { lvm } = tools;
const vg = 'vg_data';
const volume = `${vg}/lv_mirror`;
const disk = bench(tools, vg, 3, 2);
const path = (index: number): string => disk(index).path;
const mount = '/tmp/devmapper-guide-en';

const sums = async (directory = mount): Promise<string> =>
  (await run('sh', ['-c', `cd ${directory} && find . -type f | sort | xargs sha256sum`])).stdout;

async function mountedMirror(): Promise<string> {
  await made('-m1', '-L', '32m', '-n', 'lv_mirror', vg, path(0), path(1));
  await until(volume, raidInSync);
  await run('mkfs.ext4', ['-q', devicePath(volume)]);
  await run('mkdir', ['-p', mount]);
  await run('mount', [devicePath(volume), mount]);
  onTestFinished(async () => {
    await run('umount', [mount]);
  });
  for (const name of ['one', 'two'])
    await run('dd', [
      'if=/dev/urandom',
      `of=${mount}/${name}`,
      'bs=1M',
      'count=3',
      'conv=fsync',
      'status=none',
    ]);
  return sums();
}

const rowOf = async () => (await lvm.lvs({ targets: [volume] }))[0];

describe('the guide of a raid1 whose disk is wiped', () => {
  it('by hand: what is missing is taken out, which hides that a copy is lost, and the disk is taken again', async () => {
    const before = await mountedMirror();
    await wipe(path(0));
    expect(await rowOf()).toMatchObject({ healthStatus: 'partial' });
    await lvm.vgreduce.removeMissing(vg, { mirrorsOnly: true });
    expect((await lvm.vgs({ targets: [vg] }))[0]).toMatchObject({ missingPvCount: 0 });
    expect(await sums()).toBe(before);
    await lvm.vgextend(vg, { devices: [path(2)] });
    await lvm.lvconvert.repair(volume);
    await until(volume, raidInSync);
    expect(await sums()).toBe(before);
    await disk(1).fail();
    await run('sh', ['-c', 'echo 3 > /proc/sys/vm/drop_caches']);
    expect(await sums()).toBe(before);
  });

  it('half by hand: in one call the copy is found that nothing tells is lost', async () => {
    const before = await mountedMirror();
    await wipe(path(0));
    await lvm.vgreduce.removeMissing(vg, { mirrorsOnly: true });
    const done = await replaceFailedDevice(tools, { vg, with: path(0) });
    expect(done).toMatchObject({ outcome: 'done', repaired: [volume], added: [path(0)], removed: [] });
    expect(await kernel(volume)).toMatch(raidInSync);
    expect(await sums()).toBe(before);
    expect((await layoutOf(vg)).filter((line) => line.includes(path(0)))).toHaveLength(2);
  });

  it('in one call another disk takes the place of the wiped one; an image is read as a backup and comes back', async () => {
    const before = await mountedMirror();
    await wipe(path(0));
    const used = await refusalOf(replaceFailedDevice(tools, { vg, failed: path(0), with: path(0) }));
    expect(used).toMatchObject({ reason: 'in-use', step: null });
    expect(used.message).toContain(`vgreduce --removemissing --mirrorsonly --force ${vg}`);
    const done = await replaceFailedDevice(tools, { vg, failed: path(0), with: path(2) });
    expect(done).toMatchObject({ outcome: 'done', repaired: [volume], added: [path(2)] });
    expect(done.removed).toHaveLength(1);
    expect(await sums()).toBe(before);
    const split = await splitForBackup(
      tools,
      { volume, tracked: true, mount: true, devices: [path(2)] },
      async ({ mounted }) => {
        const names = await readdir(mounted ?? '');
        return { names, sums: await sums(join(mounted ?? '', '.')) };
      },
    );
    expect(split).toMatchObject({ outcome: 'done', value: { sums: before } });
    expect(await kernel(volume)).toMatch(raidInSync);
    expect(await replaceFailedDevice(tools, { vg, failed: path(0) })).toMatchObject({ outcome: 'already' });
  });
});
