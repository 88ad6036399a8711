import { bytes, integer, type OptionTable, word, yesNo } from '../option.ts';

/** What pvcreate(8) takes for the label and metadata of a device that becomes a physical volume. */
export const newDeviceOptions = {
  /** Where the data area may begin: a multiple of so many bytes (`--dataalignment`). */
  dataAlignment: bytes('--dataalignment'),
  /** How many bytes the data area is moved on from there (`--dataalignmentoffset`). */
  dataAlignmentOffset: bytes('--dataalignmentoffset'),
  /** Bytes for metadata; a little more may be used (`--metadatasize`). */
  metadataSize: bytes('--metadatasize'),
  /** How many copies of the group's metadata the device carries (`--pvmetadatacopies`). */
  metadataCopies: word('--pvmetadatacopies', ['0', '1', '2']),
  /** Whether its metadata areas are left unused (`--metadataignore`). */
  metadataIgnore: yesNo('--metadataignore'),
  /** The sector for the label, 0 to 3 (`--labelsector`). */
  labelSector: integer('--labelsector', 0, 3),
  /** Whether the first 2 KiB are wiped (`--zero`). */
  zero: yesNo('--zero'),
} as const satisfies OptionTable;
