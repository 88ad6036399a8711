import type { LvRow } from '../columns/lv.ts';
import { type NoOptions, type Operation, operation } from '../operation.ts';
import { type AtLeastOne, type OptionsOf, type OptionTable, required, tags, word, yesNo } from '../option.ts';
import { volume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import { profileName, readAhead, volumeAlloc } from './common-options.ts';
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
  alloc: volumeAlloc,
  /** Read-ahead in sectors of 512 bytes, cut to whole pages, or `auto`, or `none` (`--readahead`). */
  readAhead,
  /** Whether to activate it at boot and by other automatisms (`--setautoactivation`). */
  autoactivation: yesNo('--setautoactivation'),
  /** Whether ordinary activation passes over it (`--setactivationskip`). */
  activationSkip: yesNo('--setactivationskip'),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.change`. */
export interface LvchangeChangeOptions extends OptionsOf<typeof options> {}

/** Changes what volumes of all types have (lvchange(8)). What is as asked for already, stays. */
export const change: Operation<string, AtLeastOne<LvchangeChangeOptions>, VolumeResult> = operation({
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

const contiguousOptions = {
  /** `true`: in one piece; `false`: as the group says (`--contiguous`). */
  contiguous: required(yesNo('--contiguous')),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.contiguous`. */
export interface LvchangeContiguousOptions extends OptionsOf<typeof contiguousOptions> {}

/** Sets whether all its extents have to be in one piece from now on (`--contiguous`): policy `contiguous` or `inherit`. */
export const contiguous: Operation<string, LvchangeContiguousOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Sets whether new extents have to follow the present ones.',
  subject: volume,
  options: contiguousOptions,
  satisfiedBy: ['unchanged'],
  verify: checkVolume((row, { options: given }) =>
    unmet([['allocation policy', given.contiguous ? 'contiguous' : 'inherit', row.allocationPolicy]]),
  ),
  result: createdVolume,
});

const metadataProfileOptions = {
  /** Name of a profile, without `.profile` (`--metadataprofile`). */
  profile: required(profileName),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.metadataProfile`. */
export interface LvchangeMetadataProfileOptions extends OptionsOf<typeof metadataProfileOptions> {}

/** Has the volume use a metadata profile: defaults for it from /etc/lvm/profile (`--metadataprofile`). */
export const metadataProfile: Operation<string, LvchangeMetadataProfileOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Attaches a metadata profile.',
  subject: volume,
  options: metadataProfileOptions,
  verify: checkVolume((row, { options: given }) => unmet([['profile', given.profile, row.profile]])),
  result: createdVolume,
});

/** Has the volume use no metadata profile of its own any more (`--detachprofile`). */
export const detachProfile: Operation<string, NoOptions, VolumeResult> = operation({
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
