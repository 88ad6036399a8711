import { describe, expect, it } from 'vitest';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import { isSplitOff } from '../../../lib/workflows/split/split-look.ts';
import { copyTag, pendingTag } from '../../../lib/workflows/split/split-marks.ts';
import { stateOf } from '../lvm/commands/rows.ts';

const at = new Date(0);

function judge(
  lv: { readonly tags: string },
  copy: { readonly uuid: string; readonly tags?: string },
): boolean {
  const state = stateOf(
    { lv_name: 'lv', lv_uuid: 'source', lv_tags: lv.tags, lv_size: '1048576' },
    { lv_name: 'copy', lv_uuid: copy.uuid, lv_tags: copy.tags ?? '', lv_size: '1048576' },
  );
  return isSplitOff(requireVolumeIn(state, 'vg/copy'), requireVolumeIn(state, 'vg/lv'));
}

describe('a volume was split off another', () => {
  it('if it is the image that the note of the split names', () => {
    expect(judge({ tags: pendingTag('copy', true, 'image') }, { uuid: 'image' })).toBe(true);
    const several = [pendingTag('copy', true, 'old'), pendingTag('copy', false, 'image')];
    expect(judge({ tags: several.join() }, { uuid: 'image' })).toBe(true);
  });

  it('if its own tag names the other by its uuid', () => {
    expect(judge({ tags: '' }, { uuid: 'x', tags: copyTag('renamed', 'source', at) })).toBe(true);
  });

  it('not because it has the name and the size', () => {
    expect(judge({ tags: pendingTag('copy', true, 'image') }, { uuid: 'other' })).toBe(false);
    expect(judge({ tags: pendingTag('more', true, 'image') }, { uuid: 'image' })).toBe(false);
    expect(judge({ tags: '' }, { uuid: 'x', tags: copyTag('lv', 'other', at) })).toBe(false);
    expect(judge({ tags: '' }, { uuid: 'x' })).toBe(false);
  });
});
