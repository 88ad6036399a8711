import { pvAttributes } from '../attributes.ts';
import { bytes, bytesIfAny, count, countIfAny, decoded, flag, list, pvName, text, word } from './kinds.ts';
import type { More, ValuesOf } from './row.ts';

/** A PV, or with `all` any block device, as `pvs` reports it. Sizes are bytes. */
export interface PvRow extends ValuesOf<typeof pvColumns>, More {}

/** The columns of a PV; the names are those of lvmreport(7) without `pv_`. */
export const pvColumns = {
  /** Metadata format, `lvm2`; null for a device that is no PV. */
  fmt: text('pv_fmt'),
  /** LVM's uuid of the PV; null for a device that is no PV. */
  uuid: text('pv_uuid'),
  /** Size of the device, in bytes. */
  devSize: bytesIfAny('dev_size'),
  /** Path of the device; null if it is missing. */
  name: pvName('pv_name'),
  /** Major number of the device. */
  major: countIfAny('pv_major'),
  /** Minor number of the device. */
  minor: countIfAny('pv_minor'),
  /** Free bytes of the metadata area. */
  mdaFree: bytesIfAny('pv_mda_free'),
  /** Bytes of the smallest metadata area. */
  mdaSize: bytesIfAny('pv_mda_size'),
  /** Version of the header extension. */
  extVsn: countIfAny('pv_ext_vsn'),
  /** Where the data begins on the device, in bytes. */
  peStart: bytesIfAny('pe_start'),
  /** Size of the PV, in bytes. */
  size: bytes('pv_size'),
  /** Unallocated bytes. */
  free: bytes('pv_free'),
  /** Allocated bytes. */
  used: bytes('pv_used'),
  /** The three letters of pvs(8); `attributes` is what they say. */
  attr: word('pv_attr'),
  /** Whether extents may be allocated on it. */
  allocatable: flag('pv_allocatable'),
  /** Whether its group is exported. */
  exported: flag('pv_exported'),
  /** Whether its device is missing. */
  missing: flag('pv_missing'),
  /** Extents. */
  peCount: count('pv_pe_count'),
  /** Allocated extents. */
  peAllocCount: count('pv_pe_alloc_count'),
  /** Tags. */
  tags: list('pv_tags'),
  /** Metadata areas. */
  mdaCount: countIfAny('pv_mda_count'),
  /** Metadata areas in use. */
  mdaUsedCount: countIfAny('pv_mda_used_count'),
  /** Where the bootloader area begins, in bytes. */
  baStart: bytesIfAny('pv_ba_start'),
  /** Size of the bootloader area, in bytes. */
  baSize: bytesIfAny('pv_ba_size'),
  /** Whether it belongs to a group. */
  inUse: flag('pv_in_use'),
  /** Whether it is the one of several copies that lvm did not choose. */
  duplicate: flag('pv_duplicate'),
  /** Device id of the devices file. */
  deviceId: text('pv_device_id'),
  /** Type of that id. */
  deviceIdType: text('pv_device_id_type'),
  /** What `attr` says, letter by letter. */
  attributes: decoded('pv_attr', pvAttributes),
  /** Name of its VG; null if it has none. */
  vgName: text('vg_name'),
} as const;
