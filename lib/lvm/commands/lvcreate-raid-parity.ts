import { type Operation, operation, type Waits } from '../operation.ts';
import {
  type Needing,
  type Option,
  type OptionsOf,
  type OptionTable,
  option,
  requireWord,
} from '../option.ts';
import { newVolume, type Place } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import { asksToWipe } from './lvcreate-common.ts';
import { isRaid } from './lvcreate-raid.ts';
import { dataStripes, noSyncOption, redundantOptions, refuseRaid } from './lvcreate-raid-options.ts';

/** Options of `lvm.lvcreate.raid4`. */
export interface LvcreateRaid4Options
  extends OptionsOf<typeof redundantOptions & typeof noSyncOption & ReturnType<typeof dataStripes>> {}

/** Stripes with a disk for parity. */
export const raid4: Operation<
  string,
  Needing<LvcreateRaid4Options, 'minRecoveryRate', 'maxRecoveryRate'>,
  VolumeResult
> &
  Waits<'raid'> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'raid4'],
  summary: 'Makes a RAID 4: spread over several devices, parity on one more; survives the loss of one.',
  subject: newVolume,
  waits: 'raid',
  options: { ...redundantOptions, ...noSyncOption, ...dataStripes(2, 63) },
  refuse: refuseRaid,
  asks: asksToWipe,
  verify: isRaid(['raid4'], ({ stripes = 0 }) => stripes + 1),
  result: createdVolume,
});

const raid5Options = {
  /**
   * How parity moves (`--type raid5_...`, lvmraid(7)): left or right, asymmetric or symmetric, or `n`: on the last
   * device; default LVM's `raid5`, which is `ls`.
   */
  layout: layout(['la', 'ls', 'ra', 'rs', 'n']),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.raid5`. */
export interface LvcreateRaid5Options
  extends OptionsOf<
    typeof raid5Options & typeof redundantOptions & typeof noSyncOption & ReturnType<typeof dataStripes>
  > {}

/** Stripes with parity on all disks in turn. */
export const raid5: Operation<
  string,
  Needing<LvcreateRaid5Options, 'minRecoveryRate', 'maxRecoveryRate'>,
  VolumeResult
> &
  Waits<'raid'> = operation({
  command: 'lvcreate',
  fixed: [],
  summary: 'Makes a RAID 5: spread over several devices with parity for one more; survives the loss of one.',
  subject: newVolume,
  waits: 'raid',
  options: { ...raid5Options, ...redundantOptions, ...noSyncOption, ...dataStripes(2, 63) },
  arrange: withType('raid5'),
  refuse: refuseRaid,
  asks: asksToWipe,
  verify: isRaid(
    ({ layout: found }) => typesOf('raid5', 'ls', found),
    ({ stripes = 0 }) => stripes + 1,
  ),
  result: createdVolume,
});

const raid6Options = {
  /** How the parities move (`--type raid6_...`, lvmraid(7)); default LVM's `raid6`, which is `zr`. */
  layout: layout(['zr', 'nr', 'nc', 'n_6', 'la_6', 'ls_6', 'ra_6', 'rs_6']),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.raid6`. */
export interface LvcreateRaid6Options
  extends OptionsOf<typeof raid6Options & typeof redundantOptions & ReturnType<typeof dataStripes>> {}

/** Stripes with two parities on all disks in turn; LVM always synchronises it. */
export const raid6: Operation<
  string,
  Needing<LvcreateRaid6Options, 'minRecoveryRate', 'maxRecoveryRate'>,
  VolumeResult
> &
  Waits<'raid'> = operation({
  command: 'lvcreate',
  fixed: [],
  summary: 'Makes a RAID 6: spread over several devices with parity for two more; survives the loss of two.',
  subject: newVolume,
  waits: 'raid',
  options: { ...raid6Options, ...redundantOptions, ...dataStripes(3, 62) },
  arrange: withType('raid6'),
  refuse: refuseRaid,
  asks: asksToWipe,
  verify: isRaid(
    ({ layout: found }) => typesOf('raid6', 'zr', found),
    ({ stripes = 0 }) => stripes + 2,
  ),
  result: createdVolume,
});

// The type is on the command line once, so that it goes there with the subject.
function layout<const L extends string>(layouts: readonly L[]): Option<L> {
  return option('--type', layouts.map((one) => `'${one}'`).join(', '), (value, key) => {
    requireWord(key, value, layouts);
    return [];
  });
}

function withType(type: string): (place: Place, options: { readonly layout?: string | undefined }) => Place {
  return (place, { layout: found }) => ({
    ...place,
    flags: ['--type', found === undefined ? type : `${type}_${found}`, ...place.flags],
  });
}

// lvs names the default layout by the short name.
function typesOf(type: string, usual: string, found: string | undefined): readonly string[] {
  return found === undefined || found === usual ? [type, `${type}_${usual}`] : [`${type}_${found}`];
}
