import { describe, expect, it } from 'vitest';
import { Lvm } from '../../../lib/lvm/index.ts';
import type { GroupState } from '../../../lib/lvm/state.ts';
import { remainderOf } from '../../../lib/workflows/replace/replace-check.ts';
import { failingTag } from '../../../lib/workflows/replace/replace-note.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { groupOf, mirrorOf, uuidOf, wellMirrors } from './replace-group.ts';

async function left(group: GroupState, tags: readonly string[] = []): Promise<string> {
  const found = { ...group, vg: { ...group.vg, tags } };
  const fullreport = async () => ({ groups: [found], orphans: [] });
  const dm = { status: async () => wellMirrors(found) };
  const { state } = await remainderOf({ dm, lvm: { ...Lvm.open(), fullreport } } as unknown as Tools, 'vg');
  return state;
}

describe('what is left of a replacement', () => {
  const pvs = { a: 100, b: 100, c: 100 };
  const behind = { copy_percent: '40.00' };

  it('names the disks that the group notes as leaving, those that are missing by now, too', async () => {
    const tags = ['mine', failingTag(uuidOf('a')), failingTag(uuidOf('b'))];
    expect(await left(groupOf(pvs, []))).toBe('vg misses nothing');
    expect(await left(groupOf(pvs, []), tags)).toBe(
      'vg misses nothing; the tag devmapper.replace:failing notes on vg that /dev/sda and /dev/sdb are to leave it',
    );
    expect(await left(groupOf(pvs, [], ['b']), tags.slice(2))).toContain(
      `notes on vg that the disk with the PV ${uuidOf('b')} is to leave it`,
    );
  });

  it('names a volume once: either it lacks a copy, or it is getting in sync', async () => {
    const lvs = mirrorOf('m', 20, ['a', 'b'], null, behind);
    expect(await left(groupOf(pvs, lvs))).toBe(
      'vg misses nothing; vg/m is at 40 percent, and goes on by itself',
    );
    expect(await left(groupOf(pvs, lvs, ['a']))).toBe('vg/m still lacks a copy or the log');
  });

  it('names the volumes with a note of what they are to be', async () => {
    const lvs = [{ name: 'm', on: { a: 20 }, fields: { lv_tags: 'devmapper.replace:mirror:2:core' } }];
    expect(await left(groupOf(pvs, lvs))).toBe(
      'vg misses nothing; the tag devmapper.replace notes on vg/m what it is to be',
    );
  });
});
