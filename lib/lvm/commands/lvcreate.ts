import { cacheWithDevice, cacheWithPool, cacheWithVolume } from './lvcreate-cache.ts';
import { linear } from './lvcreate-linear.ts';
import { mirror } from './lvcreate-mirror.ts';
import { cachePool, thinPool } from './lvcreate-pool.ts';
import { raid0, raid0Meta, raid1, raid10 } from './lvcreate-raid.ts';
import { raid4, raid5, raid6 } from './lvcreate-raid-parity.ts';
import { snapshot, sparseSnapshot } from './lvcreate-snapshot.ts';
import { striped } from './lvcreate-striped.ts';
import { thin, thinExternalSnapshot, thinSnapshot } from './lvcreate-thin.ts';
import { vdo } from './lvcreate-vdo.ts';
import { error, zero } from './lvcreate-virtual.ts';
import { writecacheWithDevice, writecacheWithVolume } from './lvcreate-writecache.ts';

/** lvcreate(8), one function for each type of volume, so that lvm never chooses one. */
export const lvcreate = {
  /** Makes a linear volume: one that maps straight to extents of devices. */
  linear,
  /** Makes a striped volume: spread over several devices, lost with any of them. */
  striped,
  /**
   * Makes a mirror of the older kind, by the kernel's `mirror` target (see `raid1` for the newer one). It returns
   * while the legs are still being synchronised; `mirror.job` waits for that.
   */
  mirror,
  /**
   * Makes a RAID 0: spread over several devices, lost with any of them; can be converted to redundant types later.
   */
  raid0,
  /**
   * Makes a RAID 0 with the metadata areas that redundant types have, so that a conversion needs no space for them.
   */
  raid0Meta,
  /**
   * Makes a RAID 1: copies on several devices, as `-m1` does today. It returns while they are still being
   * synchronised; `raid1.job` waits for that.
   */
  raid1,
  /** Makes a RAID 4: spread over several devices, parity on one more; survives the loss of one. */
  raid4,
  /** Makes a RAID 5: spread over several devices with parity for one more; survives the loss of one. */
  raid5,
  /**
   * Makes a RAID 6: spread over several devices with parity for two more; survives the loss of two. LVM always
   * synchronises it.
   */
  raid6,
  /** Makes a RAID 10: spread over several devices, each with a copy; its images are twice its stripes. */
  raid10,
  /**
   * Makes a snapshot with a COW store of its own, which becomes invalid when that is full. lvm freezes the origin's
   * file system meanwhile; one that is frozen already (fsfreeze) makes it fail half-done.
   */
  snapshot,
  /**
   * Makes a volume of zeroes that takes space for what is written only; it becomes invalid when its store is full.
   */
  sparseSnapshot,
  /** Makes a thin pool: space that thin volumes take as they are written to. */
  thinPool,
  /**
   * Makes a thin volume, which takes space of its pool as it is written to; together they may seem larger than the
   * pool.
   */
  thin,
  /**
   * Makes a snapshot of a thin volume in its pool, which needs no size. Activation passes over it unless
   * `activationSkip` is false; the result tells.
   */
  thinSnapshot,
  /** Makes a thin snapshot of a volume that is not in the pool, and must be read-only and inactive. */
  thinExternalSnapshot,
  /** Makes a cache pool, to be attached to a volume; it is not active by itself. */
  cachePool,
  /** Makes a volume that is cached by a cache pool, whose contents are forgotten. */
  cacheWithPool,
  /**
   * Makes a volume that is cached by another one, which becomes a part of it. Mode, policy and chunk size LVM takes
   * only later, with lvchange.
   */
  cacheWithVolume,
  /** Makes a volume that is cached by one that is made on other devices of the group. */
  cacheWithDevice,
  /** Makes a volume whose writes go to another, faster one first, which becomes a part of it. */
  writecacheWithVolume,
  /** Makes a volume whose writes go first to one that is made on other devices of the group. */
  writecacheWithDevice,
  /**
   * Makes a VDO pool and in it one volume, deduplicated and compressed (lvmvdo(7)); needs the kernel's `vdo` target
   * and vdoformat.
   */
  vdo,
  /** Makes a volume without space, whose every read and write fails. */
  error,
  /** Makes a volume without space, that reads as zeroes and forgets what is written. */
  zero,
} as const;
