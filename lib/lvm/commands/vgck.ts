import { operation } from '../operation.ts';
import { groupOf } from '../state.ts';
import { group, groups } from '../subject.ts';
import { groupResult } from '../verify.ts';
import { groupsResult } from './vgexport.ts';

const check = operation({
  command: 'vgck',
  fixed: [],
  summary: 'Checks the metadata of volume groups; rejects with what is wrong.',
  subject: groups,
  options: {},
  verify({ place, after }) {
    const partial = place.groups.find((name) => (groupOf(after, name)?.vg.missingPvCount ?? 0) > 0);
    return partial === undefined ? null : `${partial} misses devices`;
  },
  result: groupsResult,
});

const updateMetadata = operation({
  command: 'vgck',
  fixed: ['--updatemetadata'],
  summary: 'Writes the metadata of a volume group anew, so that old and bad copies are put right.',
  subject: group,
  options: {},
  verify({ place, before, after }) {
    const [name = ''] = place.groups;
    const seqno = groupOf(after, name)?.vg.seqno;
    return seqno !== undefined && seqno > (groupOf(before, name)?.vg.seqno ?? 0)
      ? null
      : `the metadata of ${name} was not written`;
  },
  result: groupResult,
});

/** vgck(8), one operation a form. */
export const vgck = { check, updateMetadata } as const;
