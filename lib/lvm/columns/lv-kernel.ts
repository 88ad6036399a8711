import { isKernelKnown, lvAttributes } from '../attributes.ts';
import { bytesIfAny, countIfAny, decoded, flag, list, percent, text, word } from './kinds.ts';

/** The columns of an LV that lvm asks the kernel for (`Logical Volume Device Info` and `Status` of lvmreport(7)). */
export const lvKernelColumns = {
  /** Major number of the device; null if not active. */
  kernelMajor: countIfAny('lv_kernel_major'),
  /** Minor number of the device; null if not active. */
  kernelMinor: countIfAny('lv_kernel_minor'),
  /** Read-ahead in use, in bytes. */
  kernelReadAhead: bytesIfAny('lv_kernel_read_ahead'),
  /** `writeable`, `read-only`, `read-only-override`, or `unknown` if not active. */
  permissions: text('lv_permissions'),
  /** Whether the device is suspended. */
  suspended: flag('lv_suspended'),
  /** Whether it has a live table. */
  liveTable: flag('lv_live_table'),
  /** Whether it has an inactive table. */
  inactiveTable: flag('lv_inactive_table'),
  /** Whether something has it open. */
  deviceOpen: flag('lv_device_open'),
  /** Snapshot, pool, thin or cached LV: how full, in percent; an overfull snapshot has more than 100. */
  dataPercent: percent('data_percent'),
  /** Snapshot: how full, in percent. */
  snapPercent: percent('snap_percent'),
  /** Pool: how full its metadata is, in percent. */
  metadataPercent: percent('metadata_percent'),
  /** Mirror, RAID, pvmove: how much is in sync; cache: how much is dirty; in percent. */
  copyPercent: percent('copy_percent'),
  /** Cache: blocks. */
  cacheTotalBlocks: countIfAny('cache_total_blocks'),
  /** Cache: blocks in use. */
  cacheUsedBlocks: countIfAny('cache_used_blocks'),
  /** Cache: blocks not yet written back. */
  cacheDirtyBlocks: countIfAny('cache_dirty_blocks'),
  /** Cache: reads answered by it. */
  cacheReadHits: countIfAny('cache_read_hits'),
  /** Cache: reads not answered by it. */
  cacheReadMisses: countIfAny('cache_read_misses'),
  /** Cache: writes to blocks in it. */
  cacheWriteHits: countIfAny('cache_write_hits'),
  /** Cache: writes to blocks not in it. */
  cacheWriteMisses: countIfAny('cache_write_misses'),
  /** Cache: blocks moved into it (not before lvm 2.03.17). */
  cachePromotions: countIfAny('cache_promotions'),
  /** Cache: blocks moved out of it (not before lvm 2.03.17). */
  cacheDemotions: countIfAny('cache_demotions'),
  /** Cache: the policy's settings in the kernel, `key=value`. */
  kernelCacheSettings: list('kernel_cache_settings'),
  /** Cache: policy in the kernel. */
  kernelCachePolicy: text('kernel_cache_policy'),
  /** Cache: metadata format in the kernel. */
  kernelMetadataFormat: countIfAny('kernel_metadata_format'),
  /** Cache: mode in the kernel (not before lvm 2.03.17). */
  kernelCacheMode: text('kernel_cache_mode'),
  /** `partial`, `refresh needed`, `repair needed`, `mismatches exist`, `failed`...; null says nothing, see `attributes`. */
  healthStatus: text('lv_health_status'),
  /** Thin pool: what the kernel does with discards. */
  kernelDiscards: text('kernel_discards'),
  /** Thin pool or cache: whether its metadata needs a check. */
  checkNeeded: flag('lv_check_needed'),
  /** Snapshot: whether its merge failed. */
  mergeFailed: flag('lv_merge_failed'),
  /** Snapshot: whether it is invalid. */
  snapshotInvalid: flag('lv_snapshot_invalid'),
  /** VDO pool: operating mode. */
  vdoOperatingMode: text('vdo_operating_mode'),
  /** VDO pool: whether compression runs. */
  vdoCompressionState: text('vdo_compression_state'),
  /** VDO pool: state of the index. */
  vdoIndexState: text('vdo_index_state'),
  /** VDO pool: bytes in use. */
  vdoUsedSize: countIfAny('vdo_used_size'),
  /** VDO pool: space saved, in percent. */
  vdoSavingPercent: countIfAny('vdo_saving_percent'),
  /** Writecache: blocks. */
  writecacheTotalBlocks: countIfAny('writecache_total_blocks'),
  /** Writecache: free blocks. */
  writecacheFreeBlocks: countIfAny('writecache_free_blocks'),
  /** Writecache: blocks being written back. */
  writecacheWritebackBlocks: countIfAny('writecache_writeback_blocks'),
  /** Writecache: errors. */
  writecacheError: countIfAny('writecache_error'),
  /** The ten letters of lvs(8); `attributes` is what they say. */
  attr: word('lv_attr'),
  /** What `attr` says, letter by letter. */
  attributes: decoded('lv_attr', lvAttributes),
  /** False if lvm could not ask device-mapper (no privilege, `readonly`): what is of the kernel is not known then. */
  kernelKnown: decoded('lv_attr', isKernelKnown),
} as const;
