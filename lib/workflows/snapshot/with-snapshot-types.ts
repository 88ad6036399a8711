/** A snapshot while it is there, as the callback of {@link withSnapshot} gets it. */
export interface Snapshot {
  /** `vg/lv` of the volume that it was taken of. */
  readonly origin: string;
  /** `vg/lv` of the snapshot. */
  readonly name: string;
  /** Path of its device, below /dev/mapper. */
  readonly device: string;
  /** Where it is mounted, for reading; null if it is not. */
  readonly directory: string | null;
  /** Type of its file system as far as it was looked for, such as `ext4`; null if there is none. */
  readonly filesystem: string | null;
  /** Whether it is thin, so that its pool is what fills up. */
  readonly thin: boolean;
  /** When it was there; it shows the volume as it was at a moment between then and `spread` milliseconds before. */
  readonly takenAt: Date;
}

/** A snapshot that is no more, as the result of {@link withSnapshot} tells of it. Sizes are bytes; null if it was thin. */
export interface TakenSnapshot {
  readonly origin: string;
  readonly name: string;
  readonly takenAt: Date;
  /** What its store was asked to have. */
  readonly requested: bigint | null;
  /** What it had in the end. */
  readonly size: bigint | null;
  /** Whether it got less than was asked for, as more could not be used. */
  readonly trimmed: boolean;
  /** What was used of it when the callback had ended, which is the most that ever was. */
  readonly peakUsed: bigint | null;
}

/** What {@link withSnapshot} resolves with. */
export interface WithSnapshotResult<T> {
  /** What the callback returned. */
  readonly value: T;
  /** In the order of `volumes`. */
  readonly snapshots: readonly TakenSnapshot[];
  /** Milliseconds within which all of them were taken: so far apart they are at most. */
  readonly spread: number;
}

/**
 * What is done with the snapshots; they are removed when it has ended, so it must end soon when the signal fires: on an
 * abort, and when a snapshot is lost.
 */
export type SnapshotCallback<T> = (snapshots: readonly Snapshot[], signal: AbortSignal) => T | Promise<T>;
