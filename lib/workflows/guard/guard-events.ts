import type { GuardLimit } from './guard-policy.ts';

/** What is guarded: the COW store of a snapshot, or the data or metadata of a thin pool. */
export type GuardedPart = 'snapshot' | 'data' | 'metadata';

interface Occurrence {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `vg/lv` of the snapshot or pool. */
  readonly volume: string;
  readonly part: GuardedPart;
}

/** What a guard tells. Sizes are bytes; a union by `kind`. */
export type GuardEvent =
  /** It is fuller, or emptier, by a percent of its size at least; `rate` is in bytes a second. */
  | (Occurrence & {
      readonly kind: 'usage';
      readonly used: bigint;
      readonly size: bigint;
      readonly ratio: number;
      readonly rate: number;
    })
  /** It was extended, which took `duration` milliseconds. */
  | (Occurrence & {
      readonly kind: 'extended';
      readonly from: bigint;
      readonly to: bigint;
      readonly duration: number;
    })
  /** A snapshot is as large as is of use: it cannot overflow, and the guard ends. */
  | (Occurrence & { readonly kind: 'safe'; readonly size: bigint })
  /**
   * It cannot be extended as far as it should be; told once, and again when it could be meanwhile. `fullIn`: milliseconds
   * until it is full with all that it can be given, at the present rate; null if it does not fill now.
   */
  | (Occurrence & {
      readonly kind: 'unprotectable';
      readonly why: GuardLimit | 'failed';
      readonly fullIn: number | null;
      readonly message: string;
    })
  /** It was full. A snapshot is lost then, and the guard ends; a pool goes on when it is extended. */
  | (Occurrence & { readonly kind: 'overflowed'; readonly message: string })
  /** The pool has failed in the kernel, its volumes with it, until its metadata is repaired, and the guard ends. */
  | (Occurrence & { readonly kind: 'failed'; readonly message: string })
  /** There is no such device any more, or it is no snapshot or pool, and the guard ends. */
  | (Occurrence & { readonly kind: 'gone'; readonly message: string });

/** Something that is being guarded. It keeps the process alive until it ends. Iterating it ends when it does. */
export interface Guard extends AsyncIterable<GuardEvent>, AsyncDisposable {
  /** Resolves when the guard has ended: closed, or because there is nothing more to guard. */
  readonly done: Promise<void>;
  /** Calls `listener` for every event; the returned function ends that. */
  on(listener: (event: GuardEvent) => void): () => void;
  /**
   * Ends it. An extension that is under way is waited for, but gives up waiting for lvm's lock, and is left alone if it
   * hangs for five seconds. May be called again.
   */
  close(): Promise<void>;
}
