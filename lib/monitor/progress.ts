import type { SnapshotStatus } from '../targets/snapshot-status.ts';
import { minus } from '../units.ts';

/**
 * How far a merge is, 0 to 1: the share of its store that is free, without the metadata. How full it was at the start
 * the kernel does not tell, so this begins above 0; it ends at 1. `undefined` if the kernel does not tell how full it is.
 */
export function mergeRatio(status: SnapshotStatus): number | undefined {
  if (status.state !== 'ok') return undefined;
  const { fill, metadataSectors } = status;
  const room = Number(minus(fill.total, metadataSectors ?? 0));
  const left = Number(minus(fill.used, metadataSectors ?? 0));
  return room === 0 ? 1 : Math.max(0, 1 - left / room);
}
