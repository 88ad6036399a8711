import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LvmNameError,
  rangesArgument,
  requireDevice,
  requireGroup,
  requireNewVolume,
  requireTag,
  requireVolume,
  withoutRanges,
} from '../../../lib/lvm/names.ts';

const rule = (check: () => unknown): string => {
  try {
    check();
  } catch (error) {
    if (error instanceof LvmNameError) return error.rule;
    throw error;
  }
  return 'accepted';
};

describe('the name of a group or volume', () => {
  it.each(['vg', '9x', '_x', 'x-', 'a--b', 'lost+found', 'a.b', 'x'.repeat(127)])('%s is taken', (name) => {
    expect(requireGroup('vg', name)).toBe(name);
  });

  it.each([
    ['', 'text that is not empty'],
    ['-x', 'begin with a hyphen'],
    ['.', '"." and ".."'],
    ['..', '"." and ".."'],
    ['a b', 'has only'],
    ['a/b', 'has only'],
    ['a\n', 'has only'],
    ['\u00e4', 'has only'],
    ['x'.repeat(128), 'at most 127'],
    [undefined, 'text that is not empty'],
    [7, 'text that is not empty'],
  ])('%j is refused, and the error names the rule', (name, words) => {
    expect(rule(() => requireGroup('vg', name))).toContain(words);
  });

  it('has no other characters than those of LVM, whatever is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 140 }), (name) => {
        if (rule(() => requireGroup('vg', name)) !== 'accepted') return;
        expect(name).toMatch(/^[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,126}$/);
      }),
    );
  });
});

describe('a volume', () => {
  it('is vg/lv and nothing else', () => {
    expect(requireVolume('volume', 'vg/lv')).toEqual({ vg: 'vg', lv: 'lv' });
    for (const other of ['lv', '/dev/vg/lv', 'vg/lv/x', 'vg/', '/lv', null])
      expect(rule(() => requireVolume('volume', other))).not.toBe('accepted');
  });

  it('that is hidden can be named, but not made', () => {
    expect(requireVolume('volume', 'vg/lv_rimage_1').lv).toBe('lv_rimage_1');
    expect(rule(() => requireNewVolume('volume', 'vg/lv_rimage_1'))).toContain('"_rimage" are reserved');
    expect(rule(() => requireNewVolume('volume', 'vg/snapshot7'))).toContain('starting "snapshot"');
    expect(rule(() => requireNewVolume('volume', 'vg/pvmove0'))).toContain('starting "pvmove"');
  });

  it('that is to be made leaves room for the kernel names of its hidden parts, hyphens counted twice', () => {
    expect(requireNewVolume('volume', `vg/${'x'.repeat(112)}`).lv).toHaveLength(112);
    expect(rule(() => requireNewVolume('volume', `vg/${'x'.repeat(113)}`))).toContain('it has 116');
    expect(rule(() => requireNewVolume('volume', `vg/x${'-'.repeat(57)}`))).toContain('it has 118');
  });
});

describe('a tag', () => {
  it('may begin with a hyphen, and loses a leading @', () => {
    expect(requireTag('tag', '-x')).toBe('-x');
    expect(requireTag('tag', '@blue')).toBe('blue');
  });

  it.each(['', '@', 'a b', 'a,b', 'a;b', '"'])('%j is refused', (tag) => {
    expect(rule(() => requireTag('tag', tag))).toContain('a tag has');
  });
});

describe('a device', () => {
  it.each(['/dev/sdb', '/dev/disk/by-id/x-y', '/dev/mapper/a', '/dev/cciss!c0d0'])('%s is taken', (path) => {
    expect(requireDevice('device', path)).toBe(path);
  });

  it.each(['sdb', '-x', '/etc/passwd', '/dev/../etc/passwd', '/dev/a,b', '/dev/', '/dev//sdb', '/dev/a\nb'])(
    '%j is refused',
    (path) => {
      expect(rule(() => requireDevice('device', path))).toContain('below /dev');
    },
  );

  it('may have ranges of extents where lvm takes them', () => {
    expect(requireDevice('device', '/dev/sdb:0-99:200+10', 'ranges')).toBe('/dev/sdb:0-99:200+10');
    expect(withoutRanges('/dev/sdb:0-99:200+10')).toBe('/dev/sdb');
  });

  it('has colons of its own escaped there, where lvm would cut the path', () => {
    const path = '/dev/disk/by-path/pci-0000:00:1f.2-ata-1';
    expect(rangesArgument(path)).toBe('/dev/disk/by-path/pci-0000\\:00\\:1f.2-ata-1');
    expect(rangesArgument(`${path}:5-9`)).toBe('/dev/disk/by-path/pci-0000\\:00\\:1f.2-ata-1:5-9');
  });
});
