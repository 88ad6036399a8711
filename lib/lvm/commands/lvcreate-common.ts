import type { Before, Question } from '../operation.ts';
import {
  consentChoice,
  devices,
  integer,
  type OptionsOf,
  type OptionTable,
  size,
  tags,
  text,
  word,
  yesNo,
} from '../option.ts';

/** What lvcreate(8) takes for a new volume of any type. */
export const newVolumeOptions = {
  /** Whether to activate it (`--activate`); default `y`. */
  activate: word('--activate', ['y', 'n', 'ay']),
  /** Tags of the volume (`--addtag`). */
  tags: tags('--addtag'),
  /** How extents are chosen (`--alloc`); default is the group's policy. */
  alloc: word('--alloc', ['contiguous', 'cling', 'cling_by_tags', 'normal', 'anywhere', 'inherit']),
  /** Whether all extents must be in one piece (`--contiguous`). */
  contiguous: yesNo('--contiguous'),
  /** Whether it may be written to (`--permission`). */
  permission: word('--permission', ['rw', 'r']),
  /** Whether to activate it at boot and by other automatisms (`--setautoactivation`). */
  autoactivation: yesNo('--setautoactivation'),
  /** Whether ordinary activation passes over it (`--setactivationskip`). */
  activationSkip: yesNo('--setactivationskip'),
  /** Read-ahead in sectors of 512 bytes, `auto` or `none` (`--readahead`). */
  readAhead: text('--readahead', "'auto', 'none' or sectors", /^(?:auto|none|\d{1,9})$/),
  /** Whether dmeventd watches it (`--monitor`). */
  monitor: yesNo('--monitor'),
  /** A fixed device number's minor part, with `persistent` (`--minor`). */
  minor: integer('--minor', 0, 1_048_575),
  /** Whether the device number is kept (`--persistent`). */
  persistent: yesNo('--persistent'),
  /** Name of a metadata profile below /etc/lvm/profile (`--metadataprofile`). */
  metadataProfile: text('--metadataprofile', 'the name of a profile', /^[A-Za-z0-9_.+-]{1,127}$/),
} as const satisfies OptionTable;

/** What lvcreate(8) takes for a volume whose start is written to when it is made. */
export const wipingOptions = {
  /** Whether its first 4 KiB are zeroed (`--zero`); default yes. */
  zero: yesNo('--zero'),
  /**
   * What to do with signatures of old contents on the extents it gets (`--wipesignatures`): wipe them, or leave them
   * there. If left out, the command fails when it meets one, and tells which.
   */
  wipeSignatures: consentChoice('--wipesignatures'),
} as const satisfies OptionTable;

/** How large it is to be, and on which devices. */
export const sizeAndPlace = {
  /** Its size; LVM rounds it up to whole extents, the result has the actual one (`--size`, `--extents`). */
  size: size(),
  /** Devices of the group to use, in this order, or parts of them (`/dev/sdb:0-99`). */
  devices: devices('ranges'),
} as const satisfies OptionTable;

/** lvcreate's question on meeting a signature. */
export function asksToWipe({ options }: Before<OptionsOf<typeof wipingOptions>>): readonly Question[] {
  // With `n` on the command line it is not asked.
  if (options.wipeSignatures === false || options.zero === false) return [];
  return [
    {
      consent: 'wipeSignatures',
      granted: options.wipeSignatures === true,
      certain: false,
      text: 'lvm may find signatures of old contents where the volume will be; set wipeSignatures to wipe or to leave them',
    },
  ];
}
