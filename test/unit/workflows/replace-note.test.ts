import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requireTag } from '../../../lib/lvm/names.ts';
import {
  failingPvs,
  failingTag,
  noteTag,
  noteTags,
  parseNote,
} from '../../../lib/workflows/replace/replace-note.ts';
import { uuidOf } from './replace-group.ts';

const notes = fc.record({
  images: fc.integer({ min: 2, max: 8 }),
  log: fc.constantFrom('core' as const, 'disk' as const),
  logPv: fc.constantFrom(null, uuidOf('a'), 'Xq3eR5-aB12-cD34-eF56-gH78-iJ90-kLmNoP'),
});

describe('the note of what a mirror was', () => {
  it('is a tag that LVM takes, and says the same when it is read', () => {
    fc.assert(
      fc.property(notes, (note) => {
        const tag = noteTag(note);
        expect(requireTag('tag', tag)).toBe(tag);
        expect(parseNote(tag)).toEqual(note);
        expect(noteTags(['other', tag])).toEqual([tag]);
      }),
    );
  });

  it('is read in no other tag', () => {
    fc.assert(
      fc.property(fc.string(), (tag) => {
        expect(parseNote(tag)).toBeNull();
        expect(parseNote(`devmapper.replace:${tag}`)).toBeNull();
      }),
    );
    for (const tag of [
      'devmapper.replace:mirror:1:disk',
      'devmapper.replace:mirror:2:disk:xyz',
      'devmapper.replaced:mirror:2:disk',
    ])
      expect(parseNote(tag)).toBeNull();
    expect(noteTags(['devmapper.replacement', 'devmapper.rollback:x'])).toEqual([]);
  });
});

describe('the note of a disk that is replaced although it is there', () => {
  it('is a tag that LVM takes, and names the disk again among any other tags', () => {
    const uuid = uuidOf('a');
    expect(requireTag('tag', failingTag(uuid))).toBe(failingTag(uuid));
    fc.assert(
      fc.property(fc.array(fc.string()), (others) => {
        expect(failingPvs([...others, failingTag(uuid)]).at(-1)).toBe(uuid);
      }),
    );
  });
});
