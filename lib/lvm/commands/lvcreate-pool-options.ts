import { bytes, type OptionTable, required, yesNo } from '../option.ts';
import { allocationOptions, describingOptions } from './lvcreate-common.ts';
import { newSize } from './lvcreate-options.ts';

const ownPoolOptions = {
  /** Size of its data; its metadata come on top (`--size`, `--extents`). */
  size: required(newSize()),
  /** Bytes for its metadata, rounded up to whole extents; default by its size (`--poolmetadatasize`). */
  poolMetadataSize: bytes('--poolmetadatasize'),
  /** Whether the group is to have spare space for repairing metadata; default yes (`--poolmetadataspare`). */
  poolMetadataSpare: yesNo('--poolmetadataspare'),
} as const satisfies OptionTable;

/** What both kinds of pool take. */
export const poolOptions: typeof ownPoolOptions & typeof allocationOptions & typeof describingOptions = {
  ...ownPoolOptions,
  ...allocationOptions,
  ...describingOptions,
};
