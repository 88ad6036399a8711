import type { LvRow } from '../../lvm/columns/lv.ts';
import { groupOf, type LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { bytesText, fullStoreSize } from '../snapshot/snapshot-size.ts';
import { chunkOf, overflowRefusal, usedBytes } from '../snapshot/store-room.ts';
import { inUse, type Sight } from './rollback-kernel.ts';
import { isScheduled, type Pair, siblingsOf } from './rollback-pairs.ts';

/** A pair with what the kernel says of it. */
export interface SeenPair extends Pair {
  readonly sight: Sight;
}

/** What of the options decides whether it can be done. */
export interface CheckOptions {
  readonly whenOpen: 'refuse' | 'defer';
  /** Whether there is a callback that unmounts. */
  readonly unmounts: boolean;
  /** `vg/lv` of other snapshots that may overflow. */
  readonly allowOverflow: readonly string[];
}

/** Throws a {@link Refusal} unless what is left to do of this pair can be done. */
export function requireMergeable(state: LvmState, pair: SeenPair, options: CheckOptions): void {
  const { phase, sight, origin, snapshot } = pair;
  if (phase === 'gone') return;
  if (sight.invalid) throw overflowed(pair);
  if (sight.failed)
    throw new Refusal(
      'failed',
      `the merge of ${snapshot} into ${origin} has stopped, as a disk refused a write`,
      `Look at the disks (dmesg). When they work again, deactivate and activate ${origin}, and call again.`,
    );
  if (sight.merging) return;
  const merging = siblingsOf(state, pair).find(isScheduled);
  if (merging !== undefined)
    throw new Refusal(
      'busy',
      `${merging.fullName} is being merged into ${origin}`,
      `Wait for its end: call rollback of ${merging.fullName}.`,
    );
  requireAllDevices(state, pair);
  requireRoom(state, pair, options.allowOverflow);
  if (options.whenOpen === 'refuse' && !options.unmounts && sight.users.length > 0)
    throw inUse(pair, sight.users);
}

/** The {@link Refusal} of a snapshot that holds nothing any more. */
export function overflowed({ origin, snapshot, snapshotRow, sight, phase }: SeenPair): Refusal {
  const size = snapshotRow === null ? '' : ` of ${bytesText(snapshotRow.size)}`;
  if (phase === 'present')
    return new Refusal(
      'overflowed',
      `${snapshot} is lost, as its store${size} was full or failed, so ${origin} cannot be rolled back`,
      `${origin} is as it is; remove the snapshot: lvremove --yes ${snapshot}.`,
    );
  const begin = sight.merging ? '' : `, while nobody uses ${origin}, lvchange --refresh ${origin}, then`;
  return new Refusal(
    'overflowed',
    `the merge of ${snapshot} will not begin, as its store${size} was full or failed before; ${origin} keeps what it has`,
    `Remove the snapshot:${begin} lvremove --yes ${snapshot}.`,
  );
}

/**
 * The other snapshots of the origin whose store is too small for what the merge writes to the origin: they overflow
 * (measured: 20 MiB were merged, and another snapshot with 12 MiB was invalid). Those that did already are none.
 */
export function endangered(state: LvmState, pair: Pair): readonly LvRow[] {
  if (pair.isThin || pair.snapshotRow === null) return [];
  const extentSize = groupOf(state, pair.originRow.vgName)?.vg.extentSize ?? 0n;
  const written = usedBytes(pair.snapshotRow) ?? pair.snapshotRow.size;
  const ownChunk = chunkOf(state, pair.snapshotRow);
  return siblingsOf(state, pair).filter((row) => {
    if (row.snapshotInvalid === true || row.role.includes('thinsnapshot')) return false;
    const chunk = chunkOf(state, row);
    if (extentSize > 0n && row.size >= fullStoreSize({ originSize: pair.originRow.size, extentSize }, chunk))
      return false;
    // A chunk that is written copies all of the other's chunk; a hundredth more is for the records of the chunks.
    const copied = chunk > ownChunk ? (written * chunk) / ownChunk : written;
    const used = usedBytes(row);
    return used === null || row.size - used < copied + copied / 100n + 4n * chunk;
  });
}

function requireRoom(state: LvmState, pair: Pair, allowed: readonly string[]): void {
  const others = endangered(state, pair).filter(({ fullName }) => !allowed.includes(fullName));
  if (others.length === 0) return;
  const { snapshot, origin, snapshotRow } = pair;
  const used = snapshotRow === null ? null : usedBytes(snapshotRow);
  const amount = used === null ? 'what is merged' : bytesText(used);
  throw overflowRefusal(
    `the merge of ${snapshot} writes up to ${amount} to ${origin}, and its other snapshots`,
    others,
  );
}

function requireAllDevices(state: LvmState, { originRow }: Pair): void {
  const vg = groupOf(state, originRow.vgName)?.vg;
  const missing = vg?.missingPvCount ?? 0;
  if (missing > 0)
    throw new Refusal(
      'unsafe',
      `${originRow.vgName} lacks ${missing} of its disks`,
      'Bring them back, or call replaceFailedDevice.',
    );
}
