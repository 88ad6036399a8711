import { beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvs } from './support/lvs.ts';
import { until } from './support/moment.ts';

const lvm = openLvm();
const dm = DeviceMapper.open();
const vg = 'change';
const disks: string[] = [];

// By the kernel's own list of devices, not by lvm.
const inKernel = async (name: string): Promise<boolean> =>
  (await dm.devices()).some((device) => device.name === `${vg}-${name}`);

const raidAtRest = (name: string) =>
  until(
    () => lvs(`${vg}/${name}`, ['copy_percent', 'raid_sync_action']),
    ([percent, action]) => percent === '100.00' && action === 'idle',
    60,
  );

const create = (...args: readonly string[]) => run('lvcreate', ['--yes', ...args]);

beforeAll(async () => {
  for (let count = 0; count < 4; count++) disks.push((await loopDisk(64)).path);
  await volumeGroup(
    vg,
    disks.map((path) => ({ path, device: '', remove: async () => {} })),
    { extentSize: '1m' },
  );
  await create('--type', 'linear', '-L', '8m', '-n', 'plain', vg);
  await create('--type', 'raid1', '-m', '1', '-L', '8m', '-n', 'raid', vg, ...disks.slice(0, 2));
  await raidAtRest('raid');
});

describe('deactivate and activate', () => {
  it('take the device away and bring it back, and say so', async () => {
    const gone = await lvm.lvchange.deactivate(`${vg}/plain`);
    expect(gone).toMatchObject({ changed: true, volume: { active: false, kernelMinor: null } });
    expect(await inKernel('plain')).toBe(false);
    expect(await lvm.lvchange.deactivate(`${vg}/plain`)).toMatchObject({ changed: false });
    const back = await lvm.lvchange.activate(`${vg}/plain`, {
      monitor: false,
      poll: false,
      activationMode: 'complete',
    });
    expect(back).toMatchObject({ changed: true, volume: { active: true } });
    expect(await inKernel('plain')).toBe(true);
    expect(await lvm.lvchange.activate(`${vg}/plain`)).toMatchObject({ changed: false });
  });

  it('work as exclusive and as shared, too', async () => {
    await lvm.lvchange.deactivate(`${vg}/plain`);
    expect(await lvm.lvchange.activateExclusively(`${vg}/plain`)).toMatchObject({ changed: true });
    expect(await inKernel('plain')).toBe(true);
    await lvm.lvchange.deactivate(`${vg}/plain`);
    expect(await lvm.lvchange.activateShared(`${vg}/plain`)).toMatchObject({ changed: true });
    expect(await inKernel('plain')).toBe(true);
  });

  it('do not take for done what lvm passes over with status 0, and name the option', async () => {
    expect(await lvm.lvchange.change(`${vg}/plain`, { activationSkip: true })).toMatchObject({
      changed: true,
    });
    await lvm.lvchange.deactivate(`${vg}/plain`);
    const skipped = await failureOf(lvm.lvchange.activate(`${vg}/plain`));
    expect(skipped).toMatchObject({ reason: 'not-done', changed: 'no', exitCode: 0 });
    expect(skipped.message).toContain('ignoreActivationSkip');
    expect(await inKernel('plain')).toBe(false);
    expect(await lvm.lvchange.activate(`${vg}/plain`, { ignoreActivationSkip: true })).toMatchObject({
      changed: true,
    });
    expect(await inKernel('plain')).toBe(true);
    await lvm.lvchange.change(`${vg}/plain`, { activationSkip: false });
  });

  it('do not take for done what volume_list leaves out', async () => {
    await lvm.lvchange.deactivate(`${vg}/plain`);
    const narrow = openLvm({ config: 'activation/volume_list=["other"]' });
    const left = await failureOf(narrow.lvchange.activate(`${vg}/plain`));
    expect(left.reason).toBe('not-done');
    expect(left.message).toContain('volume_list');
    await lvm.lvchange.activate(`${vg}/plain`);
  });

  it('leave an autoactivation undone that is switched off', async () => {
    await lvm.lvchange.deactivate(`${vg}/plain`);
    expect(await lvm.lvchange.change(`${vg}/plain`, { autoactivation: false })).toMatchObject({
      changed: true,
    });
    expect(await lvm.lvchange.autoactivate(`${vg}/plain`)).toMatchObject({
      changed: false,
      volume: { active: false },
    });
    await lvm.lvchange.change(`${vg}/plain`, { autoactivation: true });
    expect(await lvm.lvchange.autoactivate(`${vg}/plain`)).toMatchObject({
      changed: true,
      volume: { active: true },
    });
    await lvm.lvchange.deactivate(`${vg}/plain`);
    const narrow = openLvm({ config: 'activation/auto_activation_volume_list=["other"]' });
    expect(await failureOf(narrow.lvchange.autoactivate(`${vg}/plain`))).toMatchObject({
      reason: 'not-done',
    });
    await lvm.lvchange.activate(`${vg}/plain`);
  });

  it('ask before they change the origin with a snapshot', async () => {
    await create('--snapshot', '-L', '4m', '-n', 'snap', `${vg}/plain`);
    const asked = await failureOf(lvm.lvchange.deactivate(`${vg}/snap`));
    expect(asked).toMatchObject({
      reason: 'confirmation-required',
      changed: 'no',
      question: { consent: 'withOrigin' },
    });
    expect(await inKernel('plain')).toBe(true);
    await lvm.lvchange.deactivate(`${vg}/snap`, { withOrigin: true });
    expect(await inKernel('plain')).toBe(false);
    const again = await failureOf(lvm.lvchange.activate(`${vg}/snap`));
    expect(again.question?.consent).toBe('withOrigin');
    await lvm.lvchange.activate(`${vg}/snap`, { withOrigin: true });
    expect([await inKernel('plain'), await inKernel('snap')]).toEqual([true, true]);
    await run('lvremove', ['--yes', `${vg}/snap`]);
  });

  it('do not ask for a sparse volume, whose origin is a part of it', async () => {
    await create('--type', 'snapshot', '-V', '16m', '-L', '4m', '-n', 'sparse', vg);
    await lvm.lvchange.deactivate(`${vg}/sparse`);
    expect(await inKernel('sparse')).toBe(false);
    await lvm.lvchange.activate(`${vg}/sparse`);
    expect(await inKernel('sparse')).toBe(true);
    await run('lvremove', ['--yes', `${vg}/sparse`]);
  });

  it('ask before they activate a part of a volume', async () => {
    await lvm.lvchange.deactivate(`${vg}/raid`);
    const asked = await failureOf(lvm.lvchange.activate(`${vg}/raid_rimage_0`));
    expect(asked).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'activateComponent' },
    });
    expect(await inKernel('raid_rimage_0')).toBe(false);
    await lvm.lvchange.activate(`${vg}/raid_rimage_0`, { activateComponent: true });
    expect(await inKernel('raid_rimage_0')).toBe(true);
    expect((await failureOf(lvm.lvchange.activate(`${vg}/raid`))).changed).toBe('no');
    await lvm.lvchange.deactivate(`${vg}/raid_rimage_0`);
    await lvm.lvchange.activate(`${vg}/raid`, { activationMode: 'degraded' });
    await raidAtRest('raid');
  });

  it('tell of a volume whose device is missing, and activate what is left of it where that is asked for', async () => {
    await create('--type', 'linear', '-L', '2m', '-n', 'far', vg, disks[3] ?? '');
    await lvm.lvchange.deactivate(`${vg}/far`);
    const narrow = openLvm({ devices: disks.slice(0, 3) });
    const refused = await failureOf(narrow.lvchange.activate(`${vg}/far`));
    expect(refused).toMatchObject({ reason: 'missing-device', changed: 'no' });
    expect(await inKernel('far')).toBe(false);
    await narrow.lvchange.activate(`${vg}/far`, { activationMode: 'partial' });
    expect(await inKernel('far')).toBe(true);
    await run('lvremove', ['--yes', `${vg}/far`]);
  });

  it('say that a volume is in use', async () => {
    await run('dmsetup', ['create', 'holder', '--table', `0 2048 linear /dev/${vg}/plain 0`]);
    try {
      const busy = await failureOf(lvm.lvchange.deactivate(`${vg}/plain`));
      expect(busy).toMatchObject({ reason: 'in-use', changed: 'no' });
      expect(await inKernel('plain')).toBe(true);
    } finally {
      await run('dmsetup', ['remove', 'holder']);
    }
  });
});

describe('refresh', () => {
  it('loads the table anew, also one that was put in its place', async () => {
    const [minor] = await lvs(`${vg}/plain`, ['lv_kernel_minor']);
    await run('dmsetup', ['suspend', `${vg}-plain`]);
    const loaded = await lvm.lvchange.refresh(`${vg}/plain`, {
      activationMode: 'degraded',
      monitor: false,
      poll: false,
    });
    expect(loaded.volume).toMatchObject({ suspended: false, inactiveTable: false });
    expect(await lvs(`${vg}/plain`, ['lv_kernel_minor'])).toEqual([minor]);
    expect(
      (await run('dmsetup', ['info', '-c', '--noheadings', '-o', 'attr', `${vg}-plain`])).stdout.trim(),
    ).toBe('L--w');
  });

  it('is refused for a volume that has no table', async () => {
    await lvm.lvchange.deactivate(`${vg}/plain`);
    expect(await failureOf(lvm.lvchange.refresh(`${vg}/plain`))).toMatchObject({
      reason: 'not-active',
      exitCode: null,
    });
    await lvm.lvchange.activate(`${vg}/plain`);
  });
});

describe('change', () => {
  it('changes what was named, in the metadata and in the kernel', async () => {
    const { changed, volume } = await lvm.lvchange.change(`${vg}/plain`, {
      permission: 'r',
      addTags: ['blue', '-dash'],
      alloc: 'cling',
      readAhead: '8192',
      autoactivation: false,
      activationSkip: true,
    });
    expect(changed).toBe(true);
    expect(volume).toMatchObject({
      tags: ['-dash', 'blue'],
      allocationPolicy: 'cling',
      readAhead: 4n << 20n,
      autoactivation: false,
      skipActivation: true,
    });
    expect((await run('blockdev', ['--getro', `/dev/${vg}/plain`])).stdout.trim()).toBe('1');
    const [lvName] = await lvs(`${vg}/plain`, ['lv_tags']);
    expect(lvName).toContain('blue');
  });

  it('leaves as it is what is so already, and changes the rest of it', async () => {
    const again = await lvm.lvchange.change(`${vg}/plain`, {
      permission: 'r',
      alloc: 'cling',
      readAhead: '8192',
    });
    expect(again.changed).toBe(false);
    const more = await lvm.lvchange.change(`${vg}/plain`, { permission: 'r', addTags: ['red'] });
    expect(more).toMatchObject({ changed: true, volume: { tags: ['-dash', 'blue', 'red'] } });
    const back = await lvm.lvchange.change(`${vg}/plain`, {
      permission: 'rw',
      deleteTags: ['blue', '-dash', 'red'],
      alloc: 'inherit',
      readAhead: '9',
      autoactivation: true,
      activationSkip: false,
    });
    expect(back.volume).toMatchObject({ tags: [], readAhead: 4096n, allocationPolicy: 'inherit' });
    expect(back.warnings.join()).toContain('Overriding readahead');
    expect((await lvm.lvchange.change(`${vg}/plain`, { readAhead: 'auto' })).volume?.readAhead).toBe('auto');
    expect((await lvm.lvchange.change(`${vg}/plain`, { readAhead: 'none' })).volume?.readAhead).toBe(0n);
    expect((await run('blockdev', ['--getro', `/dev/${vg}/plain`])).stdout.trim()).toBe('0');
  });

  it('goes through it without changing anything with test', async () => {
    const [seqno] = await lvs(`${vg}/plain`, ['vg_seqno']);
    const tested = await lvm.lvchange.change(`${vg}/plain`, {
      permission: 'r',
      addTags: ['never'],
      test: true,
    });
    expect(tested).toMatchObject({ changed: false, volume: { tags: [] } });
    expect(await lvs(`${vg}/plain`, ['vg_seqno', 'lv_tags'])).toEqual([seqno, '']);
  });

  it('has contiguous as lvm has it, by the policy', async () => {
    expect(
      (await lvm.lvchange.contiguous(`${vg}/plain`, { contiguous: true })).volume?.allocationPolicy,
    ).toBe('contiguous');
    expect(await lvm.lvchange.contiguous(`${vg}/plain`, { contiguous: true })).toMatchObject({
      changed: false,
    });
    expect(
      (await lvm.lvchange.contiguous(`${vg}/plain`, { contiguous: false })).volume?.allocationPolicy,
    ).toBe('inherit');
  });

  it('attaches a metadata profile that there is, and takes it away', async () => {
    const missing = await failureOf(lvm.lvchange.metadataProfile(`${vg}/plain`, { profile: 'nosuch' }));
    expect(missing).toMatchObject({ reason: 'config-invalid', changed: 'no' });
    const directory = `${process.env.LVM_SYSTEM_DIR ?? '/etc/lvm'}/profile`;
    await run('mkdir', ['-p', directory]);
    await run('cp', ['/etc/lvm/profile/thin-performance.profile', `${directory}/tested.profile`]);
    const attached = await lvm.lvchange.metadataProfile(`${vg}/plain`, { profile: 'tested' });
    expect(attached.volume?.profile).toBe('tested');
    expect((await lvm.lvchange.detachProfile(`${vg}/plain`)).volume?.profile).toBeNull();
  });
});

describe('persistent', () => {
  it('asks before it deactivates, refuses a number that is taken, and keeps the number', async () => {
    const asked = await failureOf(lvm.lvchange.persistent(`${vg}/plain`, { minor: 230 }));
    expect(asked).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'allowDeactivation' },
    });
    const [taken = ''] = await lvs(`${vg}/raid`, ['lv_kernel_minor']);
    const refused = await failureOf(
      lvm.lvchange.persistent(`${vg}/plain`, { minor: Number(taken), allowDeactivation: true }),
    );
    expect(refused).toMatchObject({ reason: 'exists', changed: 'no' });
    expect(await inKernel('plain')).toBe(true);
    const fixed = await lvm.lvchange.persistent(`${vg}/plain`, {
      minor: 230,
      major: 253,
      allowDeactivation: true,
    });
    expect(fixed.volume).toMatchObject({ fixedMinor: true, minor: 230, kernelMinor: 230, active: true });
    const device = (await dm.devices()).find(({ name }) => name === `${vg}-plain`);
    expect(device?.minor).toBe(230);
    await lvm.lvchange.deactivate(`${vg}/plain`);
    const inactive = await lvm.lvchange.persistent(`${vg}/plain`, { minor: 231 });
    expect(inactive.volume).toMatchObject({ minor: 231, active: false });
    await lvm.lvchange.activate(`${vg}/plain`);
    expect(await lvs(`${vg}/plain`, ['lv_kernel_minor'])).toEqual(['231']);
    // A device of no group has the number: lvm finds out when it has deactivated the volume.
    await run('dmsetup', ['create', 'numbered', '--major', '254', '--minor', '232', '--table', '0 8 zero']);
    const late = await failureOf(
      lvm.lvchange.persistent(`${vg}/plain`, { minor: 232, allowDeactivation: true }),
    );
    expect(late.changed).toBe('yes');
    expect(await inKernel('plain')).toBe(false);
    await run('dmsetup', ['remove', 'numbered']);
    await lvm.lvchange.activate(`${vg}/plain`);
    expect(await lvm.lvchange.notPersistent(`${vg}/plain`)).toMatchObject({ volume: { fixedMinor: false } });
    expect(await lvm.lvchange.notPersistent(`${vg}/plain`)).toMatchObject({ changed: false });
  });
});

describe('raid', () => {
  it('sets how fast it is synchronised', async () => {
    const set = await lvm.lvchange.raid(`${vg}/raid`, { minRecoveryRate: '256KiB', maxRecoveryRate: '1MiB' });
    expect(set.volume).toMatchObject({ raidMinRecoveryRate: 256, raidMaxRecoveryRate: 1024 });
    expect((await run('dmsetup', ['table', `${vg}-raid`])).stdout).toContain(
      'min_recovery_rate 256 max_recovery_rate 1024',
    );
    const wrong = await failureOf(lvm.lvchange.raid(`${vg}/raid`, { minRecoveryRate: '2MiB' }));
    expect(wrong.changed).toBe('no');
    expect(await failureOf(lvm.lvchange.raid(`${vg}/plain`, { minRecoveryRate: '2MiB' }))).toMatchObject({
      reason: 'wrong-type',
    });
  });

  it('sets which images are read last', async () => {
    const [first = '', , third = ''] = disks;
    const set = await lvm.lvchange.raid1(`${vg}/raid`, {
      writeMostly: { [first]: 'y' },
      writeBehind: 64,
      minRecoveryRate: '128KiB',
      maxRecoveryRate: '2MiB',
    });
    expect(set.volume).toMatchObject({ raidWriteBehind: 64, raidMinRecoveryRate: 128 });
    expect((await run('dmsetup', ['table', `${vg}-raid`])).stdout).toContain('write_mostly 0');
    await lvm.lvchange.raid1(`${vg}/raid`, { writeMostly: { [first]: 't' } });
    expect((await run('dmsetup', ['table', `${vg}-raid`])).stdout).not.toContain('write_mostly');
    await lvm.lvchange.raid1(`${vg}/raid`, { writeMostly: { [first]: 'n' }, writeBehind: 0 });
    const stranger = await failureOf(lvm.lvchange.raid1(`${vg}/raid`, { writeMostly: { [third]: 'y' } }));
    expect(stranger).toMatchObject({ reason: 'not-in-group', changed: 'no' });
  });

  it('compares and repairs', async () => {
    await raidAtRest('raid');
    expect((await lvm.lvchange.syncAction(`${vg}/raid`, { action: 'check' })).volume?.active).toBe(true);
    await raidAtRest('raid');
    // Differs behind the kernel's back on one image.
    const [device = ''] = await lvs(`${vg}/raid_rimage_1`, ['devices']);
    const [, path = '', extent = ''] = /^(.*)\((\d+)\)$/.exec(device) ?? [];
    const offset = (Number(extent) + 1 + 4) * 1024 * 1024;
    await run('bash', [
      '-c',
      `head -c 65536 /dev/urandom | dd of=${path} bs=65536 seek=${offset / 65536} conv=notrunc oflag=direct`,
    ]);
    await lvm.lvchange.syncAction(`${vg}/raid`, { action: 'check' });
    await raidAtRest('raid');
    expect(await lvs(`${vg}/raid`, ['raid_mismatch_count'])).toEqual(['128']);
    await lvm.lvchange.syncAction(`${vg}/raid`, { action: 'repair' });
    await raidAtRest('raid');
    await lvm.lvchange.syncAction(`${vg}/raid`, { action: 'check' });
    await raidAtRest('raid');
    expect(await lvs(`${vg}/raid`, ['raid_mismatch_count'])).toEqual(['0']);
    expect((await failureOf(lvm.lvchange.syncAction(`${vg}/plain`, { action: 'check' }))).reason).toBe(
      'wrong-type',
    );
  });

  it('writes the images on a device anew', async () => {
    const [first = '', , third = ''] = disks;
    expect((await lvm.lvchange.rebuild(`${vg}/raid`, { devices: [first] })).changed).toBe(true);
    await raidAtRest('raid');
    const stranger = await failureOf(lvm.lvchange.rebuild(`${vg}/raid`, { devices: [third] }));
    expect(stranger).toMatchObject({ reason: 'not-in-group', changed: 'no' });
  });

  it('synchronises all anew, and asks before it deactivates for it', async () => {
    await create('--type', 'raid1', '-m', '1', '--nosync', '-L', '8m', '-n', 'never', vg);
    expect((await lvs(`${vg}/never`, ['lv_attr']))[0]).toMatch(/^R/);
    const asked = await failureOf(lvm.lvchange.resync(`${vg}/never`));
    expect(asked).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'allowDeactivation' },
    });
    const { volume } = await lvm.lvchange.resync(`${vg}/never`, { allowDeactivation: true });
    expect(volume?.active).toBe(true);
    expect((await lvs(`${vg}/never`, ['lv_attr']))[0]).toMatch(/^r/);
    await run('lvremove', ['--yes', `${vg}/never`]);
    // Without a log on disk.
    await create('--type', 'mirror', '-m', '1', '--mirrorlog', 'core', '-L', '8m', '-n', 'mirror', vg);
    await lvm.lvchange.resync(`${vg}/mirror`, { allowDeactivation: true });
    expect(await inKernel('mirror')).toBe(true);
    await run('lvremove', ['--yes', `${vg}/mirror`]);
  });
});

describe('monitor and poll', () => {
  it('do not take for done that nothing is monitored as lvm is set up', async () => {
    expect(await failureOf(lvm.lvchange.monitor(`${vg}/raid`, { monitor: true }))).toMatchObject({
      reason: 'not-done',
      exitCode: 0,
    });
    expect(await lvm.lvchange.monitor(`${vg}/raid`, { monitor: false })).toMatchObject({ changed: false });
  });

  it('look after what is unfinished, of an active volume', async () => {
    expect(await lvm.lvchange.poll(`${vg}/raid`)).toMatchObject({ volume: { active: true } });
    await lvm.lvchange.deactivate(`${vg}/plain`);
    expect((await failureOf(lvm.lvchange.poll(`${vg}/plain`))).reason).toBe('not-active');
    await lvm.lvchange.activate(`${vg}/plain`);
  });
});

describe('pools', () => {
  it('of thin volumes change how they treat discards, new blocks and being full', async () => {
    await create('--type', 'thin-pool', '-L', '8m', '-n', 'pool', vg);
    const both = await lvm.lvchange.thinPool(`${vg}/pool`, {
      discards: 'nopassdown',
      zero: false,
      errorWhenFull: true,
    });
    expect(both).toMatchObject({ changed: true, volume: { whenFull: 'error' } });
    expect(await lvs(`${vg}/pool`, ['discards', 'zero', 'lv_when_full'])).toEqual([
      'nopassdown',
      '',
      'error',
    ]);
    expect((await run('dmsetup', ['table', `${vg}-pool`])).stdout).toMatch(
      /no_discard_passdown|skip_block_zeroing|error_if_no_space/,
    );
    expect(await lvm.lvchange.thinPool(`${vg}/pool`, { zero: false, errorWhenFull: true })).toMatchObject({
      changed: false,
    });
    const refused = await failureOf(lvm.lvchange.thinPool(`${vg}/pool`, { discards: 'ignore', zero: true }));
    expect(refused.changed).toBe('yes');
    await lvm.lvchange.deactivate(`${vg}/pool`);
    await lvm.lvchange.thinPool(`${vg}/pool`, { discards: 'ignore' });
    expect(await lvs(`${vg}/pool`, ['discards'])).toEqual(['ignore']);
    await run('lvremove', ['--yes', `${vg}/pool`]);
  });

  it('of a cache change mode, policy and settings', async () => {
    await create('--type', 'cache-pool', '-L', '8m', '-n', 'cpool', vg);
    await run('lvconvert', ['--yes', '--type', 'cache', '--cachepool', `${vg}/cpool`, `${vg}/plain`]);
    await lvm.lvchange.cache(`${vg}/plain`, {
      cacheMode: 'writeback',
      cachePolicy: 'smq',
      cacheSettings: { migration_threshold: 4096 },
    });
    expect(await lvs(`${vg}/plain`, ['cache_mode', 'cache_policy', 'cache_settings'])).toEqual([
      ...['writeback', 'smq', 'migration_threshold=4096'],
    ]);
    expect((await run('dmsetup', ['table', `${vg}-plain`])).stdout).toContain('migration_threshold 4096');
    await lvm.lvchange.cache(`${vg}/plain`, { cacheSettings: { migration_threshold: 'default' } });
    expect(await lvs(`${vg}/plain`, ['cache_settings'])).toEqual(['']);
    await run('lvconvert', ['--yes', '--uncache', `${vg}/plain`]);
  });

  it('of a cachevol ask before they use writeback', async () => {
    await create('--type', 'linear', '-L', '8m', '-n', 'fast', vg);
    await run('lvconvert', ['--yes', '--type', 'cache', '--cachevol', `${vg}/fast`, `${vg}/plain`]);
    const asked = await failureOf(lvm.lvchange.cache(`${vg}/plain`, { cacheMode: 'writeback' }));
    expect(asked).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'allowUnrepairable' },
    });
    expect(await lvs(`${vg}/plain`, ['cache_mode'])).toEqual(['writethrough']);
    await lvm.lvchange.cache(`${vg}/plain`, { cacheMode: 'writeback', allowUnrepairable: true });
    expect(await lvs(`${vg}/plain`, ['cache_mode'])).toEqual(['writeback']);
    await run('lvconvert', ['--yes', '--uncache', `${vg}/plain`]);
  });

  it('of a writecache change its settings', async () => {
    await create('--type', 'linear', '-L', '8m', '-n', 'fast', vg);
    await run('lvchange', ['-an', `${vg}/fast`, `${vg}/plain`]);
    await run('lvconvert', ['--yes', '--type', 'writecache', '--cachevol', `${vg}/fast`, `${vg}/plain`]);
    await lvm.lvchange.activate(`${vg}/plain`);
    await lvm.lvchange.writecache(`${vg}/plain`, {
      cacheSettings: { high_watermark: 60, low_watermark: 40 },
    });
    expect(await lvs(`${vg}/plain`, ['cache_settings'])).toEqual(['high_watermark=60,low_watermark=40']);
    expect((await run('dmsetup', ['table', `${vg}-plain`])).stdout).toContain(
      'high_watermark 60 low_watermark 40',
    );
    await lvm.lvchange.clearWritecache(`${vg}/plain`);
    expect(await lvs(`${vg}/plain`, ['cache_settings'])).toEqual(['']);
    await run('lvconvert', ['--yes', '--uncache', `${vg}/plain`]);
  });

  it.skip('of VDO change compression and deduplication: the kernel of the sandbox has no dm-vdo', () => {});
});
