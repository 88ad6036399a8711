import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  interestingDevice,
  lvmDeviceName,
  mangle,
  parseLvmDevice,
  parseLvmUuid,
  splitLvmName,
  unmangle,
} from '../../lib/names.ts';

const vgId = 'mJ0Aw3nL8dYQ2kXc5vRzT7uPbEsHgF1o';
const lvId = 'q9WmB4tKxN6jZrVy0CpLaS3eDfGhU8iR';
const uuid = (suffix = '') => `LVM-${vgId}${lvId}${suffix}`;

// Characters that LVM allows in names; a name does not begin with a hyphen (lvm(8), VALID NAMES).
const lvmName = fc.stringMatching(/^[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,20}$/);

describe('LVM names', () => {
  it.each([
    ['vg-lv', { vg: 'vg', lv: 'lv', layer: null }],
    ['v--g-o--o', { vg: 'v-g', lv: 'o-o', layer: null }],
    ['v--g-o--o-real', { vg: 'v-g', lv: 'o-o', layer: 'real' }],
    ['vg-pool-tpool', { vg: 'vg', lv: 'pool', layer: 'tpool' }],
    ['vg-c_corig', { vg: 'vg', lv: 'c_corig', layer: null }],
    ['a---b', { vg: 'a-', lv: 'b', layer: null }],
  ])('%s is taken apart', (name, parts) => {
    expect(splitLvmName(name)).toEqual(parts);
  });

  it.each(['', 'plain', 'a--b', '-', 'a-', '-b'])('%j is no name of LVM', (name) => {
    expect(splitLvmName(name)).toBeNull();
  });

  it('any group, volume and layer survive being made into a device name', () => {
    fc.assert(
      fc.property(
        lvmName,
        lvmName,
        fc.option(fc.constantFrom('real', 'cow', 'tpool', 'pool')),
        (vg, lv, layer) => {
          expect(splitLvmName(lvmDeviceName(vg, lv, layer ?? undefined))).toEqual({ vg, lv, layer });
        },
      ),
    );
  });

  it('a layer that begins with an underscore is appended without a hyphen', () => {
    expect(lvmDeviceName('vg', 'lv', '_tdata')).toBe('vg-lv_tdata');
  });

  it('no text makes splitting throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void splitLvmName(text)));
  });
});

describe('LVM uuids', () => {
  it('are taken apart into group, volume and suffix, printed as LVM prints them', () => {
    expect(parseLvmUuid(uuid('-tpool'))).toEqual({
      vgId: 'mJ0Aw3-nL8d-YQ2k-Xc5v-RzT7-uPbE-sHgF1o',
      lvId: 'q9WmB4-tKxN-6jZr-Vy0C-pLaS-3eDf-GhU8iR',
      suffix: 'tpool',
    });
  });

  it('of before 2.02.00 have no prefix', () => {
    expect(parseLvmUuid(vgId + lvId)).toMatchObject({ suffix: null });
  });

  it.each(['', 'CRYPT-LUKS2-abc', 'mpath-360', 'LVM-short', `${uuid()}x`])('%j is none', (text) => {
    expect(parseLvmUuid(text)).toBeNull();
  });
});

describe('which devices are internal', () => {
  it.each([
    ['vg-lv', '', false],
    ['vg-pool', '-pool', false],
    ['vg-pool-tpool', '-tpool', true],
    ['vg-pool_tdata', '-tdata', true],
    ['vg-snap-cow', '-cow', true],
    ['vg-lv-real', '-real', true],
    ['vg-m_mimage_0', '', true],
    ['vg-m_mlog', '', true],
    ['vg-r_rimage_1', '', true],
    ['vg-r_rmeta_1', '', true],
    ['vg-r_rimage_1_imeta', '', true],
    ['vg-c_corig', '-real', true],
    ['vg-fast_cvol-cdata', '-cdata', true],
    ['vg-lvol0_pmspare', '', true],
    ['vg-pvmove0', '', true],
    ['vg-my_mlogs', '', false],
    ['vg-pvmoved', '', false],
  ])('%s with suffix %j: %s', (name, suffix, internal) => {
    expect(parseLvmDevice({ name, uuid: uuid(suffix) })?.internal).toBe(internal);
  });

  it('a device called like a volume but without its uuid is none of LVM', () => {
    expect(parseLvmDevice({ name: 'vg-lv', uuid: null })).toBeNull();
    expect(parseLvmDevice({ name: 'vg-lv', uuid: 'CRYPT-LUKS2-1-vg-lv' })).toBeNull();
  });
});

describe('the device whose status an operator means', () => {
  const device = (suffix: string, ...targets: string[]) => ({ uuid: uuid(suffix), targets });

  it('of a thin pool is -tpool, not its placeholder', () => {
    const tpool = device('-tpool', 'thin-pool');
    expect(interestingDevice([device('-pool', 'linear'), tpool])).toBe(tpool);
  });

  it('of a vdo pool is -vpool', () => {
    const vpool = device('-vpool', 'vdo');
    expect(interestingDevice([vpool, device('-pool', 'linear')])).toBe(vpool);
  });

  it('of a RAID under a snapshot is -real', () => {
    const real = device('-real', 'raid');
    expect(interestingDevice([device('', 'snapshot-origin'), real])).toBe(real);
  });

  it('of a merging origin is the origin itself, where the merge shows', () => {
    const top = device('', 'snapshot-merge');
    expect(interestingDevice([device('-real', 'linear'), top, device('-cow', 'linear')])).toBe(top);
  });

  it('of a snapshot is the snapshot, not its store', () => {
    const top = device('', 'snapshot');
    expect(interestingDevice([device('-cow', 'linear'), top])).toBe(top);
  });
});

describe('mangling', () => {
  it.each([
    ['a b', 'a\\x20b'],
    ['back\\slash', 'back\\x5cslash'],
    ['über', '\\xc3\\xbcber'],
    ['plain-1.0:+#=@_', 'plain-1.0:+#=@_'],
  ])('%j is stored as %j and back', (text, stored) => {
    expect(mangle(text)).toBe(stored);
    expect(unmangle(stored)).toBe(text);
  });

  it('any text comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(unmangle(mangle(text))).toBe(text);
      }),
    );
  });

  it('resolving anything never throws, and leaves text without escapes alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(unmangle(text.replaceAll('\\', ''))).toBe(text.replaceAll('\\', ''));
        unmangle(text);
      }),
    );
  });
});
