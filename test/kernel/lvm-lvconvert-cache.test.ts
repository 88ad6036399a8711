import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clear, kernel, made } from './support/conversions.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvs } from './support/lvs.ts';

const lvm = openLvm();
const { lvconvert } = lvm;
const vg = 'cached';
const lv = `${vg}/lv`;
const mib = 1024 * 1024;
const disks: TestDisk[] = [];

beforeAll(async () => {
  for (let count = 0; count < 2; count++) disks.push(await testDisk(`cache${count}`, 80));
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

function linear(name: string, mebibytes: number, device = 0): Promise<void> {
  return made('--type', 'linear', `-L${mebibytes}m`, '-n', name, vg, disk(device).path);
}

describe('a cache pool', () => {
  it('is made of volumes with consent, put before a volume, repaired, taken off and removed', async () => {
    await linear('lv', 16);
    await linear('fast', 12, 1);
    await linear('meta', 8, 1);
    const options = {
      poolMetadata: 'meta',
      zero: true,
      cacheMode: 'writethrough',
      cachePolicy: 'smq',
    } as const;
    const denied = await failureOf(lvconvert.cachePool(`${vg}/fast`, options));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'destroyContents' },
    });
    await lvconvert.cachePool(`${vg}/fast`, {
      ...options,
      ...({
        destroyContents: true,
        chunkSize: '64KiB',
        cacheMetadataFormat: '2',
        poolMetadataSpare: true,
      } as const),
    });
    expect(await lvs(`${vg}/fast`, ['segtype'])).toEqual(['cache-pool']);

    const unsaid = await failureOf(lvconvert.cacheWithPool(lv, { cachePool: 'fast' }));
    expect(unsaid).toMatchObject({ reason: 'confirmation-required', question: { consent: 'zero' } });
    await lvconvert.cacheWithPool(lv, {
      ...({ cachePool: 'fast', zero: true, cacheMode: 'writeback', cachePolicy: 'smq' } as const),
      ...({
        cacheSettings: { migration_threshold: 4096 },
        cacheMetadataFormat: '2',
        chunkSize: '64KiB',
      } as const),
    });
    expect(await kernel(lv)).toMatch(/cache 8 \d+\/\d+ 128 .*writeback 2 migration_threshold 4096/);
    await write(`/dev/mapper/${vg}-lv`, 0, mib);
    const { cache } = await lvconvert.splitCache(lv);
    expect(cache).toMatchObject({ name: 'fast', segtype: 'cache-pool' });
    expect(await kernel(lv)).toMatch(/linear/);
    await lvconvert.cacheWithPool(lv, { cachePool: 'fast', zero: false });
    expect(await failureOf(lvconvert.repairPool(lv))).toMatchObject({ changed: 'no' });
    await run('lvchange', ['-an', lv]);
    expect((await lvconvert.repairPool(lv)).backup).toMatchObject({ name: 'lv_meta0' });
    await run('lvchange', ['-ay', lv]);
    expect(await kernel(lv)).toMatch(/cache/);
    expect(await lvconvert.uncache(lv)).toMatchObject({ volume: { segtype: 'linear' } });
    expect(await kernel(lv)).toMatch(/linear/);
    expect(await failureOf(lvconvert.uncache(lv))).toMatchObject({ reason: 'wrong-type', exitCode: null });
  });

  it('is made in passing of a volume with consent', async () => {
    await linear('lv', 16);
    await linear('fast', 12, 1);
    const denied = await failureOf(lvconvert.cacheWithPool(lv, { cachePool: 'fast' }));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'destroyContents' },
    });
    await lvconvert.cacheWithPool(lv, { cachePool: 'fast', destroyContents: true });
    expect(await kernel(lv)).toMatch(/cache/);
  });
});

describe('a cache volume', () => {
  it('is put before a volume with consent, and two more for writeback', async () => {
    await linear('lv', 16);
    await linear('fast', 12, 1);
    const denied = await failureOf(lvconvert.cacheWithVolume(lv, { cacheVol: 'fast' }));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'destroyContents' },
    });
    const options = { cacheVol: 'fast', destroyContents: true } as const;
    await lvconvert.cacheWithVolume(lv, options);
    expect(await kernel(lv)).toMatch(/writethrough/);
    expect(await lvconvert.splitCache(lv)).toMatchObject({ cache: { name: 'fast' } });
    const writeback = { ...options, cacheMode: 'writeback' } as const;
    const second = await failureOf(lvconvert.cacheWithVolume(lv, writeback));
    expect(second).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'allowUnrepairable' },
    });
    expect(await kernel(lv)).toMatch(/linear/);
    await lvconvert.cacheWithVolume(lv, {
      ...{ ...writeback, allowUnrepairable: true },
      ...({
        chunkSize: '64KiB',
        cachePolicy: 'smq',
        cacheMetadataFormat: '2',
        poolMetadataSize: '4MiB',
      } as const),
      cacheSettings: { migration_threshold: 4096 },
    });
    expect(await kernel(lv)).toMatch(/writeback/);
    await lvconvert.uncache(lv);
    expect((await lvm.lvs({ all: true })).map(({ name }) => name)).not.toContain('fast');
  });

  it('of a lost device is taken off without what it held, with consent', async () => {
    await linear('lv', 16);
    await linear('fast', 12, 1);
    const options = {
      cacheVol: 'fast',
      cacheMode: 'writeback',
      allowUnrepairable: true,
      destroyContents: true,
    } as const;
    await lvconvert.cacheWithVolume(lv, options);
    await run('lvchange', ['-an', lv]);
    await disk(1).fail();
    const denied = await failureOf(lvconvert.uncache(lv));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'withoutFlushing' },
    });
    expect(denied.message).toMatch(/a device of fast_cvol is missing/);
    await lvconvert.uncache(lv, { withoutFlushing: true });
    expect(await lvs(lv, ['segtype'])).toEqual(['linear']);
    await disk(1).heal();
    await run('vgck', ['--updatemetadata', vg]);
    await run('vgextend', ['--restoremissing', vg, disk(1).path]).catch(() => {});
  });

  it('is made on a device', async () => {
    await linear('lv', 16);
    const options = { cacheDevices: [disk(1).path], cacheSize: '12MiB', chunkSize: '64KiB' } as const;
    await lvconvert.cacheWithDevice(lv, { ...options, cacheSettings: { migration_threshold: 4096 } });
    expect(await kernel(lv)).toMatch(/cache 8 .*migration_threshold 4096/);
    expect(await lvs(`${vg}/lv_cache_cvol`, ['devices'])).toEqual([`${disk(1).path}(0)`]);
  });
});

describe('a cache for writes', () => {
  it('is an inactive volume, and needs consent', async () => {
    await linear('lv', 16);
    await linear('fast', 12, 1);
    const options = { cacheVol: 'fast', destroyContents: true } as const;
    expect(await failureOf(lvconvert.writecacheWithVolume(lv, { ...options, blockSize: 512 }))).toMatchObject(
      {
        ...{ reason: 'active', exitCode: null },
      },
    );
    await run('lvchange', ['-an', `${vg}/fast`]);
    const denied = await failureOf(lvconvert.writecacheWithVolume(lv, { cacheVol: 'fast', blockSize: 512 }));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'destroyContents' },
    });
    const more = { blockSize: 512, cacheSettings: { high_watermark: 60, low_watermark: 50 } } as const;
    await lvconvert.writecacheWithVolume(lv, { ...options, ...more });
    const { stdout } = await run('dmsetup', ['table', `${vg}-lv`]);
    expect(stdout).toMatch(/writecache s \S+ \S+ 512 .*high_watermark 60/);
    await write(`/dev/mapper/${vg}-lv`, 0, mib);
    expect(await lvconvert.splitCache(lv)).toMatchObject({
      volume: { segtype: 'linear' },
      cache: { name: 'fast' },
    });
    expect(await kernel(lv)).toMatch(/linear/);
  });

  it('is made on a device', async () => {
    await linear('lv', 16);
    const options = { cacheDevices: [disk(1).path], cacheSize: '12MiB' } as const;
    const settings = {
      blockSize: 4096,
      cacheSettings: { autocommit_time: 500 },
      highMemoryUse: false,
    } as const;
    await lvconvert.writecacheWithDevice(lv, { ...options, ...settings });
    expect(await kernel(lv)).toMatch(/writecache/);
    await lvconvert.uncache(lv);
    expect(await kernel(lv)).toMatch(/linear/);
  });
});
