import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { type LoopDisk, later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvs } from './support/lvs.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

const lvm = openLvm();
const { lvcreate } = lvm;
const vg = 'made';
const mib = 1024 * 1024;
const disks: LoopDisk[] = [];

beforeAll(async () => {
  for (let count = 0; count < 6; count++) disks.push(await loopDisk(64));
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
  return (await lvm.lvs({ select: `vg_name=${vg}` })).map(({ name }) => name).sort();
}

describe('an ordinary volume', () => {
  afterAll(clear);

  const profile = 'made-by-test';

  beforeAll(async () => {
    const { LVM_SYSTEM_DIR: systemDirectory = '/etc/lvm' } = process.env;
    const file = `${systemDirectory}/profile/${profile}.profile`;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'activation { thin_pool_autoextend_threshold = 70 }\n');
    later(() => rm(file));
  });

  it('is linear, rounded up to whole extents, and as the options say', async () => {
    const { volume, changed, notes } = await lvcreate.linear(`${vg}/plain`, {
      size: 10.5 * mib,
      devices: [`${disk(1)}:5-60`],
      tags: ['@first', 'second=2'],
      alloc: 'cling',
      minor: 77,
      persistent: true,
      readAhead: '64',
      monitor: false,
      autoactivation: false,
      zero: true,
      metadataProfile: profile,
      wipeSignatures: true,
      activate: 'y',
    });
    expect(volume).toMatchObject({ size: 11n * BigInt(mib), active: true, minor: 77, autoactivation: false });
    expect(volume?.tags).toEqual(['first', 'second=2']);
    expect(changed).toBe(true);
    expect(notes.join()).toMatch(/Rounding up size to full physical extent 11.00 MiB/);
    const { dev } = { dev: disks[1]?.device };
    expect(await table('plain')).toBe(`0 22528 linear ${dev} ${2048 + 5 * 2048}`);
    expect((await dm.info(`${vg}/plain`)).minor).toBe(77);
  });

  it('can be inactive, read-only or passed over by activation, and is then not zeroed', async () => {
    const inactive = await lvcreate.linear(`${vg}/off`, { size: { extents: 2 }, activate: 'n' });
    expect(inactive.volume).toMatchObject({ active: false, size: BigInt(2 * mib) });
    expect(inactive.warnings.join()).toMatch(/not zeroed/);
    const skipped = await lvcreate.linear(`${vg}/skip`, { size: { extents: 1 }, activationSkip: true });
    expect(skipped.volume).toMatchObject({ active: false, skipActivation: true });
    const fixed = await lvcreate.linear(`${vg}/fixed`, { size: '1MiB', permission: 'r' });
    expect(fixed.volume?.attributes.permissions).toBe('read-only');
    expect((await dm.info(`${vg}/fixed`)).readOnly).toBe(true);
  });

  it('takes a share of devices or of the group, and is only gone through with test', async () => {
    const size = { percent: 50, of: 'PVS' } as const;
    const { volume } = await lvcreate.linear(`${vg}/share`, { size, devices: [disk(5)] });
    expect(volume?.size).toBe(BigInt(31 * mib));
    const tested = await lvcreate.linear(`${vg}/tested`, { size: { percent: 1, of: 'VG' }, test: true });
    expect(tested).toMatchObject({ changed: false, volume: null });
    expect(await names()).not.toContain('tested');
  });

  it('is striped over as many devices as asked for, rounded up to whole stripes', async () => {
    const { volume } = await lvcreate.striped(`${vg}/stripes`, {
      size: 10 * mib,
      stripes: 3,
      stripeSize: 16_384,
    });
    expect(volume?.size).toBe(BigInt(12 * mib));
    expect(await table('stripes')).toMatch(/^0 24576 striped 3 32 /);
  });

  it('fails with the extents that are needed and available when the group has too few', async () => {
    const error = await failureOf(lvcreate.linear(`${vg}/large`, { size: '1GiB' }));
    const { volume } = await lvcreate.linear(`${vg}/rest`, { size: { percent: 100, of: 'FREE' } });
    expect(error).toMatchObject({ reason: 'not-enough-space', changed: 'no' });
    expect(error.space).toMatchObject({
      needed: 1024,
      available: Number((volume?.size ?? 0n) / BigInt(mib)),
    });
  });
});

describe('a mirror', () => {
  afterAll(clear);

  it('has so many copies beyond the first, and its log on a disk or in memory', async () => {
    const onDisk = await lvcreate.mirror(`${vg}/disk`, {
      ...{ size: 4 * mib, mirrors: 2, mirrorLog: 'disk', regionSize: '512KiB' },
      devices: [disk(0), disk(1), disk(2), disk(3)],
    });
    expect(onDisk.volume?.mirrorLog).toBe('disk_mlog');
    expect(await table('disk')).toMatch(/^0 8192 mirror disk 2 \S+ 1024 3 /);
    const core = await lvcreate.mirror(`${vg}/core`, {
      size: 4 * mib,
      mirrors: 1,
      mirrorLog: 'core',
      stripes: 2,
      stripeSize: 65_536,
    });
    expect(core.volume?.mirrorLog).toBeNull();
    expect(await table('core')).toMatch(/^0 8192 mirror core 1 \d+ 2 /);
    expect(await table('core_mimage_0')).toMatch(/ striped 2 128 /);
  });

  it('made without synchronisation is marked, warned of, and seems in sync', async () => {
    const { volume, warnings } = await lvcreate.mirror(`${vg}/unsynced`, {
      size: 4 * mib,
      mirrors: 1,
      noSync: true,
    });
    expect(volume).toMatchObject({
      copyPercent: 100,
      attributes: { volumeType: 'mirrored-without-initial-sync' },
    });
    expect(warnings.join()).toMatch(/won't be synchronised/);
    expect(await table('unsynced')).toMatch(/ nosync /);
  });

  it('is not told to be done when lvm makes it smaller than asked for, to fit the log in', async () => {
    await clear();
    const filled = [disk(0), disk(1), disk(2), disk(3)];
    await run('lvcreate', ['--yes', '--extents', '100%PVS', '--name', 'filler', vg, ...filled]);
    const error = await failureOf(
      lvcreate.mirror(`${vg}/short`, { size: { extents: 63 }, mirrors: 1, mirrorLog: 'disk' }),
    );
    expect(error).toMatchObject({ reason: 'not-done', exitCode: 0, changed: 'yes' });
    expect(error.message).toContain(`${62 * mib} bytes, less than the ${63 * mib} asked for`);
  });
});

describe('a RAID', () => {
  afterAll(clear);

  it('without redundancy has a stripe on each device, with or without metadata areas', async () => {
    const plain = await lvcreate.raid0(`${vg}/r0`, { size: 4 * mib, stripes: 2, stripeSize: 32_768 });
    expect(plain.volume?.layout).toEqual(['raid', 'raid0']);
    expect(await table('r0')).toMatch(/^0 8192 raid raid0 \d+ 64 .*2 - \S+ - \S+$/);
    const meta = await lvcreate.raid0Meta(`${vg}/r0m`, { size: 4 * mib, stripes: 2 });
    expect(await lvs(`${vg}/r0m`, ['segtype'])).toEqual(['raid0_meta']);
    expect(meta.volume?.active).toBe(true);
    await expect(lvs(`${vg}/r0m_rmeta_1`, ['lv_size'])).resolves.toEqual(['1.00m']);
  });

  it('1 has copies, rates of recovery and checksums under them', async () => {
    const { volume } = await lvcreate.raid1(`${vg}/r1`, {
      ...{ size: 8 * mib, mirrors: 1, regionSize: '512KiB' },
      ...{ minRecoveryRate: '128KiB', maxRecoveryRate: '1MiB' },
      raidIntegrity: { mode: 'bitmap', blockSize: 4096 },
    });
    expect(volume).toMatchObject({ raidMinRecoveryRate: 128, raidMaxRecoveryRate: 1024 });
    expect(await table('r1')).toMatch(
      / raid1 .*min_recovery_rate 128 max_recovery_rate 1024 region_size 1024 2 /,
    );
    expect(await table('r1_rimage_1')).toMatch(/ integrity .* B /);
    const { volume: three } = await lvcreate.raid1(`${vg}/r1n`, {
      size: 4 * mib,
      mirrors: 2,
      noSync: true,
      raidIntegrity: true,
    });
    expect(three?.attributes.volumeType).toBe('raid-without-initial-sync');
    expect(await table('r1n')).toMatch(/ raid raid1 \d+ 0 nosync /);
  });

  it('with a least rate of recovery needs a greatest, which lvm takes for 0', async () => {
    const options = { size: mib, mirrors: 1, minRecoveryRate: '1MiB' } as const;
    // @ts-expect-error What the types refuse, too.
    const error = await failureOf(lvcreate.raid1(`${vg}/slow`, options));
    expect(error).toMatchObject({ reason: 'command-invalid', changed: 'no', exitCode: null });
  });

  it.each([
    [
      'r4',
      'raid4',
      () => lvcreate.raid4(`${vg}/r4`, { size: 4 * mib, stripes: 2, stripeSize: 32_768 }),
      'raid4',
      3,
    ],
    ['r5', 'raid5', () => lvcreate.raid5(`${vg}/r5`, { size: 4 * mib, stripes: 2 }), 'raid5_ls', 3],
    [
      'r5r',
      'raid5_ra',
      () => lvcreate.raid5(`${vg}/r5r`, { size: 4 * mib, stripes: 2, layout: 'ra' }),
      'raid5_ra',
      3,
    ],
    ['r6', 'raid6', () => lvcreate.raid6(`${vg}/r6`, { size: 3 * mib, stripes: 3 }), 'raid6_zr', 5],
    [
      'r6n',
      'raid6_n_6',
      () => lvcreate.raid6(`${vg}/r6n`, { size: 3 * mib, stripes: 3, layout: 'n_6' }),
      'raid6_n_6',
      5,
    ],
    [
      'r10',
      'raid10',
      () => lvcreate.raid10(`${vg}/r10`, { size: 4 * mib, stripes: 2, noSync: true }),
      'raid10',
      4,
    ],
  ])('%s is %s, on one device more for each parity or copy', async (name, type, make, kernel, images) => {
    const { volume } = await make();
    expect(await lvs(`${vg}/${name}`, ['segtype', 'stripes'])).toEqual([type, String(images)]);
    expect(volume?.active).toBe(true);
    expect(await table(name)).toContain(` raid ${kernel} `);
  });
});
