import { writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made, until } from './support/conversions.ts';
import { run } from './support/lab.ts';
import { bench, devicePath, layoutOf, mirrorInSync, openTools } from './support/replace.ts';

// The guide 002: a mirror of two disks with its log on a third, and a fourth as a spare.
const tools = openTools();
const { lvm } = tools;
const vg = 'vg_test';
const volume = `${vg}/mirror_test`;
const disk = bench(tools, vg, 4, 3);
const path = (index: number): string => disk(index).path;
const mount = '/tmp/devmapper-guide-zh';
const content = Array.from({ length: 100 }, (_, index) => `${index + 1} test test test\n`).join('');

const sums = async (): Promise<string> =>
  (await run('sh', ['-c', `cd ${mount} && find . -type f ! -name written | sort | xargs sha256sum`])).stdout;

async function mountedMirror(): Promise<string> {
  await made('--type', 'mirror', '-m1', '-L', '28m', '-n', 'mirror_test', vg, path(0), path(1), path(2));
  await until(volume, mirrorInSync);
  await run('mkfs.ext4', ['-q', devicePath(volume)]);
  await run('mkdir', ['-p', mount]);
  await run('mount', [devicePath(volume), mount]);
  onTestFinished(async () => {
    await run('umount', [mount]);
  });
  await writeFile(`${mount}/test.txt`, content);
  await run('dd', ['if=/dev/urandom', `of=${mount}/data`, 'bs=1M', 'count=6', 'conv=fsync', 'status=none']);
  return sums();
}

const onSpare = [
  `mirror_test_mimage_0 ${path0()}(0)`,
  expect.stringMatching(/^mirror_test_mimage_1 .*vg_test3\(/),
  expect.stringMatching(/^mirror_test_mlog .*vg_test2\(/),
];

function path0(): string {
  return '/dev/mapper/vg_test0';
}

describe('the guide of a mirror with a log and a spare', () => {
  it('by hand: the second disk is overwritten, taken out, and the spare takes its place', async () => {
    const before = await mountedMirror();
    await run('dd', ['if=/dev/zero', `of=${path(1)}`, 'count=10', 'bs=1M', 'conv=fsync', 'status=none']);
    expect((await layoutOf(vg)).find((line) => line.startsWith('mirror_test_mimage_1'))).toContain('unknown');
    await run('umount', [mount]);
    await run('mount', [devicePath(volume), mount]);
    expect(await sums()).toBe(before);
    await lvm.vgreduce.removeMissing(vg, { mirrorsOnly: true });
    expect(await kernel(volume)).toMatch(/linear/);
    expect(await sums()).toBe(before);
    await lvm.vgextend(vg, { devices: [path(3)] });
    await lvm.lvconvert.mirror(volume, {
      ...{ mirrors: 1, mirrorLog: 'disk' },
      devices: [path(3), `${path(2)}:0-0`],
    });
    await until(volume, mirrorInSync);
    expect(await layoutOf(vg)).toEqual(onSpare);
    expect(await sums()).toBe(before);
  });

  it('in one call: the second disk dies under a writer, which goes on when the spare has its place', async () => {
    const before = await mountedMirror();
    const writer = run('dd', [
      'if=/dev/zero',
      `of=${mount}/written`,
      'bs=64k',
      'count=48',
      'oflag=direct',
      'status=none',
    ]);
    await disk(1).fail();
    await until(volume, / 1 AD /);
    const done = await replaceFailedDevice(tools, { vg, with: path(3) });
    await writer;
    expect(done).toMatchObject({ outcome: 'done', repaired: [volume], added: [path(3)] });
    expect(await layoutOf(vg)).toEqual(onSpare);
    expect(await kernel(volume)).toMatch(mirrorInSync);
    expect(await sums()).toBe(before);
    // All of it is on the spare, too: the first disk may go now.
    await disk(0).fail();
    await until(volume, / 1 [AD]A /);
    await lvm.vgreduce.removeMissing(vg, { mirrorsOnly: true });
    await run('umount', [mount]);
    await run('mount', [devicePath(volume), mount]);
    expect(await sums()).toBe(before);
    expect((await run('stat', ['--format', '%s', `${mount}/written`])).stdout.trim()).toBe(
      String(48 * 65536),
    );
  });
});
