import type { LvRow } from '../columns/lv.ts';
import type { Refusal } from '../operation.ts';
import { type Percent, type Size, toBytes } from '../sizes.ts';
import { groupOf, type LvmState, segmentsOf } from '../state.ts';

/** How a size is meant: as the new one, or as what it grows or shrinks by. */
export type Sign = '' | '+' | '-';

/** A volume as it is before its size changes. */
export interface Resized {
  readonly row: LvRow;
  readonly state: LvmState;
}

/**
 * Bytes that the volume is to have, before they are rounded to whole extents; null for a share of the group or of
 * devices, which counts extents with all copies and parity.
 */
export function wantedBytes(size: Size, sign: Sign, { row, state }: Resized): bigint | null {
  const given = absolute(size, { row, state });
  if (given === null || sign === '') return given;
  return sign === '+' ? row.size + given : row.size - given;
}

/** What one more whole stripe takes: so much may the actual size differ from the wanted one, in bytes. */
export function slack({ row, state }: Resized): bigint {
  const stripes = segmentsOf(state, row).map((segment) => segment.dataStripes ?? segment.stripes ?? 1);
  return extentSize(state, row) * BigInt(Math.max(1, ...stripes));
}

/** Why the volume cannot be resized to any use: an overflowed snapshot stays as it is, and lvm says it is done. */
export function refuseInvalid(row: LvRow | undefined): Refusal | null {
  if (row?.snapshotInvalid !== true) return null;
  return {
    reason: 'snapshot-invalid',
    message: `the snapshot ${row.fullName} overflowed and no size brings back what it held`,
  };
}

/**
 * Why a volume cannot be enlarged: {@link refuseInvalid}, or a mirror that was never synchronised and is inactive, of
 * which lvm asks whether to synchronise its new part, and does not take even `--yes` for an answer.
 */
export function refuseEnlargement(row: LvRow | undefined): Refusal | null {
  const type = row?.attributes.volumeType;
  const never = type === 'mirrored-without-initial-sync' || type === 'raid-without-initial-sync';
  if (row === undefined || row.active !== false || !never) return refuseInvalid(row);
  const message = `${row.fullName} was never synchronised, and lvm enlarges such a volume only while it is active`;
  return { reason: 'not-active', message };
}

/**
 * Why a snapshot cannot be made so small: what it holds would not fit, and it would be lost, as lvm2 lets happen up to
 * 2.03.38.
 */
export function refuseOverflow(wanted: bigint | null, { row, state }: Resized): Refusal | null {
  if (!row.role.includes('thicksnapshot') || (wanted !== null && wanted >= row.size)) return null;
  if (row.dataPercent === null)
    return {
      reason: 'not-active',
      message: `how full the snapshot ${row.fullName} is cannot be seen while it is inactive`,
    };
  if (wanted === null)
    return {
      reason: 'size-invalid',
      message: `what the snapshot ${row.fullName} would have cannot be foreseen; give bytes or extents`,
    };
  // Hundredths of a percent, rounded up.
  const used = (row.size * BigInt(Math.ceil(row.dataPercent * 100) + 1)) / 10_000n;
  const extent = extentSize(state, row);
  const rounded = ((wanted + extent - 1n) / extent) * extent;
  if (used <= rounded) return null;
  return {
    reason: 'size-invalid',
    message: `the snapshot ${row.fullName} holds ${used} bytes, which would not fit into ${rounded}`,
  };
}

function absolute(size: Size, resized: Resized): bigint | null {
  if (typeof size !== 'object') return toBytes('size', size);
  if (size.extents !== undefined) return BigInt(size.extents) * extentSize(resized.state, resized.row);
  return share(size, resized.row);
}

function share({ percent, of }: Percent, { originSize }: LvRow): bigint | null {
  return of === 'ORIGIN' && originSize !== null ? (originSize * BigInt(percent)) / 100n : null;
}

function extentSize(state: LvmState, { vgName }: LvRow): bigint {
  return groupOf(state, vgName)?.vg.extentSize ?? 1n;
}
