import { describe, expect, it } from 'vitest';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import {
  deviceOfImage,
  imageIndex,
  imageOfIndex,
  imageToSplit,
  numberOf,
} from '../../../lib/workflows/split/tracked-image.ts';
import type { Fields } from '../lvm/commands/rows.ts';
import { stateOf } from '../lvm/commands/rows.ts';

const image = (index: number, devices: string): Fields => ({
  ...{ lv_name: `[lv_rimage_${index}]`, lv_attr: 'iwi-aor---', devices },
});

const state = stateOf(
  {
    ...{ lv_name: 'lv', segtype: 'raid1', lv_attr: 'rwi-aor---', stripes: '2' },
    devices: 'lv_rimage_0(0),lv_rimage_1(0)',
  },
  image(0, '/dev/sda(1)'),
  image(1, '/dev/sdb(1)'),
);
const lv = requireVolumeIn(state, 'vg/lv');

describe('the image that is split off', () => {
  it('is the last one, or that on the devices that are named', () => {
    expect(imageToSplit(state, lv).name).toBe('lv_rimage_1');
    expect(imageToSplit(state, lv, ['/dev/sda']).name).toBe('lv_rimage_0');
    expect(() => imageToSplit(state, lv, ['/dev/sdc'])).toThrow(/no image on \/dev\/sdc/);
  });

  it('is known by its number and stands on its device', () => {
    expect(imageIndex({ name: 'lv_rimage_12' })).toBe(12);
    expect(imageIndex({ name: 'lv' })).toBe(-1);
    const found = imageOfIndex(state, 'vg/lv', 1);
    if (found === undefined) throw new Error('there is no image');
    expect(deviceOfImage(state, found)).toBe('/dev/sdb');
    expect(imageOfIndex(state, 'vg/lv', 2)).toBeUndefined();
  });

  it('has no number in the kernel while it is not active', () => {
    expect(() => numberOf(lv)).toThrow(/vg\/lv has no device/);
  });
});
