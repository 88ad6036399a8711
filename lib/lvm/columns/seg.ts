import {
  bytes,
  bytesIfAny,
  count,
  countIfAny,
  extentRanges,
  extents,
  flag,
  list,
  lvName,
  text,
  word,
} from './kinds.ts';
import type { More, ValuesOf } from './row.ts';

/** A segment of an LV, as `lvs --segments` reports it. Sizes are bytes. */
export interface SegRow extends ValuesOf<typeof segColumns>, More {}

/** The columns of a segment; the names are those of lvmreport(7) without `seg_`. */
export const segColumns = {
  /** Type of the segment, as in `lvcreate --type`; of a snapshot that of its COW store. */
  segtype: word('segtype'),
  /** Stripes, or legs of a mirror or RAID. */
  stripes: countIfAny('stripes'),
  /** Stripes that hold data, or legs. */
  dataStripes: countIfAny('data_stripes'),
  /** Space for an out-of-place reshape, in bytes. */
  reshapeLen: bytesIfAny('reshape_len'),
  /** The same in extents. */
  reshapeLenLe: countIfAny('reshape_len_le'),
  /** Copies of the data; 1 for a mirror too (lvm counts RAID only). */
  dataCopies: countIfAny('data_copies'),
  /** Where the data begins on each image, in sectors. */
  dataOffset: countIfAny('data_offset'),
  /** The same after the reshape that goes on. */
  newDataOffset: countIfAny('new_data_offset'),
  /** Chunks of parity. */
  parityChunks: countIfAny('parity_chunks'),
  /** Bytes on one device before the next; 0 if not striped. */
  stripeSize: bytesIfAny('stripe_size'),
  /** Mirror or RAID: bytes that are synchronised at once. */
  regionSize: bytesIfAny('region_size'),
  /** Snapshot, pool, cache: bytes of a chunk; 0 if there are none. */
  chunkSize: bytesIfAny('chunk_size'),
  /** Thin pool: thin LVs in it. */
  thinCount: countIfAny('thin_count'),
  /** Thin pool: `passdown`, `nopassdown`, `ignore`. */
  discards: text('discards'),
  /** Cache: metadata format. */
  cacheMetadataFormat: countIfAny('cache_metadata_format'),
  /** Cache: `writethrough`, `writeback`, `passthrough`. */
  cacheMode: text('cache_mode'),
  /** Thin pool or thin LV: whether new blocks are zeroed. */
  zero: flag('zero'),
  /** Thin pool: transaction id; thin LV: that of its making. */
  transactionId: countIfAny('transaction_id'),
  /** Thin LV: its id in the pool. */
  thinId: countIfAny('thin_id'),
  /** Where it begins in the LV, in bytes. */
  start: bytes('seg_start'),
  /** The same in extents. */
  startPe: count('seg_start_pe'),
  /** Size in bytes. */
  size: bytes('seg_size'),
  /** Size in extents. */
  sizePe: count('seg_size_pe'),
  /** Tags. */
  tags: list('seg_tags'),
  /** Extents that it occupies, of PVs or of the LVs below it. */
  peRanges: extentRanges('seg_pe_ranges'),
  /** The same, LVs named as LVs. */
  leRanges: extentRanges('seg_le_ranges'),
  /** RAID: extents of the metadata LVs below it. */
  metadataLeRanges: extentRanges('seg_metadata_le_ranges'),
  /** PVs or LVs that it stands on, and from which extent. */
  devices: extents('devices'),
  /** RAID: LVs of its metadata. */
  metadataDevices: extents('metadata_devices'),
  /** `monitored`, `not monitored` by dmeventd; null if it cannot be. */
  monitor: text('seg_monitor'),
  /** Cache: policy. */
  cachePolicy: text('cache_policy'),
  /** Cache: the policy's settings, `key=value`. */
  cacheSettings: list('cache_settings'),
  /** Integrity: settings, `key=value` (not before lvm 2.03.17). */
  integritySettings: list('integrity_settings'),
  /** VDO pool: whether compression is on. */
  vdoCompression: flag('vdo_compression'),
  /** VDO pool: whether deduplication is on. */
  vdoDeduplication: flag('vdo_deduplication'),
  /** VDO pool: least size of an I/O, in bytes. */
  vdoMinimumIoSize: countIfAny('vdo_minimum_io_size'),
  /** VDO pool: cache of the block map, in bytes. */
  vdoBlockMapCacheSize: bytesIfAny('vdo_block_map_cache_size'),
  /** VDO pool: era length of the block map. */
  vdoBlockMapEraLength: countIfAny('vdo_block_map_era_length'),
  /** VDO pool: whether the index is sparse. */
  vdoUseSparseIndex: flag('vdo_use_sparse_index'),
  /** VDO pool: memory of the index, in bytes. */
  vdoIndexMemorySize: bytesIfAny('vdo_index_memory_size'),
  /** VDO pool: bytes of a slab. */
  vdoSlabSize: bytesIfAny('vdo_slab_size'),
  /** VDO pool: threads that acknowledge. */
  vdoAckThreads: countIfAny('vdo_ack_threads'),
  /** VDO pool: threads that submit I/O. */
  vdoBioThreads: countIfAny('vdo_bio_threads'),
  /** VDO pool: I/Os to a thread before the next. */
  vdoBioRotation: countIfAny('vdo_bio_rotation'),
  /** VDO pool: threads that compress and hash. */
  vdoCpuThreads: countIfAny('vdo_cpu_threads'),
  /** VDO pool: threads of hash zones. */
  vdoHashZoneThreads: countIfAny('vdo_hash_zone_threads'),
  /** VDO pool: threads of logical zones. */
  vdoLogicalThreads: countIfAny('vdo_logical_threads'),
  /** VDO pool: threads of physical zones. */
  vdoPhysicalThreads: countIfAny('vdo_physical_threads'),
  /** VDO pool: greatest discard, in blocks of 4 KiB. */
  vdoMaxDiscard: countIfAny('vdo_max_discard'),
  /** VDO pool: bytes before the data of the LV. */
  vdoHeaderSize: bytesIfAny('vdo_header_size'),
  /** VDO pool: whether writes carry REQ_SYNC (older lvm). */
  vdoUseMetadataHints: flag('vdo_use_metadata_hints'),
  /** VDO pool: write policy (older lvm). */
  vdoWritePolicy: text('vdo_write_policy'),
  /** Name of its LV, without brackets. */
  lvName: lvName('lv_name'),
  /** Uuid of its LV. */
  lvUuid: word('lv_uuid'),
  /** Name of its VG. */
  vgName: word('vg_name'),
} as const;
