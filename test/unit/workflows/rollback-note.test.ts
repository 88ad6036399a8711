import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notesIn, noteTag } from '../../../lib/workflows/rollback/rollback-pairs.ts';

describe('a note of what was begun', () => {
  const uuid = (sign: string): string => [6, 4, 4, 4, 4, 4, 6].map((n) => sign.repeat(n)).join('-');
  const name = fc.stringMatching(/^[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,126}$/);

  it('is found again among all tags of a group, whatever the names', () => {
    fc.assert(
      fc.property(name, name, fc.boolean(), fc.array(name), (lv, of, wasInactive, others) => {
        const note = { snapshot: lv, uuid: uuid('a'), origin: of, originUuid: uuid('b'), wasInactive };
        expect(noteTag(note)).toMatch(/^[A-Za-z0-9_+.\-/=!:#&]{1,1024}$/);
        expect(notesIn([...others, noteTag(note)])).toEqual([note]);
      }),
    );
  });

  it('is none if it is anything else', () => {
    fc.assert(fc.property(fc.array(fc.string()), (tags) => void notesIn(tags)));
    for (const tag of ['', 'a:b', 'a:b:inactive', ':u:b:v', 'a:u:b:', 'a:u:b:v:other', 'a:u:b:v:inactive:c'])
      expect(notesIn([`devmapper.rollback:${tag}`])).toEqual([]);
  });
});
