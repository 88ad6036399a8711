import { vgAttributes } from '../attributes.ts';
import { bytes, bytesIfAny, copies, count, countIfAny, decoded, flag, list, text, word } from './kinds.ts';
import type { More, ValuesOf } from './row.ts';

/** A VG, as `vgs` reports it. Sizes are bytes. */
export interface VgRow extends ValuesOf<typeof vgColumns>, More {}

/** The columns of a VG; the names are those of lvmreport(7) without `vg_`. */
export const vgColumns = {
  /** Metadata format, `lvm2`. */
  fmt: text('vg_fmt'),
  /** LVM's uuid of the VG. */
  uuid: word('vg_uuid'),
  /** Name. */
  name: word('vg_name'),
  /** The letters of vgs(8); `attributes` is what they say. */
  attr: word('vg_attr'),
  /** `writeable` or `read-only`. */
  permissions: text('vg_permissions'),
  /** Whether PVs may be added. */
  extendable: flag('vg_extendable'),
  /** Whether it is exported. */
  exported: flag('vg_exported'),
  /** Whether its LVs are activated at boot. */
  autoactivation: flag('vg_autoactivation'),
  /** Whether PVs are missing. */
  partial: flag('vg_partial'),
  /** `normal`, `contiguous`, `cling`, `anywhere`. */
  allocationPolicy: text('vg_allocation_policy'),
  /** Whether it is of a cluster (clvmd). */
  clustered: flag('vg_clustered'),
  /** Whether it is shared (lvmlockd). */
  shared: flag('vg_shared'),
  /** Size in bytes. */
  size: bytes('vg_size'),
  /** Unallocated bytes. */
  free: bytes('vg_free'),
  /** System id of the host that owns it. */
  systemid: text('vg_systemid'),
  /** Lock type of lvmlockd. */
  lockType: text('vg_lock_type'),
  /** Lock arguments of lvmlockd. */
  lockArgs: text('vg_lock_args'),
  /** Persistent reservation as set (not before lvm 2.03.17). */
  persist: text('vg_persist'),
  /** Persistent reservation as it is (not before lvm 2.03.17). */
  pr: text('vg_pr'),
  /** Bytes of an extent. */
  extentSize: bytes('vg_extent_size'),
  /** Extents. */
  extentCount: count('vg_extent_count'),
  /** Unallocated extents. */
  freeCount: count('vg_free_count'),
  /** Most LVs it may have; 0: any number. */
  maxLv: count('max_lv'),
  /** Most PVs it may have; 0: any number. */
  maxPv: count('max_pv'),
  /** PVs. */
  pvCount: count('pv_count'),
  /** PVs whose device is missing. */
  missingPvCount: count('vg_missing_pv_count'),
  /** LVs that are visible. */
  lvCount: count('lv_count'),
  /** Snapshots (not thin ones). */
  snapCount: count('snap_count'),
  /** Revision of the metadata: each change adds one. */
  seqno: count('vg_seqno'),
  /** Tags. */
  tags: list('vg_tags'),
  /** Metadata profile attached. */
  profile: text('vg_profile'),
  /** Metadata areas. */
  mdaCount: countIfAny('vg_mda_count'),
  /** Metadata areas in use. */
  mdaUsedCount: countIfAny('vg_mda_used_count'),
  /** Free bytes of the metadata areas. */
  mdaFree: bytesIfAny('vg_mda_free'),
  /** Bytes of the smallest metadata area. */
  mdaSize: bytesIfAny('vg_mda_size'),
  /** Metadata areas to be in use, or `unmanaged`. */
  mdaCopies: copies('vg_mda_copies'),
  /** What `attr` says, letter by letter. */
  attributes: decoded('vg_attr', vgAttributes),
} as const;
