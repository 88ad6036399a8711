import { describe, expect, it } from 'vitest';
import { vgremove } from '../../../../lib/lvm/commands/vgremove.ts';
import { group } from '../../../../lib/lvm/subject.ts';
import { stateOf } from './rows.ts';

// o waits for the merge of s; h is a part of another volume.
const before = stateOf(
  { lv_name: 'o', lv_role: 'public,origin,thickorigin,multithickorigin' },
  { lv_name: '[s]', lv_role: 'public,snapshot,thicksnapshot', origin: 'o', lv_merging: 'merging' },
  { lv_name: 't', lv_role: 'public,snapshot,thicksnapshot', origin: 'o' },
  { lv_name: '[h]', lv_role: 'private' },
);

function granted(allowDestroy?: readonly string[]): boolean {
  const questions = vgremove.asks?.({ place: group.parse('vg'), options: { allowDestroy }, before }) ?? [];
  return questions.every((question) => question.granted);
}

describe('what is destroyed with a group', () => {
  it('is each visible volume, and the hidden snapshot that waits for its merge', () => {
    expect(granted(['vg/o', 'vg/t', 'vg/s'])).toBe(true);
    expect(granted(['vg/o', 'vg/t'])).toBe(false);
    expect(granted(['vg/o', 'vg/t', 'vg/s', 'vg/h'])).toBe(false);
    expect(granted()).toBe(false);
  });

  it('is told by the result', () => {
    const place = group.parse('vg');
    const after = { groups: [], orphans: [] };
    const { destroyed } = vgremove.result({ place, options: {}, before, after, notes: [] });
    expect([...destroyed].sort()).toEqual(['vg/o', 'vg/s', 'vg/t']);
  });
});
