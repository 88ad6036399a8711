import { describe, expect, it } from 'vitest';
import { type QuietPlan, whileQuiet } from '../../../lib/workflows/split-quiet.ts';
import { sentenceOf } from '../../../lib/workflows/split-steps.ts';
import { mountPointOf } from '../../../lib/workflows/tracked-mount.ts';

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

it('an image is mounted on a directory that tells of which volume it is, whatever that is called', () => {
  expect(mountPointOf('vg/lv')).toBe('/run/devmapper/split-vg-lv');
  expect(mountPointOf('a-b/c')).not.toBe(mountPointOf('a/b-c'));
});
