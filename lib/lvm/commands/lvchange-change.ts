import type { LvRow } from '../columns/lv.ts';
import { operation } from '../operation.ts';
import { type OptionTable, required, tags, text, word, yesNo } from '../option.ts';
import { volume } from '../subject.ts';
import { createdVolume } from '../verify.ts';
import { checkVolume, requireSome, unmet } from './lvchange-common.ts';
import { hasTags, lacksTags } from './tag-check.ts';

const options = {
  /** Whether it may be written to; the kernel's device changes at once (`--permission`). */
  permission: word('--permission', ['rw', 'r']),
  /** Tags that it gets (`--addtag`). */
  addTags: tags('--addtag'),
  /** Tags that it loses (`--deltag`). */
  deleteTags: tags('--deltag'),
  /** How extents are chosen from now on; `inherit`: as the group says (`--alloc`). */
  alloc: word('--alloc', ['contiguous', 'cling', 'cling_by_tags', 'normal', 'anywhere', 'inherit']),
  /** Read-ahead in sectors of 512 bytes, cut to whole pages, or `auto`, or `none` (`--readahead`). */
  readAhead: text('--readahead', "'auto', 'none' or sectors", /^(?:auto|none|\d{1,9})$/),
  /** Whether to activate it at boot and by other automatisms (`--setautoactivation`). */
  autoactivation: yesNo('--setautoactivation'),
  /** Whether ordinary activation passes over it (`--setactivationskip`). */
  activationSkip: yesNo('--setactivationskip'),
} as const satisfies OptionTable;

/** Changes what volumes of all types have (lvchange(8)). What is as asked for already, stays. */
export const change = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Changes attributes that volumes of all types have.',
  subject: volume,
  options,
  arrange: requireSome(Object.keys(options)),
  satisfiedBy: ['unchanged'],
  verify: checkVolume((row, { options: given }) => {
    const { permission, alloc, autoactivation, activationSkip } = given;
    return (
      unmet([
        ['permission', permission && { r: 'read-only', rw: 'writeable' }[permission], permissionOf(row)],
        ['allocation policy', alloc, row.allocationPolicy],
        ['autoactivation', autoactivation, row.autoactivation],
        ['activation skip', activationSkip, row.skipActivation],
      ]) ??
      readAheadProblem(row, given.readAhead) ??
      hasTags(row.tags, given.addTags) ??
      lacksTags(row.tags, given.deleteTags, given.addTags)
    );
  }),
  result: createdVolume,
});

/** Sets whether all its extents have to be in one piece from now on (`--contiguous`): policy `contiguous` or `inherit`. */
export const contiguous = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Sets whether new extents have to follow the present ones.',
  subject: volume,
  options: {
    /** `true`: in one piece; `false`: as the group says (`--contiguous`). */
    contiguous: required(yesNo('--contiguous')),
  },
  satisfiedBy: ['unchanged'],
  verify: checkVolume((row, { options: given }) =>
    unmet([['allocation policy', given.contiguous ? 'contiguous' : 'inherit', row.allocationPolicy]]),
  ),
  result: createdVolume,
});

/** Has the volume use a metadata profile: defaults for it from /etc/lvm/profile (`--metadataprofile`). */
export const metadataProfile = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Attaches a metadata profile.',
  subject: volume,
  options: {
    /** Name of a profile, without `.profile` (`--metadataprofile`). */
    profile: required(text('--metadataprofile', 'the name of a profile', /^[A-Za-z0-9_.+-]{1,127}$/)),
  },
  verify: checkVolume((row, { options: given }) => unmet([['profile', given.profile, row.profile]])),
  result: createdVolume,
});

/** Has the volume use no metadata profile of its own any more (`--detachprofile`). */
export const detachProfile = operation({
  command: 'lvchange',
  fixed: ['--detachprofile'],
  summary: 'Detaches the metadata profile.',
  subject: volume,
  options: {},
  verify: checkVolume((row) => unmet([['profile', null, row.profile]])),
  result: createdVolume,
});

// Read-only for another reason, such as activation/read_only_volume_list, is none of the volume's own.
function permissionOf({ attributes: { permissions } }: LvRow): unknown {
  return permissions === 'read-only-activation' ? 'writeable' : permissions;
}

// lib/report: what is configured, in bytes; lvm cuts to whole pages, of 64 KiB at most, but not to less than one.
function readAheadProblem({ readAhead }: LvRow, wanted: string | undefined): string | null {
  if (wanted === undefined || wanted === readAhead) return null;
  const bytes = wanted === 'none' ? 0n : wanted === 'auto' ? -1n : BigInt(wanted) * 512n;
  const fits =
    typeof readAhead === 'bigint' &&
    bytes >= 0n &&
    (readAhead === bytes || (readAhead > bytes - page && readAhead <= (bytes > page ? bytes : page)));
  return fits ? null : `has a read-ahead of ${readAhead} bytes, not ${wanted}`;
}

const page = 65_536n;
