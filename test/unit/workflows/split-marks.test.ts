import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requireTag } from '../../../lib/lvm/names.ts';
import { copyTag, marksOf, pendingTag, suspectTag, trackedTag } from '../../../lib/workflows/split-marks.ts';

const name = fc.stringMatching(/^[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,30}$/);

describe('the tags of a split', () => {
  it('tell what was noted, and are tags that lvm takes', () => {
    fc.assert(
      fc.property(
        name,
        fc.boolean(),
        fc.nat(99),
        fc.integer({ min: 0, max: 4_000_000_000 }),
        (lv, flag, index, seconds) => {
          const at = new Date(seconds * 1000);
          const tags = [
            trackedTag,
            pendingTag(lv, flag),
            suspectTag(index, flag),
            copyTag(lv, at),
            'of.others',
          ];
          for (const tag of tags) expect(requireTag('tag', tag)).toBe(tag);
          expect(marksOf(tags)).toEqual({
            tracked: true,
            pending: [{ tag: tags[1], name: lv, readOnly: flag }],
            suspect: { tag: tags[2], index, writeMostly: flag },
            copy: { of: lv, at },
          });
        },
      ),
    );
  });

  it('of anybody else tell nothing', () => {
    const others = fc.array(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `${trackedTag}${text}x`),
      ),
    );
    fc.assert(
      fc.property(others, (tags) => {
        expect(marksOf(tags)).toEqual({ tracked: false, pending: [], suspect: null, copy: null });
      }),
    );
  });
});
