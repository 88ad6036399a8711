import { beforeAll, describe, expect, it } from 'vitest';
import { LvmNameError } from '../../lib/lvm/index.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { failureOf } from './support/lvm-failure.ts';
import { lvsRows } from './support/lvs.ts';

const lvm = openLvm();
const vg = 'execute';
const names = async () => (await lvsRows(vg, ['lv_name'])).flat().sort();
beforeAll(async () => {
  await volumeGroup(vg, [await loopDisk(64)]);
});

describe('a command that lvm carries out', () => {
  it('says what it made, with its actual size, what it ran and that something changed', async () => {
    const made = await lvm.lvcreate.linear(`${vg}/first`, { size: 5_000_192, tags: ['blue'] });
    expect(made.changed).toBe(true);
    // Rounded up to extents of 4 MiB.
    expect(made.volume).toMatchObject({ name: 'first', size: 8n << 20n, tags: ['blue'] });
    expect(made.notes.join()).toContain('Rounding up');
    expect(made.command).toContain('5000192b');
    expect(made.duration).toBeGreaterThan(0);
    expect(await names()).toEqual(['first']);
    expect((await run('dmsetup', ['table', `${vg}-first`])).stdout).toContain('linear');
  });

  it('is only gone through with test', async () => {
    const tried = await lvm.lvcreate.linear(`${vg}/never`, { size: '4MiB', test: true });
    expect(tried).toMatchObject({ changed: false, volume: null });
    expect(await names()).toEqual(['first']);
  });

  it('is shown by argv without being run', async () => {
    expect(lvm.lvcreate.linear.argv(`${vg}/x`, { size: { percent: 50, of: 'FREE' } })).toEqual([
      ...['lvcreate', '--type', 'linear', '--name', 'x', '--extents', '50%FREE', '--', vg],
    ]);
    expect(await names()).toEqual(['first']);
  });

  it('waits for those before it that change the same group, and all succeed', async () => {
    const all = await Promise.all(
      ['a', 'b', 'c'].map((name) => lvm.lvcreate.linear(`${vg}/${name}`, { size: '4MiB' })),
    );
    expect(all.map(({ volume }) => volume?.name)).toEqual(['a', 'b', 'c']);
    expect(await names()).toEqual(['a', 'b', 'c', 'first']);
  });
});

describe('a command that cannot be', () => {
  it.each(['-x', 'a b', '.', 'x_mlog', 'snapshot1', 'pvmove0', `${'x'.repeat(128)}`, 'x;reboot', '../x'])(
    'is refused for the name %s before anything runs',
    async (name) => {
      await expect(lvm.lvcreate.linear(`${vg}/${name}`, { size: '4MiB' })).rejects.toThrow(LvmNameError);
    },
  );

  it('names the reason and the object, and says that nothing changed', async () => {
    const error = await failureOf(lvm.lvcreate.linear(`${vg}/first`, { size: '4MiB' }));
    expect(error).toMatchObject({ reason: 'exists', code: 'ERR_LVM_EXISTS', exitCode: 5, changed: 'no' });
    expect(error.object?.name).toBe('first');
  });

  it('is not started for a group that is not there', async () => {
    const error = await failureOf(lvm.lvcreate.linear('nosuch/x', { size: '4MiB' }));
    expect(error).toMatchObject({
      reason: 'not-found',
      object: { type: 'vg', name: 'nosuch' },
      changed: 'no',
    });
  });

  it('says how many extents it needs and how many there are', async () => {
    const error = await failureOf(lvm.lvcreate.linear(`${vg}/huge`, { size: '1GiB' }));
    expect(error.reason).toBe('not-enough-space');
    expect(error.space?.needed).toBe(256);
    expect(error.space?.available).toBeGreaterThan(5);
  });
});

describe('a question of lvm', () => {
  it('about an old signature fails the command, and names signature and option, and nothing is left of it', async () => {
    await run('mkfs.ext4', ['-q', `/dev/${vg}/a`]);
    await run('lvremove', ['--yes', `${vg}/a`]);
    const error = await failureOf(lvm.lvcreate.linear(`${vg}/a`, { size: '4MiB' }));
    expect(error).toMatchObject({ reason: 'confirmation-required', changed: 'no' });
    expect(error.question).toMatchObject({ consent: 'wipeSignatures' });
    expect(error.signature?.type).toBe('ext4');
    expect(await names()).not.toContain('a');
  });

  it('is answered by the option for it', async () => {
    const kept = await lvm.lvcreate.linear(`${vg}/a`, { size: '4MiB', wipeSignatures: false, zero: false });
    expect(kept.volume?.name).toBe('a');
    expect((await run('blkid', ['-p', `/dev/${vg}/a`])).stdout).toContain('ext4');
    await run('lvremove', ['--yes', `${vg}/a`]);
    await lvm.lvcreate.linear(`${vg}/a`, { size: '4MiB', wipeSignatures: true });
    await expect(run('blkid', ['-p', `/dev/${vg}/a`])).rejects.toThrow();
  });
});
