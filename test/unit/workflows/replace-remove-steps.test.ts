import { describe, expect, it } from 'vitest';
import { Lvm } from '../../../lib/lvm/index.ts';
import type { FailedDisk } from '../../../lib/workflows/replace/replace-find.ts';
import { failingTag } from '../../../lib/workflows/replace/replace-note.ts';
import { type MakeStep, markStep, unmarkStep } from '../../../lib/workflows/replace/replace-remove-steps.ts';
import type { Replacement } from '../../../lib/workflows/replace/replace-steps.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { groupOf, uuidOf } from './replace-group.ts';

const tools = { lvm: Lvm.open() } as unknown as Tools;
const disk = (letter: string, kind: FailedDisk['kind']): FailedDisk => ({
  ...{ uuid: uuidOf(letter), path: kind === 'missing' ? null : `/dev/sd${letter}`, number: '8:0', kind },
  why: 'fails',
});
const make: MakeStep = (name, title, commands) => ({
  ...{ name, title, commands: commands.map(({ words }) => words) },
  perform: async () => {},
});

// What the two steps run in a group of the PVs a and b with notes of these PVs.
function commandsOf(noted: readonly string[], disks: readonly FailedDisk[], remove = true) {
  const group = groupOf({ a: 10, b: 10 }, []);
  const vg = { ...group.vg, tags: ['mine', ...noted.map((letter) => failingTag(uuidOf(letter)))] };
  const state = { groups: [{ ...group, vg }], orphans: [] };
  const plan = { vg: 'vg', state, disks, remove } as unknown as Replacement;
  const words = (step: ReturnType<MakeStep> | null) => step?.commands?.flat().join(' ') ?? null;
  return { mark: words(markStep(tools, plan, make)), unmark: words(unmarkStep(tools, plan, make)) };
}

describe('the note of a group that a disk is to leave it', () => {
  const tag = (letter: string) => failingTag(uuidOf(letter));

  it('is made of a disk that is there and fails, and is removed when that has left', () => {
    const { mark, unmark } = commandsOf([], [disk('a', 'failing'), disk('b', 'missing')]);
    expect(mark).toBe(`vgchange --addtag=${tag('a')} -- vg`);
    expect(unmark).toBe(`vgchange --deltag=${tag('a')} -- vg`);
  });

  it('of an earlier call is removed, too, if the disk is missing by now, or has left', () => {
    expect(commandsOf(['a'], [disk('a', 'missing')])).toEqual({
      ...{ mark: null, unmark: `vgchange --deltag=${tag('a')} -- vg` },
    });
    expect(commandsOf(['c'], [])).toEqual({ mark: null, unmark: `vgchange --deltag=${tag('c')} -- vg` });
  });

  it('stays while the disk stays', () => {
    expect(commandsOf(['a'], [disk('a', 'missing')], false)).toEqual({ mark: null, unmark: null });
    expect(commandsOf([], [disk('b', 'missing')])).toEqual({ mark: null, unmark: null });
  });
});
