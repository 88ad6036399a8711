import type { LvRow } from '../../lvm/columns/lv.ts';
import { groupOf, type LvmState, volumeOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { bytesText, fullStoreSize } from '../snapshot/snapshot-size.ts';
import { chunkOf, overflowRefusal, usedBytes } from '../snapshot/store-room.ts';

/**
 * What is lost if so many bytes are written to a volume that has snapshots, a sentence each. Throws a {@link Refusal}
 * `needs-consent` if a snapshot (`vg/lv`) may overflow that is not allowed to.
 */
export function requireSnapshotRoom(
  state: LvmState,
  target: LvRow,
  size: bigint,
  allowed: readonly string[],
): readonly string[] {
  const endangered = overflowing(state, target, size);
  const others = endangered.filter(({ fullName }) => !allowed.includes(fullName));
  if (others.length > 0)
    throw overflowRefusal(
      `the copy writes ${bytesText(size)} to ${target.fullName}, and its snapshots`,
      others,
    );
  return endangered.map(
    ({ fullName }) => `${fullName}, a snapshot of ${target.fullName}, may overflow, and is lost then.`,
  );
}

/**
 * Throws a {@link Refusal} `not-enough-space` if so many bytes, from the beginning of a thin volume on, may be more than its
 * pool has free.
 */
export function requirePoolRoom(state: LvmState, target: LvRow, size: bigint): void {
  const { vgName, poolLv, segtype, fullName } = target;
  const pool = segtype !== 'thin' || poolLv === null ? undefined : volumeOf(state, `${vgName}/${poolLv}`);
  const used = pool === undefined ? null : usedBytes(pool);
  if (pool === undefined || used === null) return;
  const needed = size - mappedBytes(target, size);
  const free = pool.size - used;
  if (needed <= free) return;
  throw new Refusal(
    'not-enough-space',
    `${fullName} is thin, and the copy takes up to ${bytesText(needed)} more of its pool ${pool.fullName}, which has ${bytesText(free)} free: a pool that is full fails the writes of all its volumes`,
    `Extend the pool (lvextend) by ${bytesText(needed - free)}, or choose another device.`,
  );
}

// As a rollback reckons (measured there): each chunk that is written is copied to the store before, with its record.
function overflowing(state: LvmState, target: LvRow, size: bigint): readonly LvRow[] {
  const { vg, lvs = [] } = groupOf(state, target.vgName) ?? {};
  const extentSize = vg?.extentSize ?? 1n;
  return lvs.filter((row) => {
    const isSnapshot = row.origin === target.name && row.role.includes('thicksnapshot');
    if (!isSnapshot || row.snapshotInvalid === true) return false;
    const chunk = chunkOf(state, row);
    if (row.size >= fullStoreSize({ originSize: target.size, extentSize }, chunk)) return false;
    const used = usedBytes(row);
    return used === null || row.size - used < fullStoreSize({ originSize: size, extentSize: chunk }, chunk);
  });
}

// What of its beginning a thin volume has for sure, by itself: a block that it shares with a snapshot is made anew.
function mappedBytes({ size, dataPercent, role }: LvRow, wanted: bigint): bigint {
  if (dataPercent === null || role.includes('thinorigin') || role.includes('thinsnapshot')) return 0n;
  // Rounded by lvm; a hundred is all of it.
  const hundredths = dataPercent >= 100 ? 10_000 : Math.max(0, Math.floor(dataPercent * 100) - 1);
  const sectors = ((size / 512n) * BigInt(hundredths)) / 10_000n;
  const mapped = sectors * 512n - (size - wanted);
  return mapped > 0n ? mapped : 0n;
}
