import type { Question } from '../operation.ts';
import {
  bytes,
  consent,
  integer,
  type OptionTable,
  oneOf,
  option,
  requireWord,
  word,
  yesNo,
} from '../option.ts';

/** What pvcreate(8), vgcreate(8) and vgextend(8) take for the label and metadata of a new physical volume. */
export const newDeviceOptions = {
  /** Where the data area may begin: a multiple of so many bytes (`--dataalignment`). */
  dataAlignment: bytes('--dataalignment'),
  /** How many bytes the data area is moved on from there (`--dataalignmentoffset`). */
  dataAlignmentOffset: bytes('--dataalignmentoffset'),
  /** Bytes for metadata; a little more may be used (`--metadatasize`). */
  metadataSize: bytes('--metadatasize'),
  /** How many copies of the group's metadata the device carries: 0, 1 or 2 (`--pvmetadatacopies`). */
  pvMetadataCopies: oneOf('--pvmetadatacopies', [0, 1, 2]),
  /** The sector of 512 bytes for the label, 0 to 3 (`--labelsector`). */
  labelSector: integer('--labelsector', 0, 3),
  /** Whether the first 2 KiB are wiped (`--zero`); default yes, but not with a uuid that is restored. */
  zero: yesNo('--zero'),
} as const satisfies OptionTable;

/** Leave to wipe what is on a device that becomes a physical volume. */
export const deviceWiping = {
  /** Leave to wipe signatures of other data (file systems, partition tables, RAID members) on the devices. */
  wipeSignatures: consent('signatures of other data on the devices are wiped'),
} as const satisfies OptionTable;

/** Leave to change how many copies of its metadata a group is to keep, as ignoring a device's areas does. */
export const copiesConsent = consent('the number of metadata copies that the group is to keep changes');

/** How extents are chosen, of a group (`--alloc`). */
export const groupAlloc = word('--alloc', ['contiguous', 'cling', 'cling_by_tags', 'normal', 'anywhere']);

/** How many metadata copies a group keeps: a number, all, or as the devices are set up (`--vgmetadatacopies`). */
export const groupMetadataCopies = option<number | 'all' | 'unmanaged'>(
  '--vgmetadatacopies',
  "'all', 'unmanaged' or a number from 0",
  (value, key) => [
    '--vgmetadatacopies',
    typeof value === 'number'
      ? (integer('', 0, 0x7fff_ffff).toArguments(value as never, key)[1] ?? '')
      : requireWord(key, value, ['all', 'unmanaged']),
  ],
);

/** Options of every command that changes a group's metadata. */
export const metadataOptions = {
  /** Whether the metadata is backed up below /etc/lvm after the change (`--autobackup`); default is lvm.conf's. */
  autobackup: yesNo('--autobackup'),
} as const satisfies OptionTable;

/** The question on meeting a signature on a device that becomes a physical volume (lib/device/dev-type.c). */
export function asksToWipeDevice({
  wipeSignatures,
}: {
  readonly wipeSignatures?: boolean | undefined;
}): Question {
  return {
    consent: 'wipeSignatures',
    granted: wipeSignatures === true,
    certain: false,
    text: 'lvm may find signatures of other data on the devices; set wipeSignatures to true to wipe them',
  };
}
