import type { Fields } from '../fields.ts';
import { type Count, type Usage, usage, usageShownAs } from '../units.ts';

/** What `snapshot` and `snapshot-merge` say, in `drivers/md/dm-snap.c`, snapshot_status. */
export type SnapshotStatus =
  | {
      /** `ok`: in use, with room left, or exactly full. */
      readonly state: 'ok';
      /**
       * Sectors of the COW device in use, metadata included; 0.00 as in `lvs` when there is only metadata.
       */
      readonly fill: Usage;
      /** Sectors of it that are metadata: 0 for a transient store; null before target version 1.8.0. */
      readonly metadataSectors: Count | null;
    }
  | {
      /**
       * `invalid`: the COW store was full or failed, the snapshot is lost, the origin is not. `overflow`:
       * full, but readable still. `merge-failed`: a write failed while merging. `unknown`: the store cannot
       * tell its usage.
       */
      readonly state: 'invalid' | 'overflow' | 'merge-failed' | 'unknown';
    };

/** Reads a status line of `snapshot` or `snapshot-merge`. */
export function readSnapshotStatus(fields: Fields): SnapshotStatus {
  const state = stateOf.get(fields.peek() ?? '');
  if (state === 'merge-failed') {
    fields.word('state');
    fields.literal('failed');
  }
  if (state !== undefined) return { state };
  const [used, total] = fields.fraction('usage');
  const metadataSectors = fields.optionalCount('metadata sectors');
  const fill = used === metadataSectors ? usageShownAs(used, total, 0, 1) : usage(used, total);
  return { state: 'ok', fill, metadataSectors };
}

const stateOf: ReadonlyMap<string, 'invalid' | 'overflow' | 'merge-failed' | 'unknown'> = new Map([
  ['Invalid', 'invalid'],
  ['Overflow', 'overflow'],
  ['Merge', 'merge-failed'],
  ['Unknown', 'unknown'],
]);

/** The table of a snapshot. */
export type SnapshotTable = ReturnType<typeof readSnapshotTable>;

/** Reads a table line of `snapshot` or `snapshot-merge`. */
export function readSnapshotTable(fields: Fields) {
  return {
    /** `major:minor` of the hidden original. */
    origin: fields.word('origin device'),
    /** `major:minor` of the COW store. */
    cow: fields.word('COW device'),
    /** `P` persistent, `PO` persistent and told to report overflow, `N` transient. */
    persistence: fields.word('persistence'),
    /** Sectors copied at a time. */
    chunkSectors: fields.count('chunk size'),
    /** `discard_zeroes_cow`, `discard_passdown_origin`. */
    features: fields.optionalCounted('features'),
  };
}
