import { describe, expect, it } from 'vitest';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import { finishSplit, missingOptions } from '../../../lib/workflows/split/split-finish.ts';
import { copyTag, pendingTag } from '../../../lib/workflows/split/split-marks.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { stateOf } from '../lvm/commands/rows.ts';

const at = new Date(0);
const source = { name: 'lv', uuid: 'source' };
const ours = copyTag('lv', 'source', at);

function missing(copy: { readonly attr: string; readonly tags: string }, readOnly: boolean, tags: string[]) {
  const row = { lv_name: 'copy', lv_uuid: 'image', lv_attr: copy.attr, lv_tags: copy.tags };
  return missingOptions(requireVolumeIn(stateOf(row), 'vg/copy'), source, {
    name: 'copy',
    readOnly,
    tags,
    at,
  });
}

describe('what is missing of a copy that was split off', () => {
  it('is all of it when nothing is done', () => {
    expect(missing({ attr: '-wi-a-----', tags: '' }, true, ['mine'])).toEqual({
      permission: 'r',
      addTags: [ours, 'mine'],
    });
    expect(missing({ attr: '-wi-a-----', tags: '' }, false, [])).toEqual({ addTags: [ours] });
  });

  it('is the permission when it is read-only in the kernel alone', () => {
    expect(missing({ attr: '-Ri-a-----', tags: ours }, true, [])).toEqual({ permission: 'r' });
  });

  it('is the tags that it does not have', () => {
    expect(missing({ attr: '-ri-a-----', tags: ours }, true, ['mine'])).toEqual({ addTags: ['mine'] });
  });

  it('is nothing when a call was killed after it, before its note was taken off the source', () => {
    expect(missing({ attr: '-ri-a-----', tags: ours }, true, [])).toBeNull();
    expect(missing({ attr: '-wi-a-----', tags: `${ours},mine` }, false, ['mine'])).toBeNull();
  });
});

describe('a split that was not finished', () => {
  it('is finished though its copy is not active, so that it keeps nothing up', async () => {
    const note = pendingTag('copy', true, 'image');
    const volume = { lv_name: 'lv', lv_uuid: 'source', lv_attr: '-wi-a-----', lv_tags: note };
    const copy = { lv_name: 'copy', lv_uuid: 'image', lv_attr: '-wi-------', lv_active: '' };
    const state = stateOf(volume, { ...copy, lv_dm_path: '/dev/mapper/vg-copy' });
    const changed: unknown[] = [];
    const change = async (name: string, options: object) => {
      changed.push({ name, ...options });
    };
    const tools = { lvm: { fullreport: async () => state, lvchange: { change } } } as unknown as Tools;
    const { signal } = new AbortController();
    await finishSplit(tools, 'vg/lv', { name: 'copy', readOnly: true, tags: [], at }, signal);
    expect(changed).toEqual([
      { name: 'vg/copy', permission: 'r', addTags: [copyTag('lv', 'source', at)], signal },
      { name: 'vg/lv', deleteTags: [note], signal },
    ]);
  });
});
