import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clear, hold, kernel, made, until } from './support/conversions.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvs } from './support/lvs.ts';

const lvm = openLvm();
const { lvconvert } = lvm;
const vg = 'arrays';
const lv = `${vg}/lv`;
const disks: TestDisk[] = [];
const idle = /A{2,} (\d+)\/\1 idle/;

beforeAll(async () => {
  for (let count = 0; count < 6; count++) disks.push(await testDisk(`raid${count}`, 40));
  await volumeGroup(
    vg,
    disks.map(({ path, backing }) => ({ ...backing, path })),
    { extentSize: '1m' },
  );
});

afterEach(() => clear(vg));

function disk(index: number): TestDisk {
  const found = disks[index];
  if (found === undefined) throw new Error(`no disk ${index}`);
  return found;
}

function path(index: number): string {
  return disk(index).path;
}

function raid1(...more: readonly string[]): Promise<void> {
  return made('--type', 'raid1', '-m1', '-L4m', '-n', 'lv', ...more, vg, path(0), path(1));
}

describe('raid types', () => {
  it('linear to raid1, more images, fewer with consent, and linear again', async () => {
    await made('--type', 'linear', '-L4m', '-n', 'lv', vg, path(0));
    const first = await lvconvert.raid1(lv, {
      mirrors: 1,
      regionSize: '256KiB',
      devices: [path(1)],
      alloc: 'normal',
    });
    expect(first).toMatchObject({ changed: true, type: 'raid1', complete: true });
    await until(lv, idle);
    expect(await lvconvert.mirrors(lv, { mirrors: 1 })).toMatchObject({ changed: false, finished: true });
    await lvconvert.mirrors(lv, { mirrors: 2, devices: [path(2)] });
    await until(lv, /raid1 3 AAA/);
    const denied = await failureOf(lvconvert.linear(lv));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'loseResilience' },
    });
    expect(await kernel(lv)).toMatch(/raid1 3/);
    await lvconvert.mirrors(lv, { mirrors: 1, loseResilience: true, devices: [path(0)] });
    expect(await lvs(`${vg}/lv_rimage_0`, ['devices'])).toEqual([`${path(1)}(1)`]);
    expect(await lvconvert.linear(lv, { loseResilience: true, alloc: 'inherit' })).toMatchObject({
      type: 'linear',
    });
    expect(await kernel(lv)).toMatch(/^0 8192 linear/);
  });

  it('striped to raid0, raid0_meta, raid4, raid10 and back', async () => {
    await made('--type', 'striped', '-i2', '-L4m', '-n', 'lv', vg, path(0), path(1));
    expect(await lvconvert.raid0(lv)).toMatchObject({ type: 'raid0' });
    expect(await kernel(lv)).toMatch(/raid raid0 2/);
    expect(await lvconvert.raid0Meta(lv)).toMatchObject({ type: 'raid0_meta' });
    expect(await lvconvert.raid4(lv, { regionSize: '256KiB' })).toMatchObject({
      type: 'raid4',
      complete: true,
    });
    await until(lv, idle);
    expect(await kernel(lv)).toMatch(/raid4 3 AAA/);
    expect(await failureOf(lvconvert.raid0(lv))).toMatchObject({ question: { consent: 'loseResilience' } });
    await lvconvert.raid0(lv, { loseResilience: true });
    expect(await lvconvert.raid10(lv, {})).toMatchObject({ type: 'raid10', complete: true });
    await until(lv, /raid10 4 AAAA .* idle/);
    expect(await lvconvert.striped(lv, { loseResilience: true })).toMatchObject({
      type: 'striped',
      complete: true,
    });
    expect(await kernel(lv)).toMatch(/^0 8192 striped 2/);
  });

  it('does not go where lvm has to take another step first, but with consent takes that', async () => {
    await made('--type', 'striped', '-i3', '-L6m', '-n', 'lv', vg);
    const denied = await failureOf(lvconvert.raid5(lv));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'interim' },
      changed: 'no',
    });
    expect(denied.message).toMatch(/become raid5_n first/);
    expect(await lvconvert.raid5(lv, { interim: true })).toMatchObject({ type: 'raid5_n', complete: false });
    await until(lv, idle);
    expect(await lvconvert.raid5N(lv)).toMatchObject({ type: 'raid5_n', complete: true });
    expect(await failureOf(lvconvert.raid6(lv))).toMatchObject({ question: { consent: 'interim' } });
    expect(await lvconvert.raid6N6(lv)).toMatchObject({ type: 'raid6_n_6', complete: true });
    await until(lv, /raid6_n_6 5 AAAAA .* idle/);
    expect(await lvconvert.raid6(lv)).toMatchObject({ complete: true });
    await until(lv, /raid6_zr 5 AAAAA .* idle/);
  });
});

describe('the shape of an array', () => {
  it('has more stripes and is larger, or with consent fewer and smaller', async () => {
    await made('--type', 'raid5', '-i2', '-I64k', '-L4m', '-n', 'lv', vg);
    await until(lv, idle);
    const more = { stripes: 3, stripeSize: '64KiB', regionSize: '512KiB', alloc: 'inherit' } as const;
    const grown = await lvconvert.stripes(lv, { ...more, devices: disks.map(({ path }) => path) });
    expect(grown).toMatchObject({ complete: true, volume: { size: 6n * 2n ** 20n } });
    await until(lv, /raid5_ls 4 AAAA (\d+)\/\1 idle/);
    const denied = await failureOf(lvconvert.stripes(lv, { stripes: 2 }));
    expect(denied).toMatchObject({ reason: 'confirmation-required', question: { consent: 'allowShrink' } });
    expect(await lvs(lv, ['data_stripes'])).toEqual(['3']);
    expect(await lvconvert.stripes(lv, { stripes: 2, allowShrink: true })).toMatchObject({ complete: false });
    await until(lv, /raid5_ls \d A{3}\S* (\d+)\/\1 idle/);
    const given = await lvconvert.stripes(lv, { stripes: 2 });
    expect(given).toMatchObject({ complete: true, volume: { size: 4n * 2n ** 20n } });
    expect(await kernel(lv)).toMatch(/raid5_ls 3 AAA/);
  });

  it('has another stripe size and region size', async () => {
    await made('--type', 'raid5', '-i2', '-I64k', '-L4m', '-n', 'lv', vg);
    await until(lv, idle);
    await lvconvert.stripeSize(lv, { stripeSize: '32KiB', alloc: 'normal' });
    await until(lv, idle);
    expect(await lvs(lv, ['stripe_size'])).toEqual(['32.00k']);
    const { stdout } = await run('dmsetup', ['table', `${vg}-lv`]);
    expect(stdout).toMatch(/raid5_ls \d+ 64 /);
    expect(await lvconvert.regionSize(lv, { regionSize: '256KiB' })).toMatchObject({ changed: true });
    expect(await lvs(lv, ['region_size'])).toEqual(['256.00k']);
    expect(await lvconvert.regionSize(lv, { regionSize: '256KiB' })).toMatchObject({ changed: false });
  });
});

describe('devices of an array', () => {
  it('are replaced while they work', async () => {
    await raid1();
    await until(lv, idle);
    await lvconvert.replace(lv, { replace: [path(0)], devices: [path(2)], alloc: 'normal' });
    expect(await lvs(`${vg}/lv_rimage_0`, ['devices'])).toEqual([`${path(2)}(1)`]);
    await until(lv, idle);
    const error = await failureOf(lvconvert.replace(lv, { replace: [path(0)] }));
    expect(error).toMatchObject({ reason: 'not-in-group', changed: 'no' });
  });

  it('are replaced when they are lost, and it is said that nothing was to be replaced', async () => {
    await raid1();
    await until(lv, idle);
    expect(await lvconvert.repair(lv)).toMatchObject({ changed: false });
    await disk(1).fail();
    await write(`/dev/mapper/${vg}-lv`, 0, 4096);
    await until(lv, /AD/);
    const full = await failureOf(lvconvert.repair(lv, { devices: [path(0)] }));
    expect(full).toMatchObject({ changed: 'no' });
    expect(await kernel(lv)).toMatch(/AD/);
    expect(await lvconvert.repair(lv, { devices: [path(2)] })).toMatchObject({ changed: true });
    await until(lv, /raid1 2 AA/);
    expect(await lvs(`${vg}/lv_rimage_1`, ['devices'])).toEqual([`${path(2)}(1)`]);
    await disk(1).heal();
    await run('vgreduce', ['--removemissing', '--force', vg]);
    await run('vgck', ['--updatemetadata', vg]);
  });
});

describe('splitting a raid1', () => {
  it('needs consent to what is left without resilience, and images that are in sync', async () => {
    await disk(1).slow(500);
    await raid1();
    expect(await failureOf(lvconvert.splitMirrors(lv, { images: 1, name: 'copy' }))).toMatchObject({
      ...{ reason: 'not-in-sync', exitCode: null, changed: 'no' },
    });
    await disk(1).heal();
    await until(lv, idle);
    const denied = await failureOf(lvconvert.splitMirrors(lv, { images: 1, name: 'copy' }));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'loseResilience' },
    });
    const split = await lvconvert.splitMirrors(lv, { images: 1, name: 'copy', loseResilience: true });
    expect(split).toMatchObject({ volume: { segtype: 'linear' }, split: { name: 'copy', active: true } });
    expect(await kernel(`${vg}/copy`)).toMatch(/linear/);
  });

  it('is refused where the images were never synchronised, although all looks well', async () => {
    await raid1('--nosync');
    await until(lv, idle);
    expect(await lvs(lv, ['copy_percent'])).toEqual(['100.00']);
    const options = { images: 1, loseResilience: true } as const;
    const named = await failureOf(lvconvert.splitMirrors(lv, { ...options, name: 'copy' }));
    expect(named).toMatchObject({ reason: 'not-in-sync', exitCode: null });
    expect(named.message).toMatch(/without synchronising/);
    expect(await failureOf(lvconvert.trackSplit(lv, options))).toMatchObject({ reason: 'not-in-sync' });
    const allowed = { ...options, name: 'copy', unsynchronised: true, devices: [path(0)] };
    expect(await lvconvert.splitMirrors(lv, allowed)).toMatchObject({ split: { name: 'copy' } });
    await run('lvremove', ['-y', lv]);
    await raid1('--nosync');
    const tracked = await lvconvert.trackSplit(lv, { ...options, unsynchronised: true, devices: [path(0)] });
    expect(tracked.image).toMatchObject({ name: 'lv_rimage_0' });
  });

  it('is tracked for a merge, and nothing else is converted meanwhile', async () => {
    await raid1();
    await until(lv, idle);
    const denied = await failureOf(lvconvert.trackSplit(lv, { images: 1 }));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'loseResilience' },
    });
    const { image } = await lvconvert.trackSplit(lv, { images: 1, loseResilience: true });
    expect(image).toMatchObject({ fullName: `${vg}/lv_rimage_1`, hidden: false });
    expect(await kernel(lv)).toMatch(/raid1 2 A-/);
    const options = { images: 1, loseResilience: true, name: 'copy' } as const;
    for (const call of [
      () => lvconvert.mirrors(lv, { mirrors: 2 }),
      () => lvconvert.splitMirrors(lv, options),
      () => lvconvert.linear(lv, { loseResilience: true }),
      () => lvconvert.repair(lv),
    ])
      expect(await failureOf(call())).toMatchObject({
        reason: 'tracking-split',
        exitCode: null,
        changed: 'no',
      });

    const close = await hold(`${vg}/lv_rimage_1`);
    expect(await failureOf(lvconvert.mergeMirrors(`${vg}/lv_rimage_1`))).toMatchObject({
      ...{ reason: 'in-use', exitCode: null },
    });
    await close();
    expect(await kernel(`${vg}/lv_rmeta_1`)).toMatch(/linear/);
    expect(await lvconvert.mergeMirrors(`${vg}/lv_rimage_1`)).toMatchObject({ volume: { name: 'lv' } });
    await until(lv, idle);
    expect(await failureOf(lvconvert.mergeMirrors(`${vg}/lv_rimage_1`))).toMatchObject({
      reason: 'not-tracked',
    });
  });
});

describe('integrity', () => {
  it('is added to the images of a raid1, and removed', async () => {
    await raid1();
    await until(lv, idle);
    const options = {
      raidIntegrityMode: 'journal',
      raidIntegrityBlockSize: 512,
    } as const;
    expect(await lvconvert.integrity(lv, options)).toMatchObject({ changed: true });
    expect(await kernel(`${vg}/lv_rimage_0`)).toMatch(/integrity/);
    await until(lv, idle);
    // lvm writes its metadata anew, but the images stay as they are.
    expect(await lvconvert.integrity(lv)).toMatchObject({ finished: true });
    expect(await lvconvert.removeIntegrity(lv)).toMatchObject({ changed: true });
    expect(await kernel(`${vg}/lv_rimage_0`)).toMatch(/linear/);
    expect(await lvconvert.removeIntegrity(lv)).toMatchObject({ changed: false });
  });
});
