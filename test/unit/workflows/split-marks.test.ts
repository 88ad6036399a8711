import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requireTag } from '../../../lib/lvm/names.ts';
import {
  copyTag,
  marksOf,
  pendingTag,
  suspectTag,
  trackedTag,
} from '../../../lib/workflows/split/split-marks.ts';

const uuid = fc.stringMatching(/^[A-Za-z0-9]{6}(-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6}$/);
const name = fc.stringMatching(/^[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,30}$/);

describe('the tags of a split', () => {
  it('tell what was noted, and are tags that lvm takes', () => {
    fc.assert(
      fc.property(
        name,
        fc.boolean(),
        fc.nat(99),
        fc.integer({ min: 0, max: 4_000_000_000 }),
        uuid,
        (lv, flag, index, seconds, image) => {
          const at = new Date(seconds * 1000);
          const tags = [
            trackedTag(index),
            pendingTag(lv, flag, image),
            suspectTag(index, flag),
            copyTag(lv, image, at),
            'of.others',
          ];
          for (const tag of tags) expect(requireTag('tag', tag)).toBe(tag);
          expect(marksOf(tags)).toEqual({
            tracked: { tag: tags[0], index },
            pending: [{ tag: tags[1], name: lv, readOnly: flag, image }],
            suspect: { tag: tags[2], index, writeMostly: flag },
            copy: { of: lv, uuid: image, at },
          });
        },
      ),
    );
  });

  it('of anybody else tell nothing', () => {
    const others = fc.array(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `${trackedTag(1)}${text}x`),
        // Of before the uuid was noted: nobody can tell whose they are.
        fc.constantFrom('devmapper.splitForBackup', `devmapper.splitForBackup.to:copy:r`),
      ),
    );
    fc.assert(
      fc.property(others, (tags) => {
        expect(marksOf(tags)).toEqual({ tracked: null, pending: [], suspect: null, copy: null });
      }),
    );
  });
});
