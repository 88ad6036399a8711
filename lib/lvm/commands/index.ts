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
export const operations = {
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
} as const;
