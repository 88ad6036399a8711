import { totalmem } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LvmError } from '../../lib/lvm/index.ts';
import { write } from './support/disks.ts';
import { type LoopDisk, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvs, lvsRows } from './support/lvs.ts';
import { isOffered } from './support/targets.ts';

const lvm = openLvm();
const { lvcreate } = lvm;
const vg = 'layers';
const mib = 1024 * 1024;
const disks: LoopDisk[] = [];

beforeAll(async () => {
  for (let count = 0; count < 3; count++) disks.push(await loopDisk(96));
  await volumeGroup(vg, disks, { extentSize: '1m' });
});

function disk(index: number): string {
  return disks[index]?.path ?? '';
}

/** What the kernel has as table of a volume, a target a line. */
async function table(volume: string): Promise<string> {
  return (await run('dmsetup', ['table', `${vg}-${volume}`])).stdout.trim();
}

async function clear(): Promise<void> {
  await run('lvremove', ['--force', '--yes', vg]);
}

async function names(): Promise<readonly string[]> {
  return (await lvsRows(vg, ['lv_name'])).flat().sort();
}

/** What a call fails with that is not even started: nothing is there afterwards that was not before. */
async function refusal(call: () => Promise<unknown>): Promise<LvmError> {
  const before = await names();
  const error = await failureOf(call());
  expect(error).toMatchObject({ changed: 'no', exitCode: null });
  expect(await names()).toEqual(before);
  return error;
}

describe('a snapshot', () => {
  beforeAll(async () => {
    await run('lvcreate', ['--yes', '--size', '8m', '--name', 'origin', vg]);
    await run('lvcreate', ['--yes', '--size', '8m', '--activate', 'n', '--name', 'asleep', vg]);
  });
  afterAll(clear);

  it('has its origin, its chunks, and what it was given for a store', async () => {
    const { volume } = await lvcreate.snapshot(`${vg}/small`, {
      ...{ origin: 'origin', size: 4 * mib, chunkSize: 8192, permission: 'r', activationSkip: true },
      ...{ devices: [disk(0)], tags: ['kept'], monitor: false },
    });
    expect(volume).toMatchObject({ origin: 'origin', size: BigInt(4 * mib), active: true, tags: ['kept'] });
    expect(await table('small')).toMatch(/^0 16384 snapshot \S+ \S+ P 16$/);
    expect(await table('small-cow')).toMatch(/^0 8192 linear /);
    const { volume: wide } = await lvcreate.snapshot(`${vg}/wide`, {
      origin: 'origin',
      size: 4 * mib,
      stripes: 2,
      stripeSize: 4096,
    });
    expect(wide?.origin).toBe('origin');
    expect(await table('wide-cow')).toMatch(/ striped 2 8 /);
  });

  it('is cut to what it can use at most, and the notes say so', async () => {
    const { volume, notes } = await lvcreate.snapshot(`${vg}/cut`, { origin: 'origin', size: 40 * mib });
    expect(volume?.size).toBe(BigInt(9 * mib));
    expect(notes.join()).toMatch(/Reducing COW size 40.00 MiB down to maximum usable size 9.00 MiB/);
  });

  it('with all of its origin for a size cannot overflow', async () => {
    await lvcreate.snapshot(`${vg}/full`, { origin: 'origin', size: { percent: 100, of: 'ORIGIN' } });
    await write(`/dev/mapper/${vg}-origin`, 0, 8 * mib);
    expect((await run('dmsetup', ['status', `${vg}-full`])).stdout).toMatch(/ snapshot \d+\/18432 /);
  });

  it('of an inactive origin is inactive', async () => {
    const { volume } = await lvcreate.snapshot(`${vg}/sleeping`, { origin: 'asleep', size: 4 * mib });
    expect(volume).toMatchObject({ origin: 'asleep', active: false });
  });

  it('of a snapshot is refused, and of what is not there', async () => {
    const again = await refusal(() => lvcreate.snapshot(`${vg}/again`, { origin: 'small', size: 4 * mib }));
    expect(again.reason).toBe('unsupported');
    expect(again.message).toContain('take one of its origin origin');
    const lost = await refusal(() => lvcreate.snapshot(`${vg}/lost`, { origin: 'nowhere', size: 4 * mib }));
    expect(lost.reason).toBe('not-found');
  });

  it('that is smaller than the share of its origin it was to have is not told to be done', async () => {
    await run('lvcreate', ['--yes', '--extents', '100%FREE', '--name', 'filler', vg]);
    await run('lvreduce', ['--yes', '--force', '--extents', '-3', `${vg}/filler`]);
    // lvm takes what there is, without a word.
    const error = await failureOf(
      lvcreate.snapshot(`${vg}/poor`, { origin: 'origin', size: { percent: 100, of: 'ORIGIN' } }),
    );
    expect(error).toMatchObject({ reason: 'not-done', changed: 'yes' });
    expect(error.message).toContain(`${3 * mib} bytes, less than the ${8 * mib}`);
    expect(await lvs(`${vg}/poor`, ['lv_size'])).toEqual(['3.00m']);
  });
});

describe('a sparse snapshot', () => {
  afterAll(clear);

  it('seems to have the size it was given', async () => {
    const { volume } = await lvcreate.sparseSnapshot(`${vg}/sparse`, {
      size: 4 * mib,
      virtualSize: '10GiB',
      chunkSize: 4096,
    });
    expect(volume).toMatchObject({ size: BigInt(4 * mib), originSize: 10n << 30n, active: true });
    expect(await table('sparse')).toMatch(/^0 20971520 snapshot /);
  });
});

describe('thin volumes', () => {
  afterAll(clear);

  it('have a pool of the size, chunks and ways that were asked for', async () => {
    const { volume } = await lvcreate.thinPool(`${vg}/pool`, {
      ...{ size: 16 * mib, poolMetadataSize: 4 * mib, poolMetadataSpare: true, chunkSize: '128KiB' },
      ...{ discards: 'nopassdown', errorWhenFull: true, zero: false, monitor: false },
    });
    expect(volume).toMatchObject({
      size: BigInt(16 * mib),
      metadataSize: BigInt(4 * mib),
      whenFull: 'error',
      active: true,
    });
    const pool = await table('pool');
    expect(pool).toMatch(/^0 32768 thin-pool \S+ \S+ 256 /);
    expect(pool).toMatch(/skip_block_zeroing no_discard_passdown error_if_no_space$/);
    const { volume: wide } = await lvcreate.thinPool(`${vg}/wide`, {
      ...{ size: 8 * mib, stripes: 2, stripeSize: 65_536, poolMetadataSpare: false },
      ...{ activate: 'n', activationSkip: true, tags: ['later'] },
    });
    expect(wide).toMatchObject({ active: false, whenFull: 'queue', skipActivation: true, tags: ['later'] });
    expect(await lvs(`${vg}/wide_tdata`, ['segtype', 'stripes'])).toEqual(['striped', '2']);
  });

  it('are in the pool, of their virtual size, and warned of when all are more than it', async () => {
    const { volume } = await lvcreate.thin(`${vg}/thin`, {
      pool: 'pool',
      virtualSize: 32.5 * mib,
      wipeSignatures: true,
    });
    expect(volume).toMatchObject({ poolLv: 'pool', size: BigInt(33 * mib), active: true });
    expect(await table('thin')).toMatch(/^0 67584 thin \S+ 1$/);
    const { warnings } = await lvcreate.thin(`${vg}/vast`, {
      pool: 'pool',
      virtualSize: '1TiB',
      activate: 'n',
    });
    expect(warnings.join()).toMatch(/exceeds the size of thin pools/);
  });

  it('cannot be in what is no thin pool', async () => {
    const none = await failureOf(lvcreate.thin(`${vg}/x`, { pool: 'nowhere', virtualSize: mib }));
    expect(none).toMatchObject({ reason: 'not-found', changed: 'no' });
    const wrong = await failureOf(lvcreate.thin(`${vg}/x`, { pool: 'thin', virtualSize: mib }));
    expect(wrong).toMatchObject({ reason: 'wrong-type', changed: 'no' });
  });

  it('have snapshots that activation passes over, unless told not to', async () => {
    const skipped = await lvcreate.thinSnapshot(`${vg}/skipped`, { origin: 'thin' });
    expect(skipped).toMatchObject({
      activationSkipped: true,
      volume: { origin: 'thin', poolLv: 'pool', active: false },
    });
    const active = await lvcreate.thinSnapshot(`${vg}/active`, {
      origin: 'thin',
      activationSkip: false,
      permission: 'r',
    });
    expect(active).toMatchObject({
      activationSkipped: false,
      volume: { active: true, skipActivation: false },
    });
    expect(await table('active')).toMatch(/ thin \S+ \d+$/);
    const once = await lvcreate.thinSnapshot(`${vg}/once`, { origin: 'active', ignoreActivationSkip: true });
    expect(once).toMatchObject({ activationSkipped: false, volume: { active: true, skipActivation: true } });
  });

  it('may begin as another volume that is read-only and inactive', async () => {
    await lvcreate.linear(`${vg}/begin`, { size: 4 * mib });
    const error = await failureOf(
      lvcreate.thinExternalSnapshot(`${vg}/ext`, { origin: 'begin', pool: 'pool' }),
    );
    expect(error).toMatchObject({ changed: 'no' });
    expect(error.stderr + error.message).toMatch(/writable LV as the external origin/);
    await run('lvchange', ['--activate', 'n', `${vg}/begin`]);
    await run('lvchange', ['--permission', 'r', `${vg}/begin`]);
    const { volume } = await lvcreate.thinExternalSnapshot(`${vg}/ext`, { origin: 'begin', pool: 'pool' });
    expect(volume).toMatchObject({ origin: 'begin', poolLv: 'pool', active: true, size: BigInt(4 * mib) });
    expect(await table('ext')).toMatch(/^0 8192 thin \S+ \d+ \S+$/);
  });
});

describe('a cached volume', () => {
  afterAll(clear);

  it('has a cache pool, made before', async () => {
    const { volume: pool } = await lvcreate.cachePool(`${vg}/fast`, {
      ...{
        size: 8 * mib,
        poolMetadataSize: 8 * mib,
        poolMetadataSpare: false,
        chunkSize: '64KiB',
        devices: [disk(1)],
      },
      ...{
        cacheMode: 'writeback',
        cachePolicy: 'smq',
        cacheMetadataFormat: '2',
        cacheSettings: { migration_threshold: 4096 },
      },
    });
    expect(pool).toMatchObject({ size: BigInt(8 * mib), metadataSize: BigInt(8 * mib), active: false });
    const { volume } = await lvcreate.cacheWithPool(`${vg}/slow`, {
      ...{ size: 16 * mib, cachePool: 'fast', cacheMode: 'writethrough', wipeSignatures: true },
      devices: [disk(0)],
    });
    expect(volume).toMatchObject({ poolLv: 'fast_cpool', size: BigInt(16 * mib), active: true });
    expect(await table('slow')).toMatch(
      /^0 32768 cache \S+ \S+ \S+ 128 \d+ (?:metadata2 )?writethrough .*smq 2 migration_threshold 4096/,
    );
  });

  it('is not made with a pool that is not there, in use, or none', async () => {
    const lost = await refusal(() => lvcreate.cacheWithPool(`${vg}/x`, { size: mib, cachePool: 'nowhere' }));
    expect(lost.reason).toBe('not-found');
    const used = await refusal(() => lvcreate.cacheWithPool(`${vg}/x`, { size: mib, cachePool: 'fast' }));
    expect(used.reason).toBe('not-found');
    const wrong = await refusal(() => lvcreate.cacheWithPool(`${vg}/x`, { size: mib, cachePool: 'slow' }));
    expect(wrong.reason).toBe('wrong-type');
  });

  it('with a volume as cache erases that, which has to be allowed', async () => {
    await lvcreate.linear(`${vg}/quick`, { size: 8 * mib, devices: [disk(1)] });
    const asked = { size: 8 * mib, cacheVol: 'quick', wipeSignatures: false, devices: [disk(0)] };
    const denied = await refusal(() => lvcreate.cacheWithVolume(`${vg}/two`, asked));
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'destroyContents' },
    });
    const undecided = await refusal(() =>
      lvcreate.cacheWithVolume(`${vg}/two`, { size: mib, cacheVol: 'quick', destroyContents: true }),
    );
    expect(undecided.question?.consent).toBe('wipeSignatures');
    const { volume } = await lvcreate.cacheWithVolume(`${vg}/two`, {
      ...{ ...asked, destroyContents: true, cacheSettings: { migration_threshold: 8192 } },
    });
    expect(volume).toMatchObject({ poolLv: 'quick_cvol', active: true });
    expect(await table('two')).toMatch(/ cache .* migration_threshold 8192/);
    const lost = await refusal(() =>
      lvcreate.cacheWithVolume(`${vg}/three`, { ...asked, cacheVol: 'quick' }),
    );
    expect(lost.reason).toBe('not-found');
  });

  it('with a device takes a part of it, or all of it where that is allowed', async () => {
    const size = 8 * mib;
    const cacheDevices = [disk(2)];
    const denied = await refusal(() =>
      lvcreate.cacheWithDevice(`${vg}/dev`, { size, cacheDevices, devices: [disk(0)] }),
    );
    expect(denied).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'useWholeDevices' },
    });
    const { volume } = await lvcreate.cacheWithDevice(`${vg}/part`, {
      size,
      cacheDevices,
      cacheSize: 8 * mib,
      devices: [disk(0)],
    });
    expect(volume?.poolLv).toBe('part_cache_cvol');
    expect(await table('part_cache_cvol')).toMatch(/^0 16384 linear /);
    const used = await refusal(() =>
      lvcreate.cacheWithDevice(`${vg}/all`, {
        size,
        cacheDevices,
        useWholeDevices: true,
        wipeSignatures: false,
      }),
    );
    expect(used.reason).toBe('in-use');
    await run('lvremove', ['--force', '--yes', `${vg}/part`]);
    await lvcreate.cacheWithDevice(`${vg}/all`, {
      ...{ size, cacheDevices, useWholeDevices: true, wipeSignatures: false, devices: [disk(0)] },
    });
    expect(await table('all_cache_cvol')).toMatch(/^0 194560 linear /);
  });
});

describe('a volume with a writecache', () => {
  beforeAll(async () => {
    await run('lvcreate', ['--yes', '--size', '8m', '--name', 'quick', vg, disk(1)]);
  });
  afterAll(clear);

  const size = 16 * mib;
  const allowed = { destroyContents: true, wipeSignatures: false } as const;

  it('needs an inactive volume, leave to destroy what is on it, and a size of blocks', async () => {
    const active = await refusal(() =>
      lvcreate.writecacheWithVolume(`${vg}/w`, { size, cacheVol: 'quick', blockSize: 4096, ...allowed }),
    );
    expect(active.reason).toBe('active');
    await run('lvchange', ['--activate', 'n', `${vg}/quick`]);
    const erase = await refusal(() =>
      lvcreate.writecacheWithVolume(`${vg}/w`, { size, cacheVol: 'quick', blockSize: 4096 }),
    );
    expect(erase.question?.consent).toBe('destroyContents');
    const { volume } = await lvcreate.writecacheWithVolume(`${vg}/w`, {
      ...{ size, cacheVol: 'quick', blockSize: 4096, ...allowed, devices: [disk(0)] },
      cacheSettings: { high_watermark: 60, low_watermark: 40 },
    });
    expect(volume).toMatchObject({ poolLv: 'quick_cvol', writecacheBlockSize: 4096, active: true });
    expect(await table('w')).toMatch(/ writecache s \S+ \S+ 4096 4 high_watermark 60 low_watermark 40$/);
  });

  it('takes a device, with blocks of 512 bytes without any question', async () => {
    const { volume } = await lvcreate.writecacheWithDevice(`${vg}/d`, {
      ...{ size, cacheDevices: [disk(2)], cacheSize: 8 * mib, blockSize: 512 },
    });
    expect(volume).toMatchObject({ poolLv: 'd_cache_cvol', writecacheBlockSize: 512 });
    expect(await table('d')).toMatch(/ writecache s \S+ \S+ 512 /);
  });

  it('that would need half of the memory has to be allowed', async () => {
    const cacheSize = BigInt(Math.ceil(totalmem() / 2 / 88 + 1)) * 512n;
    const error = await refusal(() =>
      lvcreate.writecacheWithDevice(`${vg}/m`, {
        ...{
          size,
          cacheDevices: [disk(2)],
          cacheSize: cacheSize * 8n,
          blockSize: 4096,
          wipeSignatures: false,
        },
      }),
    );
    expect(error.question?.consent).toBe('highMemoryUse');
  });
});

describe('a volume without space', () => {
  afterAll(clear);

  it('fails all reads and writes, or reads as zeroes, and can be of any size', async () => {
    const failing = await lvcreate.error(`${vg}/bad`, { size: '1TiB', tags: ['test'] });
    expect(failing.volume).toMatchObject({ size: 1n << 40n, active: true });
    expect(await table('bad')).toBe('0 2147483648 error');
    await expect(write(`/dev/mapper/${vg}-bad`, 0, 4096)).rejects.toThrow(/EIO/);
    await lvcreate.zero(`${vg}/nil`, { size: { extents: 3 }, permission: 'r' });
    expect(await table('nil')).toBe('0 6144 zero');
  });
});

describe('a VDO volume', () => {
  it('needs a target that this kernel has not', async (context) => {
    context.skip(await isOffered('vdo'), 'the kernel has the vdo target');
    const error = await failureOf(
      lvcreate.vdo(`${vg}/v`, {
        pool: 'vpool',
        size: 64 * mib,
        virtualSize: '1GiB',
        vdoSettings: { ack_threads: 2 },
      }),
    );
    expect(error).toMatchObject({ reason: 'module-missing', changed: 'no' });
  });

  it('is deduplicated and compressed', async (context) => {
    context.skip(
      !(await isOffered('vdo')),
      'the kernel has no vdo target: User-mode Linux 6.1 comes without kvdo',
    );
    const big = 'vdos';
    await volumeGroup(big, [await loopDisk(6 * 1024)]);
    const { volume } = await lvcreate.vdo(`${big}/v`, {
      pool: 'vpool',
      size: '5GiB',
      virtualSize: '10GiB',
      compression: true,
      deduplication: false,
    });
    expect(volume).toMatchObject({ poolLv: 'vpool', size: 10n << 30n });
  });
});

describe('an old signature where a volume will be', () => {
  const signed = async (): Promise<void> => {
    await run('lvcreate', ['--yes', '--size', '8m', '--name', 'old', vg, disk(0)]);
    await run('mkfs.ext4', ['-q', `/dev/mapper/${vg}-old`]);
    await run('lvremove', ['--force', '--yes', `${vg}/old`]);
  };
  const magic = async (): Promise<string> =>
    (await run('od', ['-An', '-tx1', '-j1080', '-N2', `/dev/mapper/${vg}-new`])).stdout.trim();
  const asked = { size: 8 * mib, devices: [disk(0)] };
  afterAll(clear);

  it('makes it fail, undone, unless it is decided what to do', async () => {
    await signed();
    const error = await failureOf(lvcreate.linear(`${vg}/new`, { ...asked, devices: [disk(0)] }));
    expect(error).toMatchObject({
      question: { consent: 'wipeSignatures' },
      signature: { type: 'ext4', offset: 1080 },
    });
    expect(await names()).toEqual([]);
  });

  it.each([
    ['is wiped where that is allowed', { wipeSignatures: true }, '00 00'],
    ['is wiped even if nothing is zeroed', { wipeSignatures: true, zero: false }, '00 00'],
    ['is left there by choice', { wipeSignatures: false, zero: false }, '53 ef'],
  ])('%s', async (_, options, found) => {
    await signed();
    const { volume } = await lvcreate.linear(`${vg}/new`, { ...asked, ...options, devices: [disk(0)] });
    expect(volume?.active).toBe(true);
    expect(await magic()).toBe(found);
    await clear();
  });
});

describe('exit status 0 of lvm, with nothing done,', () => {
  afterAll(clear);

  it('is foreseen where what is not activated is to be wiped', async () => {
    const error = await refusal(() => lvcreate.linear(`${vg}/x`, { size: mib, activate: 'n', zero: true }));
    expect(error.reason).toBe('command-invalid');
  });

  it('is no success where it is not foreseen', async () => {
    const error = await failureOf(
      lvcreate.linear(`${vg}/x`, { size: mib, activate: 'n', extraArguments: ['--zero=y'] }),
    );
    expect(error).toMatchObject({ reason: 'not-done', exitCode: 0, changed: 'no' });
    expect(error.message).toContain(`there is no volume ${vg}/x`);
  });

  it('is no success where lvm.conf forbids to activate what was made', async () => {
    const strict = openLvm({ config: 'activation{volume_list=["other"]}' });
    const error = await failureOf(
      strict.lvcreate.linear(`${vg}/x`, { size: mib, zero: false, wipeSignatures: false }),
    );
    expect(error).toMatchObject({ reason: 'not-done', changed: 'yes' });
    expect(error.message).toContain(`${vg}/x is not active`);
  });
});
