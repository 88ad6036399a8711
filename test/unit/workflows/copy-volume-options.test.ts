import { describe, expect, it } from 'vitest';
import {
  type CopyVolumeOptions,
  requireCopyOptions,
} from '../../../lib/workflows/copy/copy-volume-options.ts';

describe('options of copyVolume', () => {
  it('have defaults that lose nothing', () => {
    expect(requireCopyOptions({ source: 'vg/s', to: '/backup/s.img' })).toEqual({
      ...{ source: 'vg/s', to: '/backup/s.img', checksum: 'sha256', verify: false, sparse: true },
      ...{ overwrite: false, live: false, blockSize: 1 << 20, bytesPerSecond: null, allowOverflow: [] },
    });
    const own = { checksum: false, blockSize: '64KiB', bytesPerSecond: '1MiB' } as const;
    expect(requireCopyOptions({ source: 'vg/s', to: '/s', ...own })).toMatchObject({
      ...{ checksum: false, blockSize: 65_536, bytesPerSecond: 1 << 20 },
    });
  });

  it.each([
    ['a relative path', { to: 's.img' }],
    ['a checksum that is none', { checksum: 'crc32' }],
    ['nothing to verify by', { checksum: false, verify: true }],
    ['blocks that are no pages', { blockSize: 1000 }],
    ['blocks that fill the memory', { blockSize: '1GiB' }],
    ['no speed at all', { bytesPerSecond: 0 }],
    ['a consent that is text', { overwrite: 'yes' }],
    ['a snapshot that may overflow without its group', { allowOverflow: ['old_snap'] }],
    ['one that is no list', { allowOverflow: 'vg/old_snap' }],
    ['an unknown option', { from: 'vg/lv' }],
    ['a volume without a group', { source: 's' }],
  ])('are refused with %s', (_, options) => {
    const given = { source: 'vg/s', to: '/s', ...options } as CopyVolumeOptions;
    expect(() => requireCopyOptions(given)).toThrow(/^"/);
  });
});
