import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clear, kernel, made, until } from './support/conversions.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvs } from './support/lvs.ts';

const lvm = openLvm();
const { lvconvert } = lvm;
const vg = 'mirrored';
const lv = `${vg}/lv`;
const disks: TestDisk[] = [];

beforeAll(async () => {
  for (let count = 0; count < 5; count++) disks.push(await testDisk(`leg${count}`, 40));
  await volumeGroup(
    vg,
    disks.map(({ path, backing }) => ({ ...backing, path })),
    { extentSize: '1m' },
  );
});

afterEach(async () => {
  await clear(vg);
});

/** A device that failed works again, and is what it was in the group. */
async function restore(failed: TestDisk): Promise<void> {
  await failed.heal();
  await run('vgreduce', ['--removemissing', '--force', vg]);
  await run('vgck', ['--updatemetadata', vg]);
}

function disk(index: number): TestDisk {
  const found = disks[index];
  if (found === undefined) throw new Error(`no disk ${index}`);
  return found;
}

function path(index: number): string {
  return disk(index).path;
}

describe('a linear volume', () => {
  it('becomes a mirror in the background, is not split before it is one, and is split after', async () => {
    await made('--type', 'linear', '-L4m', '-n', 'lv', vg, path(0));
    await disk(1).slow(3000);
    const started = await lvconvert.mirror(lv, {
      ...({ mirrors: 1, mirrorLog: 'disk', regionSize: '512KiB', alloc: 'anywhere' } as const),
      devices: [path(1), `${path(2)}:0-20`],
    });
    expect(started).toMatchObject({ changed: true, finished: false, volume: { segtype: 'mirror' } });
    expect(await kernel(lv)).toMatch(/mirror 2 \S+ \S+ [0-7]\/8 1 AA 3 disk/);

    const early = await failureOf(lvconvert.splitMirrors(lv, { images: 1, name: 'copy' }));
    expect(early).toMatchObject({ reason: 'not-in-sync', changed: 'no', exitCode: null });

    await disk(1).heal();
    await until(lv, / 8\/8 /);
    const split = await lvconvert.splitMirrors(lv, { images: 1, name: 'copy', devices: [path(1)] });
    expect(split).toMatchObject({
      volume: { segtype: 'linear' },
      split: { name: 'copy', segtype: 'linear' },
    });
    expect(await lvs(`${vg}/copy`, ['devices'])).toEqual([`${path(1)}(0)`]);
    expect(await kernel(`${vg}/copy`)).toMatch(/linear/);
  });

  it('may be striped over devices for each image', async () => {
    await made('--type', 'linear', '-L4m', '-n', 'lv', vg, path(0));
    const options = { mirrors: 1, mirrorLog: 'core', stripes: 2, stripeSize: '64KiB' } as const;
    await lvconvert.mirror(lv, options);
    expect(await kernel(`${vg}/lv_mimage_1`)).toMatch(/striped 2/);
  });

  it('is not made a mirror for want of a type by mirrors, but has none already', async () => {
    await made('--type', 'linear', '-L4m', '-n', 'lv', vg);
    const refused = await failureOf(lvconvert.mirrors(lv, { mirrors: 1 }));
    expect(refused).toMatchObject({ reason: 'wrong-type', changed: 'no' });
    expect(refused.message).toMatch(/lvconvert\.raid1 or lvconvert\.mirror/);
    expect(await lvconvert.mirrors(lv, { mirrors: 0 })).toMatchObject({ changed: false, finished: true });
  });
});

describe('a mirror', () => {
  it('gets and loses images, the latter with consent, and says nothing changed when nothing did', async () => {
    await made(
      '--type',
      'mirror',
      '-m1',
      '--mirrorlog',
      'disk',
      '-R512k',
      '-L4m',
      '-n',
      'lv',
      vg,
      path(0),
      path(1),
      path(2),
    );
    await until(lv, / 8\/8 /);
    await disk(3).slow(3000);
    const grown = await lvconvert.mirrors(lv, { mirrors: 2, devices: [path(3)], alloc: 'anywhere' });
    expect(grown).toMatchObject({ finished: false, volume: { converting: true } });
    expect(await lvconvert.poll(lv)).toMatchObject({ changed: false, volume: { converting: true } });
    await disk(3).heal();
    await until(`${vg}/lv`, /(\d+)\/\1 1 AA/);
    await run('lvchange', ['--poll', 'y', lv]);
    expect(await kernel(lv)).toMatch(/mirror 3 .* AAA 3 disk/);
    // There is no conversion any more, which lvm takes for an error.
    expect(await lvconvert.poll(lv)).toMatchObject({ changed: false, finished: true });

    expect(await lvconvert.mirror(lv, { mirrors: 2 })).toMatchObject({ changed: false });
    const denied = await failureOf(lvconvert.mirrors(lv, { mirrors: 1, devices: [path(0)] }));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'loseResilience' },
    });
    expect(await kernel(lv)).toMatch(/mirror 3/);
    const fewer = { mirrors: 1, devices: [path(0)], loseResilience: true };
    expect(await lvconvert.mirrors(lv, fewer)).toMatchObject({ changed: true, finished: true });
    expect(await kernel(lv)).toMatch(/mirror 2/);
    expect(await lvs(`${vg}/lv_mimage_1`, ['devices'])).toEqual([`${path(1)}(0)`]);
    expect(await lvconvert.linear(lv, { loseResilience: true })).toMatchObject({
      type: 'linear',
      complete: true,
    });
    expect(await kernel(lv)).toMatch(/^0 8192 linear/);
  });

  it('keeps its log on a disk or in memory; inactive, the latter means a full resync', async () => {
    await made('--type', 'mirror', '-m1', '--mirrorlog', 'core', '-L4m', '-n', 'lv', vg, path(0), path(1));
    await until(lv, /(\d+)\/\1 1 AA/);
    const disklog = { mirrorLog: 'disk', devices: [path(2)], alloc: 'anywhere' } as const;
    expect((await lvconvert.mirrorLog(lv, disklog)).volume).toMatchObject({ mirrorLog: 'lv_mlog' });
    expect(await kernel(lv)).toMatch(/3 disk/);
    expect(await lvconvert.mirrorLog(lv, { mirrorLog: 'disk' })).toMatchObject({ changed: false });
    await run('lvchange', ['-an', lv]);
    const denied = await failureOf(lvconvert.mirrorLog(lv, { mirrorLog: 'core' }));
    expect(denied).toMatchObject({ reason: 'confirmation-required', question: { consent: 'fullResync' } });
    expect(await lvs(lv, ['mirror_log'])).toEqual(['[lv_mlog]']);
    await lvconvert.mirrorLog(lv, { mirrorLog: 'core', fullResync: true });
    expect(await lvs(lv, ['mirror_log'])).toEqual(['']);
    await lvconvert.mirrorLog(lv, { mirrorLog: 'disk' });
    const mirror = { mirrors: 1, mirrorLog: 'core' } as const;
    expect(await failureOf(lvconvert.mirror(lv, mirror))).toMatchObject({
      question: { consent: 'fullResync' },
    });
    await lvconvert.mirror(lv, { ...mirror, fullResync: true, loseResilience: false });
    await run('lvchange', ['-ay', lv]);
    expect(await kernel(lv)).toMatch(/1 core/);
  });

  it('gets a new image for a lost one', async () => {
    await made('--type', 'mirror', '-m1', '--mirrorlog', 'core', '-L4m', '-n', 'lv', vg, path(0), path(1));
    await until(lv, /(\d+)\/\1 1 AA/);
    expect(await lvconvert.repair(lv)).toMatchObject({ changed: false, finished: true });
    await disk(1).fail();
    const repaired = await lvconvert.repair(lv, { devices: [path(3)], alloc: 'anywhere' });
    expect(repaired).toMatchObject({ changed: true, volume: { segtype: 'mirror' } });
    await until(lv, /(\d+)\/\1 1 AA/);
    expect(await lvs(`${vg}/lv_mimage_1`, ['devices'])).toEqual([`${path(3)}(0)`]);
    await restore(disk(1));
  });

  it('is not repaired if there is no room for a new image, although lvm says 0', async () => {
    await made('--type', 'mirror', '-m1', '--mirrorlog', 'core', '-L4m', '-n', 'lv', vg, path(0), path(1));
    await until(lv, /(\d+)\/\1 1 AA/);
    await made('--type', 'linear', '-l100%PVS', '-n', 'full', vg, path(2));
    await disk(1).fail();
    const error = await failureOf(lvconvert.repair(lv, { devices: [path(2)] }));
    expect(error).toMatchObject({ reason: 'not-done', exitCode: 0, changed: 'yes' });
    expect(error.message).toMatch(/has 1 images, and had 2/);
    expect(await kernel(lv)).toMatch(/linear/);
    await restore(disk(1));
  });

  it('is made a raid1 and back, if the number of images stays', async () => {
    await made('--type', 'raid1', '-m1', '-L4m', '-n', 'lv', vg, path(0), path(1));
    await until(lv, /AA .* idle/);
    const other = await failureOf(lvconvert.mirror(lv, { mirrors: 2 }));
    expect(other).toMatchObject({ reason: 'image-count-invalid', changed: 'no' });
    // What lvm makes of it by itself: status 0, and two images.
    await run('lvconvert', ['-y', '--type', 'mirror', '-m2', lv]);
    expect(await kernel(lv)).toMatch(/mirror 2/);
    expect(await failureOf(lvconvert.raid1(lv, { mirrors: 2 }))).toMatchObject({
      reason: 'image-count-invalid',
    });
    expect(await lvconvert.raid1(lv)).toMatchObject({ type: 'raid1', complete: true });
    await until(lv, /AA .* idle/);
    await lvconvert.mirror(lv, { mirrors: 1 });
    expect(await kernel(lv)).toMatch(/mirror 2 .*disk/);
  });
});
