import { mkdir, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clear, hold, kernel, made, until } from './support/conversions.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { later, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvs } from './support/lvs.ts';

const lvm = openLvm();
const { lvconvert } = lvm;
const vg = 'pools';
const lv = `${vg}/lv`;
const mib = 1024 * 1024;
const disks: TestDisk[] = [];
const systemDirectory = process.env.LVM_SYSTEM_DIR ?? '/etc/lvm';

beforeAll(async () => {
  for (let count = 0; count < 2; count++) disks.push(await testDisk(`pool${count}`, 60));
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

function snapshot(name: string): Promise<void> {
  return made('--type', 'snapshot', '-L8m', '-n', name, lv, disk(1).path);
}

describe('a snapshot', () => {
  it('is made of a volume with consent, and its store is taken off and put on again', async () => {
    await linear('lv', 8);
    await linear('store', 4);
    const denied = await failureOf(lvconvert.snapshot(lv, { exceptionStore: 'store' }));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'destroyContents' },
    });
    expect(await kernel(lv)).toMatch(/linear/);
    const options = {
      exceptionStore: 'store',
      chunkSize: '8KiB',
      zero: true,
      destroyContents: true,
    } as const;
    const made = await lvconvert.snapshot(lv, options);
    expect(made.snapshot).toMatchObject({ name: 'store', origin: 'lv' });
    expect(await kernel(`${vg}/store`)).toMatch(/snapshot \d+\/8192 \d+/);
    expect(await lvconvert.splitSnapshot(`${vg}/store`)).toMatchObject({ volume: { origin: null } });
    expect(await kernel(lv)).toMatch(/linear/);
    await lvconvert.snapshot(lv, { ...options, zero: false });
    expect(await kernel(lv)).toMatch(/snapshot-origin/);
  });

  it('is merged at once, in the background', async () => {
    await linear('lv', 8);
    await snapshot('snap');
    await write(`/dev/mapper/${vg}-lv`, 0, 6 * mib);
    await disk(0).slow(500);
    const started = await lvconvert.mergeSnapshot(`${vg}/snap`);
    expect(started).toMatchObject({ merging: 'started', changed: true, volume: { name: 'lv' } });
    expect(await kernel(lv)).toMatch(/snapshot-merge \d+\/16384 \d+/);
    await snapshot('second').then(
      () => expect.unreachable(),
      () => {},
    );
    expect(await failureOf(lvconvert.mergeSnapshot(`${vg}/snap`))).toMatchObject({
      reason: 'merging',
      exitCode: null,
    });
    await disk(0).heal();
    await until(lv, /snapshot-merge (\d+)\/16384 \1$|linear/);
    await run('lvchange', ['--poll', 'y', lv]);
    expect(await kernel(lv)).toMatch(/linear/);
  });

  it('is merged later if its origin is open or inactive, and never if it is invalid', async () => {
    await linear('lv', 8);
    await snapshot('snap');
    const close = await hold(lv);
    expect(await lvconvert.mergeSnapshot(`${vg}/snap`)).toMatchObject({ merging: 'delayed', changed: true });
    expect(await kernel(lv)).toMatch(/snapshot-origin/);
    await close();
    await run('lvchange', ['--refresh', lv]);
    await until(lv, /snapshot-merge (\d+)\/16384 \1$|linear/);
    await run('lvchange', ['--poll', 'y', lv]);
    expect(await kernel(lv)).toMatch(/linear/);

    await made('--type', 'snapshot', '-L1m', '-n', 'small', lv);
    await write(`/dev/mapper/${vg}-lv`, 0, 4 * mib);
    await until(`${vg}/small`, /Invalid/);
    expect(await failureOf(lvconvert.mergeSnapshot(`${vg}/small`))).toMatchObject({
      ...{ reason: 'snapshot-invalid', exitCode: null },
    });
  });

  it('of a thin volume takes its place, at once or when it is closed', async () => {
    await made('--type', 'thin-pool', '-L8m', '-n', 'pool', vg);
    await made('--type', 'thin', '-V8m', '--thinpool', 'pool', '-n', 'lv', vg);
    await run('lvcreate', ['-s', '-kn', '-n', 'snap', lv]);
    expect(await lvconvert.mergeThin(`${vg}/snap`)).toMatchObject({
      merging: 'finished',
      volume: { name: 'lv' },
    });
    await run('lvcreate', ['-s', '-kn', '-n', 'snap', lv]);
    const close = await hold(lv);
    expect(await lvconvert.mergeThin(`${vg}/snap`)).toMatchObject({ merging: 'delayed' });
    expect(await lvs(`${vg}/snap`, ['lv_merging'])).toEqual(['merging']);
    await close();
    await run('lvchange', ['--refresh', lv]);
    expect((await lvm.lvs({ all: true })).map(({ name }) => name)).not.toContain('snap');
  });
});

describe('a thin pool', () => {
  it('is made of one volume or two with consent, not of one that is open', async () => {
    await linear('lv', 8);
    await linear('meta', 4);
    await run('mkfs.ext4', ['-q', `/dev/mapper/${vg}-meta`]);
    await mkdir(`${systemDirectory}/profile`, { recursive: true });
    await writeFile(`${systemDirectory}/profile/chunks.profile`, 'allocation { thin_pool_zero=1 }\n');
    later(() => rm(`${systemDirectory}/profile/chunks.profile`));
    const close = await hold(lv);
    const options = { poolMetadata: 'meta', destroyContents: true };
    expect(await failureOf(lvconvert.thinPool(lv, options))).toMatchObject({
      reason: 'in-use',
      exitCode: null,
    });
    await close();
    const denied = await failureOf(lvconvert.thinPool(lv, { poolMetadata: 'meta' }));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'destroyContents' },
    });
    expect(denied.message).toContain(`${vg}/lv and ${vg}/meta`);
    const { volume } = await lvconvert.thinPool(lv, {
      ...options,
      ...({ chunkSize: '64KiB', discards: 'nopassdown', errorWhenFull: true, zero: false } as const),
      ...{ poolMetadataSpare: false, metadataProfile: 'chunks' },
    });
    expect(volume).toMatchObject({ segtype: 'thin-pool', metadataLv: 'lv_tmeta', whenFull: 'error' });
    expect(await kernel(lv)).toMatch(/thin-pool .*no_discard_passdown error_if_no_space/);
  });

  it('takes a volume as external origin, but none of its own', async () => {
    await linear('pool', 8);
    await linear('lv', 4);
    const options = { thinPool: 'pool', originName: 'before' };
    expect(await failureOf(lvconvert.thin(lv, options))).toMatchObject({
      reason: 'wrong-type',
      exitCode: null,
    });
    await lvconvert.thinPool(`${vg}/pool`, {
      ...({ poolMetadataSize: '4MiB', alloc: 'normal', stripes: 2, stripeSize: '64KiB' } as const),
      ...{ devices: disks.map(({ path }) => path), destroyContents: true },
    });
    const { volume, origin } = await lvconvert.thin(lv, options);
    expect(volume).toMatchObject({ segtype: 'thin', poolLv: 'pool', origin: 'before' });
    expect(origin).toMatchObject({ name: 'before' });
    expect(await kernel(lv)).toMatch(/thin /);
    // lvm does it, with status 0, and the volume cannot be activated again.
    const again = await failureOf(lvconvert.thin(lv, { ...options, originName: 'again' }));
    expect(again).toMatchObject({ reason: 'wrong-type', exitCode: null });
  });

  it('has its metadata exchanged and repaired while it is inactive', async () => {
    await made('--type', 'thin-pool', '-L8m', '-n', 'lv', vg);
    await linear('meta', 4);
    const options = { poolMetadata: 'meta' };
    await made('--type', 'thin', '-V8m', '--thinpool', 'lv', '-n', 'thin', vg);
    const active = await failureOf(lvconvert.swapMetadata(lv, options));
    expect(active).toMatchObject({ changed: 'no' });
    expect(await failureOf(lvconvert.repairPool(lv))).toMatchObject({ changed: 'no' });
    await run('lvchange', ['-an', `${vg}/thin`, lv]);
    const before = await lvs(`${vg}/meta`, ['lv_uuid']);
    expect(await lvconvert.swapMetadata(lv, options)).toMatchObject({ changed: true });
    expect(await lvs(`${vg}/lv_tmeta`, ['lv_uuid'])).toEqual(before);
    await lvconvert.swapMetadata(lv, options);
    const repaired = await lvconvert.repairPool(lv, { poolMetadataSpare: true, devices: [disk(1).path] });
    expect(repaired.backup).toMatchObject({ name: 'lv_meta0' });
    await run('lvchange', ['-ay', `${vg}/thin`]);
    expect(await kernel(`${vg}/thin`)).toMatch(/thin /);
  });
});

describe('a VDO pool', () => {
  it('is said not to have been made where the kernel cannot, although lvm says 0', async ({ skip }) => {
    const { stdout } = await run('dmsetup', ['targets']);
    if (/^vdo /m.test(stdout)) skip('this kernel has VDO');
    await linear('lv', 8);
    const options = { name: 'vdo', virtualSize: '16MiB', destroyContents: true } as const;
    expect(await failureOf(lvconvert.vdoPool(lv, { name: 'vdo' }))).toMatchObject({
      ...{ reason: 'confirmation-required', question: { consent: 'destroyContents' } },
    });
    const error = await failureOf(lvconvert.vdoPool(lv, options));
    expect(error).toMatchObject({ reason: 'not-done', exitCode: 0, changed: 'no' });
    expect(await kernel(lv)).toMatch(/linear/);
  });

  it.skip('is made of a volume (no kernel at hand has the target vdo)', () => {});
});
