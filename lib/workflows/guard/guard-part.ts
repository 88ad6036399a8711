import type { GuardedPart } from './guard-events.ts';
import type { GuardSettings, GuardTotal } from './guard-options.ts';
import type { FillSample } from './guard-rate.ts';
import type { PartReading } from './guard-reading.ts';

/** What counts of a part where something holds for all of them together; bytes. */
export interface PartTotal {
  /** By what the guard has extended it. */
  extended: bigint;
  /** What it has, as far as was seen. */
  size: bigint;
}

/** What a guard keeps in mind of one part: sizes in bytes, moments of `performance.now()`. */
export interface PartState extends PartTotal {
  readonly settings: GuardSettings;
  window: readonly FillSample[];
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
    ...{ settings, window: [], extended: 0n, size: 0n, free: free ?? 0n },
    ...{ freeAt: free === undefined ? never : performance.now(), told: never },
    ...{ troubled: false, failures: 0, overflowed: false, retryAt: never },
  };
}

/** The settings of a part, with what the others leave of what holds for all together. */
export function limited(
  part: GuardedPart,
  settings: GuardSettings,
  together: GuardTotal | undefined,
  totals: ReadonlyMap<GuardedPart, PartTotal>,
): GuardSettings {
  const others = [...totals].flatMap(([one, total]) => (one === part ? [] : [total]));
  return {
    ...settings,
    budget: smaller(settings.budget, together?.budget, sum(others.map(({ extended }) => extended))),
    maximum: smaller(settings.maximum, together?.maximum, sum(others.map(({ size }) => size))),
  };
}

/** Keeps what size each part has now. */
export function keepSizes(totals: Map<GuardedPart, PartTotal>, found: readonly PartReading[]): void {
  for (const { part, size } of found) {
    const total = totals.get(part) ?? { extended: 0n, size };
    total.size = size;
    totals.set(part, total);
  }
}

function smaller(own: bigint | null, total: bigint | null | undefined, taken: bigint): bigint | null {
  if (total === null || total === undefined) return own;
  const rest = total > taken ? total - taken : 0n;
  return own === null || rest < own ? rest : own;
}

function sum(all: readonly bigint[]): bigint {
  return all.reduce((one, other) => one + other, 0n);
}
