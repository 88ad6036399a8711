import type { Before, Question, Refusal } from '../operation.ts';
import {
  consentChoice,
  devices,
  integer,
  type OptionsOf,
  type OptionTable,
  required,
  tags,
  word,
  yesNo,
} from '../option.ts';
import { profileName, readAhead, volumeAlloc } from './common-options.ts';
import { newSize, powerOfTwo } from './lvcreate-options.ts';

/** What lvcreate(8) takes for everything that it makes. */
export const describingOptions = {
  /** Tags of the volume (`--addtag`). */
  tags: tags('--addtag'),
  /** Name of a metadata profile below /etc/lvm/profile (`--metadataprofile`). */
  metadataProfile: profileName,
} as const satisfies OptionTable;

/** What lvm before 2.03.39 takes for plain volumes only; for others lvchange does it afterwards. */
export const autoactivationOption = {
  /** Whether to activate it at boot and by other automatisms (`--setautoactivation`); default yes. */
  autoactivation: yesNo('--setautoactivation'),
} as const satisfies OptionTable;

/** Whether a new volume becomes active, and how its device comes up. */
export const activationOptions = {
  /** Whether to activate it (`--activate`): `ay` only if lvm.conf lets it be activated automatically; default `y`. */
  activate: word('--activate', ['y', 'n', 'ay']),
  /** Whether ordinary activation passes over it, this one too (`--setactivationskip`); default no, but of a thin snapshot. */
  activationSkip: yesNo('--setactivationskip'),
  /** Read-ahead in sectors of 512 bytes, `auto` or `none` (`--readahead`). */
  readAhead,
  /** Whether dmeventd watches it (`--monitor`). */
  monitor: yesNo('--monitor'),
} as const satisfies OptionTable;

/** What lvcreate(8) takes for a volume that is used itself, not as part of others. */
export const deviceOptions = {
  /** Whether it may be written to (`--permission`); default `rw`. What is `r` is not zeroed. */
  permission: word('--permission', ['rw', 'r']),
  /** A fixed device number's minor part, with `persistent` (`--minor`). */
  minor: integer('--minor', 0, 1_048_575),
  /** Whether the device number is kept (`--persistent`). */
  persistent: yesNo('--persistent'),
} as const satisfies OptionTable;

/** How the extents of a new volume are chosen. */
export const allocationOptions = {
  /**
   * How extents are chosen (`--alloc`); default is the group's policy. `contiguous`, all in one piece, is lvm's
   * `--contiguous y`, which it refuses beside any other policy.
   */
  alloc: volumeAlloc,
  /** Devices of the group to use, in this order, or parts of them (`/dev/sdb:0-99`); default is all. */
  devices: devices('ranges'),
} as const satisfies OptionTable;

/** What lvcreate(8) takes for a volume whose start is written to when it is made. */
export const wipingOptions = {
  /** Whether its first 4 KiB are zeroed (`--zero`); default yes, unless it is inactive or read-only. */
  zero: yesNo('--zero'),
  /**
   * What to do with signatures of old contents on the extents it gets (`--wipesignatures`): wipe them, or leave them
   * there. If left out, the command fails when it meets one, and tells which.
   */
  wipeSignatures: consentChoice('--wipesignatures'),
} as const satisfies OptionTable;

/** How data is spread over devices; default is not at all. */
export const stripingOptions = {
  /** Over how many devices (`--stripes`). */
  stripes: integer('--stripes', 2, 128),
  /** Bytes on one device before the next, a power of two (`--stripesize`); at most an extent, default 64 KiB. */
  stripeSize: powerOfTwo('--stripesize', 4096n, 536_870_912n),
} as const satisfies OptionTable;

const ownNewVolumeOptions = {
  /** Its size; LVM rounds it up to whole extents (and stripes), the result has the actual one (`--size`, `--extents`). */
  size: required(newSize()),
} as const satisfies OptionTable;

/** What an ordinary volume takes: those that are given extents, zeroed, and used by their own device. */
export const newVolumeOptions: typeof ownNewVolumeOptions &
  typeof allocationOptions &
  typeof wipingOptions &
  typeof activationOptions &
  typeof deviceOptions &
  typeof describingOptions = {
  ...ownNewVolumeOptions,
  ...allocationOptions,
  ...wipingOptions,
  ...activationOptions,
  ...deviceOptions,
  ...describingOptions,
};

/** What decides whether lvm can write to a new volume's start. */
type Wiping = OptionsOf<typeof wipingOptions> &
  Pick<OptionsOf<typeof newVolumeOptions>, 'activate' | 'activationSkip' | 'permission'>;

/** lvcreate's question on meeting a signature. */
export function asksToWipe({ options }: Pick<Before<Wiping>, 'options'>): readonly Question[] {
  const { zero, wipeSignatures } = options;
  if (whyNotWritten(options) !== null || wipeSignatures === false) return [];
  // By lvm.conf's default it looks for signatures where it zeroes.
  if (zero === false && wipeSignatures !== true) return [];
  return [
    {
      consent: 'wipeSignatures',
      granted: wipeSignatures === true,
      certain: false,
      text: 'lvm may find signatures of old contents where the volume will be; set wipeSignatures to wipe or to leave them',
    },
  ];
}

/**
 * Refuses to wipe what lvm could not write to: it then says so and exits with 0, with no volume made, or with one that
 * is not wiped (_check_zero_parameters in tools/lvcreate.c).
 */
export function cannotWipe({ options }: Pick<Before<Wiping>, 'options'>): Refusal | null {
  const why = whyNotWritten(options);
  if (why === null || (options.zero !== true && options.wipeSignatures !== true)) return null;
  return {
    reason: 'command-invalid',
    message: `a volume that is ${why} cannot be zeroed or wiped when it is made: leave out zero and wipeSignatures, or set them to false`,
  };
}

function whyNotWritten({ activate, activationSkip, permission }: Wiping): string | null {
  if (activate === 'n') return 'not activated';
  if (activate === 'ay') return 'only activated automatically';
  if (activationSkip === true) return 'passed over by activation';
  return permission === 'r' ? 'read-only' : null;
}
