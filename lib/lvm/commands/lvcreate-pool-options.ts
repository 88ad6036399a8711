import { bytes, type OptionTable, required, word, yesNo } from '../option.ts';
import { allocationOptions, describingOptions } from './lvcreate-common.ts';
import { newSize, settings } from './lvcreate-options.ts';

/** What both kinds of pool take. */
export const poolOptions = {
  /** Size of its data; its metadata come on top (`--size`, `--extents`). */
  size: required(newSize()),
  /** Bytes for its metadata, rounded up to whole extents; default by its size (`--poolmetadatasize`). */
  poolMetadataSize: bytes('--poolmetadatasize'),
  /** Whether the group is to have spare space for repairing metadata; default yes (`--poolmetadataspare`). */
  poolMetadataSpare: yesNo('--poolmetadataspare'),
  ...allocationOptions,
  ...describingOptions,
} as const satisfies OptionTable;

/** How a cache works (lvmcache(7)). */
export const cachingOptions = {
  /** When a write is done: once it is on the disks too (`writethrough`, the default), or in the cache (`writeback`) (`--cachemode`). */
  cacheMode: word('--cachemode', ['writethrough', 'writeback', 'passthrough']),
  /** What stays in the cache; default `smq` (`--cachepolicy`). */
  cachePolicy: word('--cachepolicy', ['smq', 'mq', 'cleaner']),
  /** Settings of the policy, such as `{ migration_threshold: 2048 }` (`--cachesettings`). */
  cacheSettings: settings('--cachesettings'),
  /** Format of its metadata (`--cachemetadataformat`); default `auto`. */
  cacheMetadataFormat: word('--cachemetadataformat', ['auto', '1', '2']),
} as const satisfies OptionTable;
