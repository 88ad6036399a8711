import {
  activity,
  bytes,
  bytesIfAny,
  count,
  countIfAny,
  flag,
  isHidden,
  list,
  lvName,
  lvNames,
  lvReference,
  optionalWord,
  pvName,
  readAhead,
  text,
  time,
  word,
} from './kinds.ts';
import { lvKernelColumns } from './lv-kernel.ts';
import type { More, ValuesOf } from './row.ts';

/** An LV, as `lvs` reports it. Sizes are bytes. */
export interface LvRow extends ValuesOf<typeof lvColumns>, More {}

/** The columns of an LV that come from the metadata, and all others; the names are those of lvmreport(7) without `lv_`. */
export const lvColumns = {
  /** LVM's uuid of the LV. */
  uuid: word('lv_uuid'),
  /** Name, without brackets. */
  name: lvName('lv_name'),
  /** `vg/lv`. */
  fullName: lvName('lv_full_name'),
  /** `/dev/vg/lv`; null for internal LVs. Without udev the link may not be there. */
  path: text('lv_path'),
  /** `/dev/mapper/...`, escapes included. */
  dmPath: text('lv_dm_path'),
  /** The LV that this one is a component of. */
  parent: lvReference('lv_parent'),
  /** What it is made of, general to special: `raid`, `raid1`; `thin`, `pool`; `linear`. */
  layout: list('lv_layout'),
  /** What it is for: `public`, or `private` and more such as `raid`, `image`. */
  role: list('lv_role'),
  /** Mirror or RAID: whether the first synchronisation was done. */
  initialImageSync: flag('lv_initial_image_sync'),
  /** Image of a mirror or RAID: whether it is in sync. */
  imageSynced: flag('lv_image_synced'),
  /** Whether the snapshot is being merged, or to be merged, into its origin. */
  merging: flag('lv_merging'),
  /** Whether a conversion goes on. */
  converting: flag('lv_converting'),
  /** `inherit`, `normal`, `contiguous`, `cling`, `anywhere`. */
  allocationPolicy: text('lv_allocation_policy'),
  /** Whether its allocation is locked, as during a pvmove. */
  allocationLocked: flag('lv_allocation_locked'),
  /** Whether its minor number is persistent. */
  fixedMinor: flag('lv_fixed_minor'),
  /** Whether activation skips it (`lvchange -ay` needs `-K`). */
  skipActivation: flag('lv_skip_activation'),
  /** Whether it is activated at boot. */
  autoactivation: flag('lv_autoactivation'),
  /** Thin pool: `queue` or `error`. */
  whenFull: text('lv_when_full'),
  /** Whether it is active; null if lvm could not tell. */
  active: activity('lv_active'),
  /** Whether it is active on this host. */
  activeLocally: flag('lv_active_locally'),
  /** Whether it is active on another host (lvmlockd). */
  activeRemotely: flag('lv_active_remotely'),
  /** Whether it is active here only. */
  activeExclusively: flag('lv_active_exclusively'),
  /** Persistent major number; null if none. */
  major: countIfAny('lv_major'),
  /** Persistent minor number; null if none. */
  minor: countIfAny('lv_minor'),
  /** Read-ahead as configured, in bytes, or `auto`. */
  readAhead: readAhead('lv_read_ahead'),
  /** Size in bytes. */
  size: bytes('lv_size'),
  /** Thin or cache pool: size of its metadata LV, in bytes. */
  metadataSize: bytesIfAny('lv_metadata_size'),
  /** How many segments it has. */
  segCount: count('seg_count'),
  /** Snapshot, thin snapshot or cached LV: what it was made of. */
  origin: lvReference('origin'),
  /** Uuid of that. */
  originUuid: text('origin_uuid'),
  /** Snapshot or its origin: size of the origin, in bytes. */
  originSize: bytesIfAny('origin_size'),
  /** What it was made of, and what that was made of. */
  ancestors: lvNames('lv_ancestors'),
  /** The same with LVs that were removed, where history is kept. */
  fullAncestors: lvNames('lv_full_ancestors'),
  /** What was made of it. */
  descendants: lvNames('lv_descendants'),
  /** The same with LVs that were removed, where history is kept. */
  fullDescendants: lvNames('lv_full_descendants'),
  /** RAID: sectors that the last check found to differ, or repaired. */
  raidMismatchCount: countIfAny('raid_mismatch_count'),
  /** RAID: `idle`, `resync`, `recover`, `check`, `repair`, `reshape`, `frozen`. */
  raidSyncAction: text('raid_sync_action'),
  /** RAID1: writes that may be outstanding on write-mostly devices. */
  raidWriteBehind: countIfAny('raid_write_behind'),
  /** RAID: least speed of recovery, KiB/s a device. */
  raidMinRecoveryRate: countIfAny('raid_min_recovery_rate'),
  /** RAID: greatest speed of recovery, KiB/s a device. */
  raidMaxRecoveryRate: countIfAny('raid_max_recovery_rate'),
  /** RAID with integrity: `journal` or `bitmap`. */
  raidintegritymode: text('raidintegritymode'),
  /** RAID with integrity: block size in bytes. */
  raidintegrityblocksize: countIfAny('raidintegrityblocksize'),
  /** RAID image with integrity: mismatches found. */
  integritymismatches: countIfAny('integritymismatches'),
  /** LV of a pvmove: the device that is emptied. */
  movePv: pvName('move_pv'),
  /** LV of a pvmove: uuid of the PV that is emptied. */
  movePvUuid: text('move_pv_uuid'),
  /** Mirror under conversion: the temporary LV. */
  convertLv: lvReference('convert_lv'),
  /** Uuid of that. */
  convertLvUuid: text('convert_lv_uuid'),
  /** Mirror: the LV of its log. */
  mirrorLog: lvReference('mirror_log'),
  /** Uuid of that. */
  mirrorLogUuid: text('mirror_log_uuid'),
  /** Pool: the LV of its data. */
  dataLv: lvReference('data_lv'),
  /** Uuid of that. */
  dataLvUuid: text('data_lv_uuid'),
  /** Thin or cache pool: the LV of its metadata. */
  metadataLv: lvReference('metadata_lv'),
  /** Uuid of that. */
  metadataLvUuid: text('metadata_lv_uuid'),
  /** Thin, cached or VDO LV: its pool. */
  poolLv: lvReference('pool_lv'),
  /** Uuid of that. */
  poolLvUuid: text('pool_lv_uuid'),
  /** Tags. */
  tags: list('lv_tags'),
  /** Metadata profile attached. */
  profile: text('lv_profile'),
  /** Lock arguments of lvmlockd. */
  lockargs: text('lv_lockargs'),
  /** When it was made. */
  time: time('lv_time'),
  /** When it was removed, of a historical LV. */
  timeRemoved: time('lv_time_removed'),
  /** Host that made it. */
  host: text('lv_host'),
  /** Kernel modules that it needs. */
  modules: list('lv_modules'),
  /** Whether only its record is left. */
  historical: flag('lv_historical'),
  /** Writecache: block size in bytes. */
  writecacheBlockSize: countIfAny('writecache_block_size'),
  /** Whether it is for internal use, so that lvs shows it only with `--all`. */
  hidden: isHidden('lv_name'),
  /** Type of its first segment, as in `lvcreate --type`; of a snapshot that of its COW store. `''` if it has none. */
  segtype: optionalWord('segtype'),
  /** Name of its VG. */
  vgName: word('vg_name'),
  /** Uuid of its VG. */
  vgUuid: word('vg_uuid'),
  ...lvKernelColumns,
} as const;
