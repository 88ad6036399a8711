import { describe, expect, it } from 'vitest';
import { imagesOn } from '../../../../lib/lvm/commands/lvchange-images.ts';
import { stateOf } from './rows.ts';

const raid = {
  ...{ lv_name: 'lv', segtype: 'raid1', lv_attr: 'rwi-aor---', stripes: '2' },
  devices: 'lv_rimage_0(0),lv_rimage_1(0)',
};
const image = (index: number, device: string) => ({
  ...{ lv_name: `[lv_rimage_${index}]`, lv_attr: 'iwi-aor---', lv_role: 'private,raid,image' },
  ...{ lv_parent: 'lv', devices: `${device}(1)` },
});
// As lvs tells of an image that is split off and tracked: visible, and without a parent.
const tracked = { ...image(1, '/dev/sdb'), lv_name: 'lv_rimage_1', lv_parent: '', lv_role: 'public' };

function names(state: ReturnType<typeof stateOf>, device: string): readonly string[] {
  return imagesOn(state, 'vg/lv', device).map(({ name }) => name);
}

describe('the images of a RAID on a device', () => {
  it('are those that have an extent on it', () => {
    const state = stateOf(raid, image(0, '/dev/sda'), image(1, '/dev/sdb'));
    expect(names(state, '/dev/sda')).toEqual(['lv_rimage_0']);
    expect(names(state, '/dev/sdb')).toEqual(['lv_rimage_1']);
    expect(names(state, '/dev/sdc')).toEqual([]);
  });

  it('have the one among them that is split off and tracked, whose parent the report no longer names', () => {
    const state = stateOf(raid, image(0, '/dev/sda'), tracked);
    expect(names(state, '/dev/sdb')).toEqual(['lv_rimage_1']);
    expect(names(state, '/dev/sda')).toEqual(['lv_rimage_0']);
  });

  it('have no volume that only stands on the device, or is of another RAID', () => {
    const others = [
      { lv_name: 'plain', devices: '/dev/sdb(9)' },
      { ...image(0, '/dev/sdb'), lv_name: '[other_rimage_0]', lv_parent: 'other' },
    ];
    expect(names(stateOf(raid, image(0, '/dev/sda'), tracked, ...others), '/dev/sdb')).toEqual([
      'lv_rimage_1',
    ]);
  });
});
