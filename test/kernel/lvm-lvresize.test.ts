import { beforeAll, describe, expect, it } from 'vitest';
import { later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvs } from './support/lvs.ts';
import { until } from './support/moment.ts';

const lvm = openLvm();
const vg = 'resize';
const MiB = 1n << 20n;
const disks: string[] = [];

const create = (...args: readonly string[]) => run('lvcreate', ['--yes', ...args]);
const remove = (name: string) => run('lvremove', ['--yes', `${vg}/${name}`]);

// MiB, as the kernel has it.
const inKernel = async (name: string): Promise<number> =>
  Number((await run('blockdev', ['--getsize64', `/dev/${vg}/${name}`])).stdout) / 2 ** 20;
const blocksOf = async (name: string): Promise<string> =>
  /Block count:\s+(\d+)/.exec((await run('tune2fs', ['-l', `/dev/${vg}/${name}`])).stdout)?.[1] ?? '';
const isMounted = async (): Promise<boolean> =>
  (await run('cat', ['/proc/mounts'])).stdout.includes(' /mnt ext');

beforeAll(async () => {
  for (let count = 0; count < 4; count++) disks.push((await loopDisk(64)).path);
  await volumeGroup(
    vg,
    disks.map((path) => ({ path, device: '', remove: async () => {} })),
    { extentSize: '1m' },
  );
  later(async () => {
    if (await isMounted()) await run('umount', ['/mnt']);
  });
  await create('--type', 'linear', '-L', '8m', '-n', 'plain', vg);
});

describe('lvextend', () => {
  it('enlarges to a size, and tells the actual one', async () => {
    const { changed, volume, notes } = await lvm.lvextend.size(`${vg}/plain`, { size: 10n * MiB - 512n });
    expect({ changed, size: volume?.size }).toEqual({ changed: true, size: 10n * MiB });
    expect(notes.join()).toContain('Rounding');
    expect(await inKernel('plain')).toBe(10);
  });

  it('changes nothing if it is so large already, and fails if it is larger', async () => {
    expect(await lvm.lvextend.size(`${vg}/plain`, { size: '10MiB' })).toMatchObject({ changed: false });
    const smaller = await failureOf(lvm.lvextend.size(`${vg}/plain`, { size: '4MiB' }));
    expect(smaller).toMatchObject({ reason: 'size-direction', changed: 'no' });
  });

  it('enlarges by a size, on devices and stripes that are named', async () => {
    const [, second = '', third = ''] = disks;
    const grown = await lvm.lvextend.bySize(`${vg}/plain`, {
      size: { extents: 4 },
      devices: [`${second}:0-19`, third],
      stripes: 2,
      stripeSize: '64KiB',
      alloc: 'normal',
    });
    expect(grown.volume?.size).toBe(14n * MiB);
    expect((await run('dmsetup', ['table', `${vg}-plain`])).stdout).toMatch(/striped 2 128/);
  });

  it('enlarges by all that is free on devices', async () => {
    const [, , , fourth = ''] = disks;
    const before = await inKernel('plain');
    await lvm.lvextend.byDevices(`${vg}/plain`, { devices: [`${fourth}:0-9`], stripes: 1 });
    expect(await inKernel('plain')).toBe(before + 10);
    const full = await failureOf(
      lvm.lvextend.byDevices(`${vg}/plain`, { devices: [`${fourth}:0-9`], stripes: 1 }),
    );
    expect(full).toMatchObject({ changed: 'no' });
  });

  it('says how many extents it needs and how many there are', async () => {
    await create('--type', 'linear', '-L', '1m', '-n', 'little', vg);
    const error = await failureOf(lvm.lvextend.size(`${vg}/little`, { size: '1GiB' }));
    expect(error).toMatchObject({ reason: 'not-enough-space', changed: 'no', space: { needed: 1023 } });
    expect(error.space?.available).toBeGreaterThan(0);
    await remove('little');
  });

  it('takes shares of what is free', async () => {
    await create('--type', 'linear', '-L', '4m', '-n', 'share', vg);
    const { volume } = await lvm.lvextend.bySize(`${vg}/share`, { size: { percent: 10, of: 'FREE' } });
    expect(volume?.size).toBeGreaterThan(4n * MiB);
    await remove('share');
  });

  it('leaves the new part of a mirror unsynchronised where that is asked for, while it is active', async () => {
    await create('--type', 'mirror', '-m', '1', '--nosync', '-L', '4m', '-n', 'mirror', vg);
    await lvm.lvextend.bySize(`${vg}/mirror`, { size: '2MiB', noSync: true });
    expect(await inKernel('mirror')).toBe(6);
    expect((await lvs(`${vg}/mirror`, ['lv_attr', 'copy_percent']))[1]).toBe('100.00');
    await run('lvchange', ['-an', `${vg}/mirror`]);
    // lvm asks, and does not take --yes for an answer.
    const plain = await run('bash', ['-c', `lvextend --yes -L +2m ${vg}/mirror </dev/null`]).catch(String);
    expect(plain).toContain('Unable to read sync percent');
    const refused = await failureOf(lvm.lvextend.bySize(`${vg}/mirror`, { size: '2MiB' }));
    expect(refused).toMatchObject({ reason: 'not-active', changed: 'no', exitCode: null });
    await remove('mirror');
  });

  it('enlarges the metadata of a thin pool', async () => {
    await create('--type', 'thin-pool', '-L', '8m', '--poolmetadatasize', '2m', '-n', 'pool', vg);
    const to = await lvm.lvextend.poolMetadata(`${vg}/pool`, {
      size: '4MiB',
      devices: disks.slice(0, 1),
      alloc: 'normal',
    });
    expect(to.volume?.metadataSize).toBe(4n * MiB);
    expect(await lvm.lvextend.poolMetadata(`${vg}/pool`, { size: '4MiB' })).toMatchObject({ changed: false });
    const by = await lvm.lvextend.poolMetadataBySize(`${vg}/pool`, { size: '2MiB' });
    expect(by.volume?.metadataSize).toBe(6n * MiB);
    await remove('pool');
  });
});

describe('a file system', () => {
  it('is enlarged with its volume, mounted or not', async () => {
    await create('--type', 'linear', '-L', '16m', '-n', 'fs', vg);
    await run('mkfs.ext4', ['-q', '-b', '1024', `/dev/${vg}/fs`]);
    await lvm.lvextend.size(`${vg}/fs`, { size: '20MiB', resizeFs: true });
    expect(await blocksOf('fs')).toBe('20480');
    // It is left behind by an extension without it, and follows when it has that size already.
    await lvm.lvextend.size(`${vg}/fs`, { size: '21MiB' });
    expect(await blocksOf('fs')).toBe('20480');
    expect(await lvm.lvextend.size(`${vg}/fs`, { size: '21MiB', resizeFs: true })).toMatchObject({
      changed: false,
    });
    expect(await blocksOf('fs')).toBe('21504');
    await run('mount', [`/dev/${vg}/fs`, '/mnt']);
    await lvm.lvextend.bySize(`${vg}/fs`, { size: '3MiB', resizeFs: true, noFsck: true });
    expect([await blocksOf('fs'), await isMounted()]).toEqual(['24576', true]);
  });

  it('is not shrunk while it is mounted, and never unmounted without leave', async () => {
    const refused = await failureOf(lvm.lvreduce.size(`${vg}/fs`, { size: '16MiB', resizeFs: true }));
    expect(refused).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'allowUnmount' },
      changed: 'no',
    });
    const open = await failureOf(lvm.lvreduce.size(`${vg}/fs`, { size: '16MiB', allowShrink: true }));
    expect(open).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'allowInUse' },
      changed: 'no',
    });
    expect([await blocksOf('fs'), await inKernel('fs'), await isMounted()]).toEqual(['24576', 24, true]);
  });

  it('is unmounted, shrunk and mounted again with leave', async () => {
    await lvm.lvreduce.size(`${vg}/fs`, { size: '16MiB', resizeFs: true, allowUnmount: true });
    expect([await blocksOf('fs'), await inKernel('fs')]).toEqual(['16384', 16]);
    if (await isMounted()) await run('umount', ['/mnt']);
  });

  it('is shrunk with its volume, without leave to cut off anything', async () => {
    await run('e2fsck', ['-fy', `/dev/${vg}/fs`]);
    await lvm.lvreduce.bySize(`${vg}/fs`, { size: '2MiB', resizeFs: true });
    expect([await blocksOf('fs'), await inKernel('fs')]).toEqual(['14336', 14]);
    await run('e2fsck', ['-fn', `/dev/${vg}/fs`]);
  });

  it('that is none is not enlarged, and the error says that the volume was', async () => {
    await run('wipefs', ['-aq', `/dev/${vg}/fs`]);
    const error = await failureOf(
      lvm.lvextend.bySize(`${vg}/fs`, { size: '2MiB', resizeFs: true, noFsck: true }),
    );
    expect(error).toMatchObject({ reason: 'filesystem', changed: 'yes' });
    await remove('fs');
  });

  it('is treated by --fs and --fsmode only where this lvm has them', async () => {
    const { release } = await lvm.capabilities();
    const modern = release[2] >= 17 || release[1] > 3;
    const call = lvm.lvextend.bySize(`${vg}/plain`, { size: '1MiB', resizeFs: 'ignore', fsMode: 'nochange' });
    if (modern) expect((await call).changed).toBe(true);
    else expect(await failureOf(call)).toMatchObject({ reason: 'command-invalid', changed: 'no' });
  });

  it('may not be managed or taken offline without leave, as lvm would not ask', async () => {
    for (const fsMode of ['offline', 'manage'] as const) {
      const error = await failureOf(
        lvm.lvextend.bySize(`${vg}/plain`, { size: '1MiB', resizeFs: 'resize', fsMode }),
      );
      expect(error).toMatchObject({ reason: 'confirmation-required', question: { consent: 'allowUnmount' } });
    }
  });
});

describe('lvreduce', () => {
  it('asks before it cuts off the end, also of an inactive volume', async () => {
    await create('--type', 'linear', '-L', '8m', '-n', 'cut', vg);
    const asked = await failureOf(lvm.lvreduce.size(`${vg}/cut`, { size: '6MiB' }));
    expect(asked).toMatchObject({
      reason: 'confirmation-required',
      question: { consent: 'allowShrink' },
      changed: 'no',
    });
    await run('lvchange', ['-an', `${vg}/cut`]);
    expect((await failureOf(lvm.lvreduce.size(`${vg}/cut`, { size: '6MiB' }))).question?.consent).toBe(
      'allowShrink',
    );
    await run('lvchange', ['-ay', `${vg}/cut`]);
    expect(await inKernel('cut')).toBe(8);
    await lvm.lvreduce.size(`${vg}/cut`, { size: '6MiB', allowShrink: true });
    expect(await inKernel('cut')).toBe(6);
    // Rounded down: at most so much is taken away.
    const by = await lvm.lvreduce.bySize(`${vg}/cut`, { size: 2n * MiB - 512n, allowShrink: true });
    expect(by.volume?.size).toBe(5n * MiB);
    expect(await lvm.lvreduce.size(`${vg}/cut`, { size: '5MiB' })).toMatchObject({ changed: false });
    expect((await failureOf(lvm.lvreduce.size(`${vg}/cut`, { size: '7MiB' }))).reason).toBe('size-direction');
    expect(
      (await failureOf(lvm.lvreduce.bySize(`${vg}/cut`, { size: '7MiB', allowShrink: true }))).reason,
    ).toBe('size-direction');
  });

  it('cuts off an open volume only with leave for that, too', async () => {
    await run('dmsetup', ['create', 'opener', '--table', `0 2048 linear /dev/${vg}/cut 0`]);
    try {
      const asked = await failureOf(lvm.lvreduce.size(`${vg}/cut`, { size: '4MiB', allowShrink: true }));
      expect(asked.question?.consent).toBe('allowInUse');
      await lvm.lvreduce.size(`${vg}/cut`, { size: '4MiB', allowShrink: true, allowInUse: true });
      expect(await inKernel('cut')).toBe(4);
    } finally {
      await run('dmsetup', ['remove', 'opener']);
    }
    await remove('cut');
  });

  it('leaves the rest of a raid as it is', async () => {
    await create('--type', 'raid5', '-i', '2', '-L', '8m', '-n', 'raid', vg);
    await until(
      () => lvs(`${vg}/raid`, ['copy_percent', 'raid_sync_action']),
      ([percent, action]) => percent === '100.00' && action === 'idle',
      60,
    );
    await lvm.lvreduce.bySize(`${vg}/raid`, { size: '3MiB', allowShrink: true });
    expect(await inKernel('raid')).toBe(6);
    await remove('raid');
  });
});

describe('a snapshot', () => {
  const fill = async (mebibytes: number): Promise<void> => {
    await run('dd', ['if=/dev/zero', `of=/dev/${vg}/origin`, 'bs=1M', `count=${mebibytes}`, 'oflag=direct']);
  };

  it('is not made smaller than what it holds', async () => {
    await create('--type', 'linear', '-L', '16m', '-n', 'origin', vg);
    await create('--snapshot', '-L', '8m', '-n', 'snap', `${vg}/origin`);
    await fill(3);
    const refused = await failureOf(lvm.lvreduce.size(`${vg}/snap`, { size: '2MiB', allowShrink: true }));
    expect(refused).toMatchObject({ reason: 'size-invalid', exitCode: null, changed: 'no' });
    const share = await failureOf(
      lvm.lvreduce.size(`${vg}/snap`, { size: { percent: 1, of: 'VG' }, allowShrink: true }),
    );
    expect(share.reason).toBe('size-invalid');
    await lvm.lvreduce.size(`${vg}/snap`, { size: '6MiB', allowShrink: true });
    expect(await lvs(`${vg}/snap`, ['lv_snapshot_invalid'])).toEqual(['']);
    await run('lvchange', ['-an', `${vg}/origin`]);
    expect(
      (await failureOf(lvm.lvreduce.size(`${vg}/snap`, { size: '2MiB', allowShrink: true }))).reason,
    ).toBe('not-active');
    await run('lvchange', ['-ay', `${vg}/origin`]);
  });

  it('grows to what it can use, by a size and by what lvm.conf has', async () => {
    const policy = openLvm({
      config: 'activation { snapshot_autoextend_threshold=50 snapshot_autoextend_percent=50 }',
    });
    const before = (await lvm.lvs({ targets: [`${vg}/snap`] }))[0]?.size ?? 0n;
    expect((await lvm.lvextend.byPolicy(`${vg}/snap`)).changed).toBe(false);
    await fill(4);
    const grown = await policy.lvextend.byPolicy(`${vg}/snap`, {
      devices: disks.slice(0, 2),
      alloc: 'normal',
    });
    expect(grown.volume?.size).toBeGreaterThan(before);
    const most = await lvm.lvextend.bySize(`${vg}/snap`, { size: '100MiB' });
    expect(most.notes.join()).toContain('Reached maximum COW size');
    expect(most.volume?.size).toBeLessThan(20n * MiB);
    expect((await lvm.lvextend.size(`${vg}/snap`, { size: '100MiB' })).changed).toBe(false);
  });

  it('that overflowed is not resized, as lvm would say with status 0', async () => {
    await create('--snapshot', '-L', '1m', '-n', 'small', `${vg}/origin`);
    await fill(4);
    expect(await lvs(`${vg}/small`, ['lv_snapshot_invalid'])).toEqual(['snapshot invalid']);
    for (const call of [
      lvm.lvextend.bySize(`${vg}/small`, { size: '4MiB' }),
      lvm.lvextend.byPolicy(`${vg}/small`),
      lvm.lvresize.extendBySize(`${vg}/small`, { size: '4MiB' }),
    ])
      expect(await failureOf(call)).toMatchObject({
        reason: 'snapshot-invalid',
        changed: 'no',
        exitCode: null,
      });
    await remove('origin');
  });

  it('keeps its active origin from being resized', async () => {
    await create('--type', 'linear', '-L', '8m', '-n', 'origin', vg);
    await create('--snapshot', '-L', '4m', '-n', 'snap', `${vg}/origin`);
    expect((await failureOf(lvm.lvextend.bySize(`${vg}/origin`, { size: '4MiB' }))).changed).toBe('no');
    await remove('origin');
  });
});

describe('lvresize', () => {
  it('goes both ways, and asks on the way down', async () => {
    await create('--type', 'linear', '-L', '8m', '-n', 'both', vg);
    expect(
      (await lvm.lvresize.size(`${vg}/both`, { size: '10MiB', devices: disks.slice(0, 1), alloc: 'normal' }))
        .volume?.size,
    ).toBe(10n * MiB);
    expect((await failureOf(lvm.lvresize.size(`${vg}/both`, { size: '6MiB' }))).question?.consent).toBe(
      'allowShrink',
    );
    expect((await lvm.lvresize.size(`${vg}/both`, { size: '6MiB', allowShrink: true })).volume?.size).toBe(
      6n * MiB,
    );
    expect((await lvm.lvresize.size(`${vg}/both`, { size: '6MiB' })).changed).toBe(false);
    await lvm.lvresize.extendBySize(`${vg}/both`, { size: '2MiB', stripes: 1 });
    expect(await inKernel('both')).toBe(8);
    expect(
      (await failureOf(lvm.lvresize.reduceBySize(`${vg}/both`, { size: '2MiB' }))).question?.consent,
    ).toBe('allowShrink');
    await lvm.lvresize.reduceBySize(`${vg}/both`, { size: '2MiB', allowShrink: true });
    expect(await inKernel('both')).toBe(6);
    await lvm.lvresize.extendByDevices(`${vg}/both`, { devices: [`${disks[1]}:50-55`] });
    expect(await inKernel('both')).toBe(12);
    await run('mkfs.ext4', ['-q', '-b', '1024', `/dev/${vg}/both`]);
    await lvm.lvresize.size(`${vg}/both`, { size: '16MiB', resizeFs: true, noFsck: true });
    expect(await blocksOf('both')).toBe('16384');
    await lvm.lvresize.size(`${vg}/both`, { size: '14MiB', resizeFs: true });
    expect([await blocksOf('both'), await inKernel('both')]).toEqual(['14336', 14]);
    await remove('both');
  });
});
