import { cacheWithDevice, cacheWithPool, cacheWithVolume } from './lvconvert-cache.ts';
import { integrity, removeIntegrity } from './lvconvert-integrity.ts';
import { mergeSnapshot, mergeThin } from './lvconvert-merge.ts';
import { mirror, mirrorLog, mirrors } from './lvconvert-mirror.ts';
import { poll } from './lvconvert-poll.ts';
import { cachePool, swapMetadata, thinPool, vdoPool } from './lvconvert-pool.ts';
import {
  linear,
  raid0,
  raid0Meta,
  raid1,
  raid4,
  raid5,
  raid5N,
  raid6,
  raid6N6,
  raid10,
  striped,
} from './lvconvert-raid.ts';
import { repair, repairPool, replace } from './lvconvert-repair.ts';
import { regionSize, stripeSize, stripes } from './lvconvert-reshape.ts';
import { snapshot, splitSnapshot } from './lvconvert-snapshot.ts';
import { mergeMirrors, splitMirrors, trackSplit } from './lvconvert-split.ts';
import { thin } from './lvconvert-thin.ts';
import { splitCache, uncache } from './lvconvert-uncache.ts';
import { writecacheWithDevice, writecacheWithVolume } from './lvconvert-writecache.ts';

/** Every form of lvconvert(8), a function each. */
export const lvconvert = {
  /** Makes a mirror or RAID a linear volume: one copy without a mirror. */
  linear,
  /** Makes a RAID without copies of its data: a striped volume. */
  striped,
  /** Makes a linear or striped volume, a raid1 of as many images, or a mirror into a mirror of type `mirror`. */
  mirror,
  /** Makes a striped volume or RAID a raid0. */
  raid0,
  /** Makes a striped volume or RAID a raid0 with metadata. */
  raid0Meta,
  /** Makes a linear volume, mirror or RAID a raid1. */
  raid1,
  /** Makes a volume a raid4. */
  raid4,
  /** Makes a volume a raid5 of the usual layout, raid5_ls. */
  raid5,
  /** Makes a volume a raid5 with all parity on one device, on the way from and to raid4, raid0 and striped. */
  raid5N,
  /** Makes a volume a raid6 of the usual layout, raid6_zr. */
  raid6,
  /** Makes a volume a raid6 with all parity on two devices, on the way from and to raid5_n and striped. */
  raid6N6,
  /** Makes a striped volume or raid0 a raid10. */
  raid10,
  /** Adds images to a mirror or raid1, or takes some away; `devices` says where the new ones go or which ones go. */
  mirrors,
  /** Moves the log of a mirror to a disk or into memory. */
  mirrorLog,
  /** Changes the number of stripes of a raid4, 5, 6 or 10: more enlarge the volume, fewer shrink it. */
  stripes,
  /** Changes the stripe size of a raid4, 5, 6 or 10. */
  stripeSize,
  /** Changes the region size of a RAID. */
  regionSize,
  /**
   * Replaces the images and the log of a mirror or RAID that are on missing devices; `devices` says where to. The
   * new images are synchronised after that.
   */
  repair,
  /** Repairs the metadata of an inactive thin pool or cache; the old ones are kept as a volume of their own. */
  repairPool,
  /**
   * Moves the images of a RAID from devices to others, `devices` says which; the new ones are synchronised after
   * that.
   */
  replace,
  /**
   * Adds checksums to the images of a RAID, so that silently changed data is found and read from another image.
   * Devices for them cannot be named: lvm 2.03.16 takes each for a volume.
   */
  integrity,
  /** Removes the checksums from the images of a RAID. */
  removeIntegrity,
  /** Has a process of lvm's finish a conversion that nobody finishes, because the one that did was ended. */
  poll,
  /**
   * Splits images off a mirror or raid1, as a volume of their own. What is still in memory and not yet written is in
   * neither: flush a mounted file system first (measured: a file written just before was not in the copy).
   */
  splitMirrors,
  /**
   * Splits an image off a raid1 for reading, and keeps track of what changes so that it can be merged back
   * (`--trackchanges`). lvm calls the image read-only, but its device can be written to: mounting it without
   * `ro,noload` is enough to make the images differ unnoticed.
   */
  trackSplit,
  /**
   * Merges an image that was split off with `trackSplit` back into its raid1; what changed meanwhile is copied to
   * it.
   */
  mergeMirrors,
  /** Puts the contents of a snapshot back into its origin; the snapshot is gone when that is done. */
  mergeSnapshot,
  /** Puts a thin snapshot in its origin's place, at once if both can be deactivated. */
  mergeThin,
  /** Takes a snapshot off its origin: it becomes a volume of what it had stored, which nobody can read. */
  splitSnapshot,
  /** Makes a volume of the group a snapshot of this one: its exception store. */
  snapshot,
  /** Makes a volume the data of a thin pool of the same name. What it holds is lost. */
  thinPool,
  /** Makes a volume a thin one, whose unchanged parts are read from what it was (lvmthin(7), external origin). */
  thin,
  /** Makes a volume the data of a cache pool of the same name. What it holds is lost. */
  cachePool,
  /** Makes a volume the data of a VDO pool of the same name, with a VDO volume in it. What it holds is lost. */
  vdoPool,
  /** Exchanges the metadata volume of an inactive pool for another, as for a repair by hand. */
  swapMetadata,
  /** Puts a cache pool before a volume. */
  cacheWithPool,
  /** Puts a volume as cache before another one. */
  cacheWithVolume,
  /** Puts a cache on a device before a volume; the cache's volume is made and named by lvm. */
  cacheWithDevice,
  /** Puts a volume before another one that takes all writes first (dm-writecache). */
  writecacheWithVolume,
  /** Puts a cache for writes on a device before a volume; the cache's volume is made and named by lvm. */
  writecacheWithDevice,
  /** Writes a cache back and takes it off; it is kept as a volume of its own. Ends when all is written back. */
  splitCache,
  /** Writes a cache back and removes it. Ends when all is written back. */
  uncache,
} as const;
