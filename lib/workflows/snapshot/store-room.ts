import type { LvRow } from '../../lvm/columns/lv.ts';
import { type LvmState, segmentsOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { bytesText } from './snapshot-size.ts';

/** Bytes of a snapshot's store in use, in whole sectors; null if it is not active, so that nobody tells. */
export function usedBytes({ size, dataPercent }: LvRow): bigint | null {
  if (dataPercent === null) return null;
  const sectors = ((size / 512n) * BigInt(Math.ceil(dataPercent * 100)) + 9_999n) / 10_000n;
  return sectors * 512n;
}

/** Bytes of a chunk of a snapshot's store; lvm's default, 4096, if it is not told. Pure. */
export function chunkOf(state: LvmState, row: LvRow): bigint {
  const chunk = segmentsOf(state, row)[0]?.chunkSize ?? null;
  return chunk === null || chunk <= 0n ? 4096n : chunk;
}

/** The refusal of what may overflow these snapshots; `writer` says in words who writes, and that snapshots are there. */
export function overflowRefusal(writer: string, snapshots: readonly LvRow[]): Refusal {
  const stores = snapshots.map((row) => {
    const used = usedBytes(row);
    return `${row.fullName} has ${used === null ? bytesText(row.size) : `${bytesText(row.size - used)} free`}`;
  });
  const names = snapshots.map(({ fullName }) => fullName);
  return new Refusal(
    'needs-consent',
    `${writer} keep what was there before: ${stores.join(', ')}, and may overflow, which loses them`,
    `Extend them (lvextend), remove them, or allow it: allowOverflow ${JSON.stringify(names)}.`,
  );
}
