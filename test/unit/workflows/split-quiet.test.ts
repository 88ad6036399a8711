import { describe, expect, it } from 'vitest';
import { writtenPaths } from '../../../lib/workflows/split/lvm-paths.ts';
import { isUsedByOthers } from '../../../lib/workflows/split/split-above.ts';
import { isLouder, type QuietPlan, withOthers } from '../../../lib/workflows/split/split-quiet.ts';
import { sentenceOf } from '../../../lib/workflows/split/split-steps.ts';
import { mountPointOf } from '../../../lib/workflows/split/tracked-mount.ts';
import { whileQuiet } from '../../../lib/workflows/split/while-quiet.ts';

const none: QuietPlan = { how: 'none', mounts: [], title: null, state: 'unknown', warnings: [] };

describe('what a split does while all is quiet', () => {
  it('is told in one sentence, the thaw last', () => {
    const frozen: QuietPlan = { ...none, how: 'freeze', title: 'freeze /srv' };
    expect(sentenceOf(frozen, 'split it', null)).toBe('Freeze /srv, split it, thaw');
    expect(sentenceOf({ ...frozen, how: 'sync', title: 'write out /srv' }, 'split it')).toBe(
      'Write out /srv, split it',
    );
    expect(sentenceOf(none, 'split it', 'make it read-only')).toBe('Split it, make it read-only');
  });

  it('fails as it failed, and is given a signal that fires with the caller', async () => {
    const controller = new AbortController();
    const options = { deadline: 1000, signal: controller.signal };
    const failing = whileQuiet(none, '/dev/null', options, async () => {
      throw new Error('no lvm');
    });
    await expect(failing).rejects.toThrow('no lvm');
    await whileQuiet(none, '/dev/null', options, async (signal) => {
      controller.abort();
      expect(signal.aborted).toBe(true);
    });
  });
});

describe('a split that was planned earlier', () => {
  const mount = {
    target: '/srv',
    device: '253:1',
    root: '/',
    source: '/dev/vg/lv',
    type: 'ext4',
    options: [],
  };
  const frozen: QuietPlan = {
    ...none,
    how: 'freeze',
    mounts: [mount],
    title: 'freeze /srv',
    state: 'frozen',
  };

  it('is as planned while what is mounted is the same, or less is to be feared', () => {
    expect(isLouder(frozen, frozen)).toBe(false);
    expect(isLouder({ ...frozen, mounts: [{ ...mount, options: ['noatime'] }] }, frozen)).toBe(false);
    expect(isLouder({ ...none, state: 'frozen' }, none)).toBe(false);
  });

  it('is not when something was mounted or unmounted, is open, or must not be frozen any more', () => {
    const unused: QuietPlan = { ...none, how: 'sync', state: 'frozen' };
    for (const [now, planned] of [
      [frozen, unused],
      [unused, frozen],
      [{ ...frozen, mounts: [mount, { ...mount, target: '/mnt' }] }, frozen],
      [{ ...frozen, mounts: [{ ...mount, device: '253:2' }] }, frozen],
      [{ ...unused, state: 'unknown' }, unused],
      [{ ...frozen, how: 'sync', state: 'synced' }, frozen],
    ] as const)
      expect(isLouder(now, planned)).toBe(true);
  });
});

describe('a volume that is used otherwise than by the file systems that are mounted here', () => {
  const frozen: QuietPlan = { ...none, how: 'freeze', title: 'freeze /srv', state: 'frozen' };
  const others = ['/dev/mapper/vm is opened by process 12 (qemu)', '/dev/mapper/swap is used as swap'];

  it('is frozen as far as it can be, the copy is not called quiet, and the plan says who writes', () => {
    expect(withOthers(frozen, '/dev/vg/lv', others, undefined)).toEqual({
      ...frozen,
      state: 'unknown',
      warnings: [
        '/dev/mapper/vm is opened by process 12 (qemu); /dev/mapper/swap is used as swap: what that has not written yet is not in the copy.',
      ],
    });
    expect(withOthers(frozen, '/dev/vg/lv', [], 'freeze')).toBe(frozen);
  });

  it('is not frozen as if that made it quiet', () => {
    expect(() => withOthers(frozen, '/dev/vg/lv', others, 'freeze')).toThrow(
      /is in use beside .* 12 \(qemu\)/,
    );
  });

  it('is one that is open more often than its file system and the devices upon it open it', () => {
    const used = (openCount: number | null, isMounted: boolean, holders: number): boolean =>
      isUsedByOthers({ openCount, isMounted, holders });
    expect([used(0, false, 0), used(1, true, 0), used(2, false, 2), used(1, false, 2)]).toEqual([
      ...[false, false, false, false],
    ]);
    expect([used(1, false, 0), used(2, true, 0), used(3, false, 2)]).toEqual([true, true, true]);
    // Of an md or bcache nobody tells.
    expect([used(null, false, 0), used(null, true, 0), used(null, false, 1)]).toEqual([true, false, false]);
  });
});

it('lvm writes where its settings say, whatever else is in them', () => {
  const tree = {
    backup: { archive_dir: '/a/archive', backup_dir: '/a/backup', archive: 1 },
    global: { locking_dir: '/run/lock/lvm', umask: 63 },
    log: { file: '/var/log/lvm2.log', level: 0 },
  };
  expect(writtenPaths(tree)).toEqual(['/a/archive', '/a/backup', '/run/lock/lvm', '/var/log/lvm2.log']);
  const odd = { backup: 'none', global: ['a'], log: { file: null } };
  expect(writtenPaths(odd)).toEqual([]);
  expect(writtenPaths({ backup: { archive_dir: 'relative', backup_dir: 3 } })).toEqual([]);
});

it('an image is mounted on a directory that tells of which volume it is, whatever that is called', () => {
  expect(mountPointOf('vg/lv')).toBe('/run/devmapper/split-vg-lv');
  expect(mountPointOf('a-b/c')).not.toBe(mountPointOf('a/b-c'));
});
