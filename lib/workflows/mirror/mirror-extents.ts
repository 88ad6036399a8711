import { sectorSize } from '../../units.ts';

/** What decides how much room a mirror needs besides its data. Sizes are bytes. */
export interface MirrorShape {
  /** Extents of the volume. */
  readonly extents: number;
  readonly extentSize: bigint;
  /** Bytes that are synchronised at once; LVM's default is 2 MiB. */
  readonly regionSize?: bigint | undefined;
}

/** Extents of the metadata of each image of a raid1, as lvm2's `_raid_rmeta_extents` has it (lib/metadata/raid_manip.c). */
export function metadataExtents({ extents, extentSize, regionSize = defaultRegion }: MirrorShape): number {
  const regions = (BigInt(extents) * extentSize) / regionSize;
  const bytes = 2n * 4096n + up(regions, 8n);
  return Number(up(roundUp(bytes, sector), extentSize));
}

/** Extents of a mirror's log on a disk, as lvm2's `_mirror_log_extents` has it (lib/metadata/lv_manip.c). */
export function logExtents({ extents, extentSize, regionSize = defaultRegion }: MirrorShape): number {
  const regions = up(BigInt(extents) * extentSize, regionSize);
  const bytes = logHeader + roundUp(regions, 32n) / 8n;
  return Number(up(roundUp(bytes, sector), extentSize));
}

/** How many extents a volume of so many bytes has: lvm rounds up. */
export function extentsOf(bytes: bigint, extentSize: bigint): number {
  return Number(up(bytes, extentSize));
}

// lvmconfig(5), activation/raid_region_size and mirror_region_size.
const defaultRegion = 2n * 1024n * 1024n;
const sector = BigInt(sectorSize);
// lib/metadata/metadata.h, MIRROR_LOG_OFFSET.
const logHeader = 2n * sector;

function up(value: bigint, unit: bigint): bigint {
  return (value + unit - 1n) / unit;
}

function roundUp(value: bigint, unit: bigint): bigint {
  return up(value, unit) * unit;
}
