import { type NoOptions, type Operation, operation } from '../operation.ts';
import { groupOf } from '../state.ts';
import { group, groups } from '../subject.ts';
import { type GroupResult, groupResult } from '../verify.ts';
import { type GroupsResult, groupsResult } from './vgexport.ts';

const check: Operation<string | readonly string[], NoOptions, GroupsResult> = operation({
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

const updateMetadata: Operation<string, NoOptions, GroupResult> = operation({
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
export const vgck = {
  /** Checks the metadata of volume groups; rejects with what is wrong. */
  check,
  /** Writes the metadata of a volume group anew, so that old and bad copies are put right. */
  updateMetadata,
} as const;
