import { describe, expect, it } from 'vitest';
import { Lvm } from '../../../lib/lvm/index.ts';

const { lvchange, lvcreate, pvchange, pvcreate, vgchange } = Lvm.open();

describe('what would always fail does not compile', () => {
  it('a change of nothing', () => {
    // @ts-expect-error Nothing is changed.
    expect(() => lvchange.change.argv('vg/lv')).toThrow(/at least one of/);
    // @ts-expect-error Nothing is changed.
    expect(() => lvchange.change.argv('vg/lv', {})).toThrow(/at least one of/);
    // @ts-expect-error Nothing is changed.
    expect(() => lvchange.change.argv('vg/lv', { alloc: undefined })).toThrow(/at least one of/);
    // @ts-expect-error A consent changes nothing.
    expect(() => lvchange.cache.argv('vg/lv', { allowUnrepairable: true })).toThrow(/at least one of/);
    // @ts-expect-error Where a backup goes changes nothing.
    expect(() => vgchange.change.argv('vg', { autobackup: true })).toThrow(/at least one of/);
    // @ts-expect-error Where a backup goes changes nothing.
    expect(() => pvchange.argv('/dev/sdb', { autobackup: true })).toThrow(/at least one of/);
    expect(lvchange.change.argv('vg/lv', { alloc: 'normal' })).toContain('--alloc');
  });

  it('a uuid without the file that has it, or that file without a uuid', () => {
    const uuid = 'abcdef-0123-4567-89ab-cdef-0123-456789';
    // @ts-expect-error Whether there is a file has to be said.
    expect(() => pvcreate.argv('/dev/sdb', { uuid })).toThrow(/given together/);
    // @ts-expect-error The file has many uuids.
    expect(() => pvcreate.argv('/dev/sdb', { restoreFile: '/root/vg' })).toThrow(/given together/);
    expect(pvcreate.argv('/dev/sdb', { uuid, restoreFile: false })).toContain('--norestorefile');
    expect(pvcreate.argv('/dev/sdb')).toEqual(['pvcreate', '--', '/dev/sdb']);
  });

  it('a least rate without a greatest', () => {
    const options = { size: '1GiB', mirrors: 1, minRecoveryRate: '1MiB' } as const;
    // @ts-expect-error lvm takes a greatest rate that is not given for 0.
    expect(lvcreate.raid1.argv('vg/lv', options)).toContain('--minrecoveryrate');
    expect(lvcreate.raid1.argv('vg/lv', { ...options, maxRecoveryRate: '2MiB' })).toContain(
      '--maxrecoveryrate',
    );
  });
});
