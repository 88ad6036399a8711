import * as activation from './lvchange-activate.ts';
import { change, contiguous, detachProfile, metadataProfile } from './lvchange-change.ts';
import { monitor, notPersistent, persistent, poll } from './lvchange-device.ts';
import { cache, clearWritecache, thinPool, vdo, writecache } from './lvchange-pools.ts';
import { raid, raid1 } from './lvchange-raid.ts';
import { rebuild, resync, syncAction } from './lvchange-sync.ts';

/** lvchange(8): one function for each thing that it does, and for the attributes of each type of volume. */
export const lvchange = {
  /** Activates a volume: makes its device (lvchange(8), `--activate y`). */
  activate: activation.activate,
  /**
   * Activates a volume only if its and the group's autoactivation, and lvm.conf, have it activated at boot; else
   * nothing.
   */
  autoactivate: activation.autoactivate,
  /** Activates a volume on this host only, of a shared group (lvmlockd(8)). */
  activateExclusively: activation.activateExclusively,
  /** Activates a volume that other hosts may activate, too, of a shared group (lvmlockd(8)). */
  activateShared: activation.activateShared,
  /**
   * Deactivates a volume: removes its device. What it is made of goes, too, unless others use it, as thin volumes
   * use their pool.
   */
  deactivate: activation.deactivate,
  /**
   * Loads the volume's table anew from the metadata, as after a failed device came back or to begin a delayed merge.
   * No report says what table a device has; checked is what does: suspended, an unused table, a RAID that needs it
   * still.
   */
  refresh: activation.refresh,
  /** Changes what volumes of all types have (lvchange(8)). What is as asked for already, stays. */
  change,
  /**
   * Sets whether all its extents have to be in one piece from now on (`--contiguous`): policy `contiguous` or
   * `inherit`.
   */
  contiguous,
  /** Has the volume use a metadata profile: defaults for it from /etc/lvm/profile (`--metadataprofile`). */
  metadataProfile,
  /** Has the volume use no metadata profile of its own any more (`--detachprofile`). */
  detachProfile,
  /**
   * Gives the volume's device a fixed minor number. If it is active, lvm deactivates it for a moment; if another
   * device than one of the group has the number, lvm fails with the volume left inactive.
   */
  persistent,
  /** Leaves the number of the volume's device to the kernel again, from its next activation on. */
  notPersistent,
  /**
   * Has dmeventd watch an active mirror, RAID, snapshot or pool, and act by lvm.conf, or has it stop (`--monitor`).
   */
  monitor,
  /**
   * Has a process in the background finish what the kernel has done of a pvmove, conversion or merge (`--poll y`).
   * It ends after this call does, so that its work is in no result.
   */
  poll,
  /** Changes how fast a RAID is synchronised (lvchange(8)). */
  raid,
  /** Changes which images of a raid1 are read last, and how fast it is synchronised (lvchange(8)). */
  raid1,
  /** Has a RAID compare its images in the background; `raidMismatchCount` then tells what differs, in sectors. */
  syncAction,
  /** Writes the images on some devices anew from the others, in the background; what is on them is not trusted. */
  rebuild,
  /**
   * Has a mirror or RAID copy its first image to all others, or compute its parity, as when it was made, in the
   * background. If it is active, lvm deactivates it for a moment. lvm also takes its activation skip away, if it has
   * one.
   */
  resync,
  /** Changes how a thin pool treats discards, new blocks, and being full (lvchange(8), lvmthin(7)). */
  thinPool,
  /** Changes mode and policy of a cache, by the cached volume or its cache pool (lvchange(8), lvmcache(7)). */
  cache,
  /** Changes settings of a writecache (lvchange(8), lvmcache(7)). */
  writecache,
  /** Takes all settings of a writecache away, so that the kernel's own count again (lvchange(8)). */
  clearWritecache,
  /**
   * Changes compression, deduplication and settings of a VDO pool, by itself or by its volume (lvchange(8),
   * lvmvdo(7)).
   */
  vdo,
} as const;
