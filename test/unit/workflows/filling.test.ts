import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requireTag } from '../../../lib/lvm/names.ts';
import { fillingIn, fillingTags, fillingText, unfilledTag } from '../../../lib/workflows/mirror/filling.ts';
import { uuidOf } from './replace-group.ts';

const uuids = fc.uniqueArray(fc.constantFrom(...'abcdefgh').map(uuidOf), { minLength: 1 });

describe('the tags of a mirror whose copies are being filled', () => {
  it('are tags to lvm, one for each PV of the copy that they are filled from', () => {
    fc.assert(
      fc.property(uuids, (pvs) => {
        const tags = fillingTags([...pvs, ...pvs]);
        expect(tags).toHaveLength(pvs.length);
        for (const tag of tags) expect(requireTag('tag', tag)).toBe(tag);
        expect(fillingIn(['devmapper.fillings', ...tags, 'mine'])).toEqual(tags);
      }),
    );
  });

  it('speak against a repair unless all of that copy is there', () => {
    fc.assert(
      fc.property(uuids, uuids, (pvs, there) => {
        const isThere = pvs.every((uuid) => there.includes(uuid));
        expect(unfilledTag(['mine', ...fillingTags(pvs)], new Set(there)) === null).toBe(isThere);
      }),
    );
  });

  it('speak against any if they name none, and are no matter if there are none', () => {
    expect(unfilledTag(fillingTags(), new Set([uuidOf('a'), '']))).toBe('devmapper.filling');
    expect(unfilledTag(['mine'], new Set())).toBeNull();
    expect([fillingText(['mine']), fillingText(fillingTags())]).toEqual([
      '',
      expect.stringContaining('devmapper.filling'),
    ]);
  });

  it('are found in any tags, whatever they are', () => {
    fc.assert(fc.property(fc.array(fc.string()), (tags) => void unfilledTag(tags, new Set(tags))));
  });
});
