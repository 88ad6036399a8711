import type { GuardSettings } from './guard-options.ts';
import type { FillSample } from './guard-rate.ts';

/** What a guard keeps in mind of one part: sizes in bytes, moments of `performance.now()`. */
export interface PartState {
  readonly settings: GuardSettings;
  window: readonly FillSample[];
  extended: bigint;
  /** What the group has free, as far as is known. */
  free: bigint;
  /** When that was looked at; {@link never}: it may be wrong. */
  freeAt: number;
  told: number;
  troubled: boolean;
  /** An extension failed, and none has succeeded since: in a row, for want of space, once or more often. */
  failures: number;
  overflowed: boolean;
  retryAt: number;
}

/** The moment before all others. */
export const never = Number.NEGATIVE_INFINITY;

/** A part at the beginning; `free`: bytes that the group had just now, undefined if nobody has looked. */
export function freshState(settings: GuardSettings, free: bigint | undefined): PartState {
  return {
    ...{ settings, window: [], extended: 0n, free: free ?? 0n },
    ...{ freeAt: free === undefined ? never : performance.now(), told: never },
    ...{ troubled: false, failures: 0, overflowed: false, retryAt: never },
  };
}
