import type { GuardedPart } from './guard-events.ts';
import type { GuardSettings, GuardTotal } from './guard-options.ts';

/** How full a part is; sizes in bytes. */
export interface PartReading {
  readonly part: GuardedPart;
  readonly used: bigint;
  readonly size: bigint;
  /** The most that is of use; null: any size is. */
  readonly most: bigint | null;
  /** In words, if it is full. */
  readonly full: string | null;
}

/** What a look at the kernel shows: the parts, or why there is nothing more to guard. */
export type GuardReading =
  | { readonly kind: 'parts'; readonly parts: readonly PartReading[] }
  /** It could not be read this time. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'overflowed' | 'failed' | 'gone'; readonly part: GuardedPart; readonly message: string };

/** What a guard watches, and how it extends it. */
export interface Guarded {
  readonly volume: string;
  readonly extentSize: bigint;
  readonly settings: ReadonlyMap<GuardedPart, GuardSettings>;
  /** What holds for all parts together; none for one part. */
  readonly together?: GuardTotal | undefined;
  read(): Promise<GuardReading>;
  /** Extends a part to so many bytes; resolves with what it has then. The signal has lvm end, at a moment when it can. */
  extend(part: GuardedPart, to: bigint, signal: AbortSignal): Promise<bigint>;
  /** Bytes that the group could give to a part; asks lvm. */
  free(part: GuardedPart, signal: AbortSignal): Promise<bigint>;
  /** What is to be done when the guard has ended. */
  ended(): Promise<void>;
}

/** What was found out before the watching began. */
export interface FirstLook {
  /** Milliseconds that one report of lvm took. */
  readonly duration: number;
  /** Bytes that the group can give to each part. */
  readonly free: ReadonlyMap<GuardedPart, bigint>;
}
