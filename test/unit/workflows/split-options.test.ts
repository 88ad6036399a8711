import { describe, expect, it } from 'vitest';
import { requireSplitOptions } from '../../../lib/workflows/split/split-options.ts';

function check(options: object): string {
  return requireSplitOptions(options as Parameters<typeof requireSplitOptions>[0]);
}

describe('options of splitForBackup', () => {
  it('are a volume and a name, or a volume and tracked', () => {
    expect(check({ volume: 'vg/lv', name: 'copy', readOnly: false, tags: ['a'], deadline: 1 })).toBe('vg');
    expect(
      check({ volume: 'vg/lv', tracked: true, mount: '/mnt', quiesce: 'sync', devices: ['/dev/sdb'] }),
    ).toBe('vg');
  });

  it.each([
    ['no name', { volume: 'vg/lv' }, /"name" must be a name/],
    ['both', { volume: 'vg/lv', name: 'copy', tracked: true }, /"name" must be left out/],
    ['tracked that is false', { volume: 'vg/lv', name: 'copy', tracked: false }, /"tracked" must be true/],
    ['no volume', { volume: 'lv', name: 'copy' }, /written as vg\/lv/],
    ['a reserved name', { volume: 'vg/lv', name: 'snapshot1' }, /reserved/],
    ['a name that is too long with its group', { volume: 'vg/lv', name: 'n'.repeat(120) }, /may have 115/],
    ['an unknown option', { volume: 'vg/lv', name: 'copy', force: true }, /known are/],
    ['mount where it is for good', { volume: 'vg/lv', name: 'copy', mount: true }, /known are/],
    ['a relative directory', { volume: 'vg/lv', tracked: true, mount: 'mnt' }, /"mount" must be/],
    ['another way to be quiet', { volume: 'vg/lv', name: 'copy', quiesce: 'stop' }, /"quiesce" must be/],
    ['no time', { volume: 'vg/lv', name: 'copy', deadline: 0 }, /"deadline" must be/],
    ['a device that is an option', { volume: 'vg/lv', name: 'copy', devices: ['-y'] }, /devices\[0\]/],
    ['a tag with a blank', { volume: 'vg/lv', name: 'copy', tags: ['a b'] }, /tags\[0\]/],
  ])('are refused with %s', (_, options, message) => {
    expect(() => check(options)).toThrow(message);
  });
});
