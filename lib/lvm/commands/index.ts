import { lvchange } from './lvchange.ts';
import { lvconvert } from './lvconvert.ts';
import { lvcreate } from './lvcreate.ts';
import { lvextend } from './lvextend.ts';
import { lvmconfig } from './lvmconfig.ts';
import { lvmdiskscan } from './lvmdiskscan.ts';
import { lvreduce } from './lvreduce.ts';
import { lvremove } from './lvremove.ts';
import { lvrename } from './lvrename.ts';
import { lvresize } from './lvresize.ts';
import { lvscan } from './lvscan.ts';
import { pvchange } from './pvchange.ts';
import { pvck } from './pvck.ts';
import { pvcreate } from './pvcreate.ts';
import { pvmove, pvmoveAbort } from './pvmove.ts';
import { pvremove } from './pvremove.ts';
import { pvresize } from './pvresize.ts';
import { vgcfgbackup } from './vgcfgbackup.ts';
import { vgcfgrestore } from './vgcfgrestore.ts';
import { vgchange } from './vgchange.ts';
import { vgck } from './vgck.ts';
import { vgcreate } from './vgcreate.ts';
import { vgexport, vgimport } from './vgexport.ts';
import { vgextend } from './vgextend.ts';
import { vgimportclone } from './vgimportclone.ts';
import { vgmerge } from './vgmerge.ts';
import { vgreduce } from './vgreduce.ts';
import { vgremove } from './vgremove.ts';
import { vgrename } from './vgrename.ts';
import { vgmknodes, vgscan } from './vgscan.ts';
import { vgsplit } from './vgsplit.ts';

/** All operations by the names of their functions: LVM's own commands, and in them one function a form. */
export type Operations = {
  /** Every form of lvconvert(8), a function each. */
  readonly lvconvert: typeof lvconvert;
  /** lvcreate(8), one function for each type of volume, so that lvm never chooses one. */
  readonly lvcreate: typeof lvcreate;
  /** Changes what physical volumes are used for, and their tags (pvchange(8)). */
  readonly pvchange: typeof pvchange;
  /** Looks at the metadata on devices, without changing anything (pvck(8)). */
  readonly pvck: typeof pvck;
  /** Makes devices physical volumes, as pvcreate(8) does. What was on them is lost. */
  readonly pvcreate: typeof pvcreate;
  /**
   * Begins to move extents from a device to others of its group, while they are in use (pvmove(8)). The promise ends
   * when it has begun; `pvmove.job` waits for its end.
   */
  readonly pvmove: typeof pvmove;
  /** Ends the moves from a device, and gives back what has not arrived; the rest of a move without `atomic` stays. */
  readonly pvmoveAbort: typeof pvmoveAbort;
  /** Wipes the label of physical volumes, so that lvm does not know the devices any more (pvremove(8)). */
  readonly pvremove: typeof pvremove;
  /** Fits physical volumes to the size of their devices, or to a given one (pvresize(8)). */
  readonly pvresize: typeof pvresize;
  /** Writes the metadata of groups to files (vgcfgbackup(8)). */
  readonly vgcfgbackup: typeof vgcfgbackup;
  /** vgcfgrestore(8), one operation a form. */
  readonly vgcfgrestore: typeof vgcfgrestore;
  /** vgchange(8), one operation a form. */
  readonly vgchange: typeof vgchange;
  /** vgck(8), one operation a form. */
  readonly vgck: typeof vgck;
  /** Makes a volume group of devices, as vgcreate(8) does. */
  readonly vgcreate: typeof vgcreate;
  /** Hides inactive groups from this host's commands, so that their devices can go to another host (vgexport(8)). */
  readonly vgexport: typeof vgexport;
  /** Makes exported groups known (vgimport(8)). */
  readonly vgimport: typeof vgimport;
  /** Adds devices to a volume group, or takes missing ones back (vgextend(8)). */
  readonly vgextend: typeof vgextend;
  /**
   * Gives copies of a group's devices, such as those of a storage system's snapshot, a group of their own with new
   * uuids (vgimportclone(8)). All devices of the group have to be named.
   */
  readonly vgimportclone: typeof vgimportclone;
  /** Merges another group, with all its devices and volumes, into a group (vgmerge(8)). */
  readonly vgmerge: typeof vgmerge;
  /** vgreduce(8), one operation a form. */
  readonly vgreduce: typeof vgreduce;
  /** Removes a volume group; its devices stay physical volumes (vgremove(8)). */
  readonly vgremove: typeof vgremove;
  /** Renames a volume group, named by its name or, where two have the same, its uuid (vgrename(8)). */
  readonly vgrename: typeof vgrename;
  /** Looks for volume groups on all devices (vgscan(8)). */
  readonly vgscan: typeof vgscan;
  /** Makes device nodes below /dev that are missing, and removes those that should not be (vgmknodes(8)). */
  readonly vgmknodes: typeof vgmknodes;
  /** vgsplit(8), one operation a form. */
  readonly vgsplit: typeof vgsplit;
  /** lvchange(8): one function for each thing that it does, and for the attributes of each type of volume. */
  readonly lvchange: typeof lvchange;
  /** lvextend(8): one function for each way to say how large. */
  readonly lvextend: typeof lvextend;
  /** Shows lvm's settings (lvmconfig(8)). */
  readonly lvmconfig: typeof lvmconfig;
  /** Lists the block devices that lvm may use (lvmdiskscan(8)). */
  readonly lvmdiskscan: typeof lvmdiskscan;
  /** lvreduce(8): one function for each way to say how small. */
  readonly lvreduce: typeof lvreduce;
  /**
   * Removes volumes, active or not, with all that is on them (lvremove(8)). What is open or mounted stays; lvm tries
   * that for 5 s. Removes all it can, and rejects if one is left.
   */
  readonly lvremove: typeof lvremove;
  /** Gives a volume another name; its device and those of its parts are renamed while in use (lvrename(8)). */
  readonly lvrename: typeof lvrename;
  /** lvresize(8): one function for each way to say how large. What concerns a pool's metadata is in lvextend. */
  readonly lvresize: typeof lvresize;
  /** Lists the volumes of all groups (lvscan(8)). */
  readonly lvscan: typeof lvscan;
};

/** The operations themselves. */
export const operations: Operations = {
  lvconvert,
  lvcreate,
  pvchange,
  pvck,
  pvcreate,
  pvmove,
  pvmoveAbort,
  pvremove,
  pvresize,
  vgcfgbackup,
  vgcfgrestore,
  vgchange,
  vgck,
  vgcreate,
  vgexport,
  vgimport,
  vgextend,
  vgimportclone,
  vgmerge,
  vgreduce,
  vgremove,
  vgrename,
  vgscan,
  vgmknodes,
  vgsplit,
  lvchange,
  lvextend,
  lvmconfig,
  lvmdiskscan,
  lvreduce,
  lvremove,
  lvrename,
  lvresize,
  lvscan,
};
