import {
  bytes,
  consent,
  devices,
  flag,
  integer,
  type Option,
  type OptionTable,
  option,
  requireBoolean,
  requireWord,
  word,
} from '../option.ts';
import { volumeAlloc } from './common-options.ts';

/** What is done with a file system on the volume: by fsadm(8), or since lvm2 2.03.17 by lvm itself. */
export type ResizeFs = true | 'resize' | 'resize_fsadm' | 'checksize' | 'ignore';

// One option for two of lvm's, which it does not take together.
const resizeFs: Option<ResizeFs> = option(
  '--resizefs, --fs',
  "true, 'resize', 'resize_fsadm', 'checksize', 'ignore'",
  (value, key) => {
    if (typeof value === 'boolean') return requireBoolean(key, value) ? ['--resizefs'] : [];
    return ['--fs', requireWord(key, value, ['resize', 'resize_fsadm', 'checksize', 'ignore'])];
  },
);

/** What all that resizes takes for the file system on it. */
export const fileSystemOptions = {
  /**
   * Resizes the file system, too: `true` as this lvm does it (`--resizefs`: up to 2.03.16 fsadm, later by itself), or,
   * which lvm refuses up to 2.03.16, how (`--fs`): `checksize` only checks that what is cut off is not used, `ignore`
   * leaves it out. The volume has to be active.
   */
  resizeFs,
  /**
   * Whether it may be mounted and unmounted for that: `nochange` never, `offline` only unmounted, `manage` as needed
   * (`--fsmode`; lvm refuses it up to 2.03.16). The last two need `allowUnmount`.
   */
  fsMode: word('--fsmode', ['nochange', 'offline', 'manage']),
  /** Leaves out the check of the file system (`--nofsck`). */
  noFsck: flag('--nofsck'),
  /** Leave to unmount the file system, or to mount it, where its kind can only be resized so. */
  allowUnmount: consent('the file system is unmounted or mounted for the time of it'),
} as const satisfies OptionTable;

/** What all that enlarges takes for where the new extents are. */
export const extensionOptions = {
  /** How extents are chosen this time; default is the volume's policy (`--alloc`). */
  alloc: volumeAlloc,
  /** Over how many devices the new extents of a linear or striped volume are striped (`--stripes`). */
  stripes: integer('--stripes', 1, 128),
  /** Bytes on one device before the next (`--stripesize`). */
  stripeSize: bytes('--stripesize'),
  /** Mirror or raid1: the new part is not synchronised, and counts as in sync (`--nosync`). */
  noSync: flag('--nosync'),
} as const satisfies OptionTable;

/** Where the new extents of all that enlarges go. */
export const placement = {
  /** Devices of the group for the new extents, in this order, or parts of them (`/dev/sdb:0-99`). */
  devices: devices('ranges'),
} as const satisfies OptionTable;

/** What all that shrinks takes. */
export const reductionOptions = {
  /** Leave to cut off the end of the volume with all that is there, if no file system is shrunk before. */
  allowShrink: consent('the end of the volume is cut off with all that is there'),
  /** Leave to do so although something has it open. */
  allowInUse: consent('it is cut off although something has the volume open'),
} as const satisfies OptionTable;
