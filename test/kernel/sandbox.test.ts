import { describe, expect, it } from 'vitest';
import { dmCreate, dmRemove, loopDisk, run, volumeGroup } from './support/lab.ts';

describe('the kernel under test', () => {
  it('has a device-mapper driver that answers', async () => {
    const { stdout } = await run('dmsetup', ['version']);
    expect(stdout).toMatch(/^Driver version: +4\.\d+\.\d+$/m);
  });

  it('makes a linear device on a loop disk, carries data through it, and removes it', async () => {
    const disk = await loopDisk(16);
    await dmCreate('lab-linear', `0 2048 linear ${disk.device} 2048`, { uuid: 'LAB-linear' });
    expect((await run('dmsetup', ['status', 'lab-linear'])).stdout.trim()).toBe('0 2048 linear');

    await run('dd', ['if=/proc/version', 'of=/dev/mapper/lab-linear', 'conv=fsync']);
    const there = await run('dd', [`if=${disk.path}`, 'skip=2048', 'count=1', 'iflag=direct']);
    expect(there.stdout).toMatch(/^Linux version /);

    await dmRemove('lab-linear');
    expect((await run('dmsetup', ['ls'])).stdout).not.toContain('lab-linear');
    await disk.remove();
  });

  it('loads a target when a table first names it', async () => {
    const disk = await loopDisk(16);
    await dmCreate('lab-delay', `0 2048 delay ${disk.device} 0 0`);
    expect((await run('dmsetup', ['targets'])).stdout).toMatch(/^delay +v/m);
  });

  it('runs LVM: a thin pool in a volume group', async () => {
    await volumeGroup('labvg', [await loopDisk(64)], { extentSize: '1m' });
    await run('lvcreate', ['--yes', '--type', 'thin-pool', '--size', '16m', '--name', 'pool', 'labvg']);
    const { stdout, stderr } = await run('lvs', ['--noheadings', '--options', 'lv_name,segtype', 'labvg']);
    expect(stdout.trim().split(/\s+/)).toEqual(['pool', 'thin-pool']);
    expect(stderr).toBe('');
  });

  it('says why a command failed', async () => {
    await expect(run('dmsetup', ['remove', 'no-such-device'])).rejects.toThrow(/no-such-device/);
  });
});
