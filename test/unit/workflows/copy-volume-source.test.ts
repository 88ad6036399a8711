import { describe, expect, it } from 'vitest';
import { originalOf } from '../../../lib/workflows/copy/copy-volume-source.ts';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import { stateOf } from '../lvm/commands/rows.ts';

const state = stateOf(
  { lv_name: 'o', segtype: 'raid1', lv_role: 'public,origin,thickorigin' },
  { lv_name: 's', origin: 'o', lv_role: 'public,snapshot,thicksnapshot' },
  { lv_name: 't', origin: 'o', segtype: 'thin', lv_role: 'public,snapshot,thinsnapshot' },
  { lv_name: 'c', origin: '[c_corig]', segtype: 'cache', lv_role: 'public' },
  { lv_name: 'o_rimage_1', lv_role: 'public' },
);

describe('what a volume shows the past of', () => {
  it.each([
    ['s', 'vg/o'],
    ['t', 'vg/o'],
    ['o_rimage_1', 'vg/o'],
    ['c', null],
    ['o', null],
  ])('is for %s %s', (name, original) => {
    expect(originalOf(state, requireVolumeIn(state, `vg/${name}`))).toBe(original);
  });
});
