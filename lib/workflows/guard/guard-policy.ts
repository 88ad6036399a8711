import type { GuardSettings } from './guard-options.ts';

/** What a decision is made of; sizes in bytes. */
export interface GuardedNow {
  readonly used: bigint;
  readonly size: bigint;
  /** What is the most that is of use; null: any size is. */
  readonly most: bigint | null;
  /** Bytes a second by which it fills. */
  readonly rate: number;
  /** Milliseconds that an lvextend was seen to take. */
  readonly extendTime: number;
  /** What the group could give it. */
  readonly free: bigint;
  /** By what the guard has extended it so far. */
  readonly extended: bigint;
  readonly extentSize: bigint;
}

/** Why something cannot be extended as far as it should be: by the group's space, or the guard's own limits. */
export type GuardLimit = 'no-space' | 'budget' | 'maximum';

/** What a guard does now. */
export interface GuardDecision {
  /** Bytes to extend it to; null: not now. */
  readonly extendTo: bigint | null;
  /** What keeps it from being protected, and milliseconds until it is full at this rate (null: it does not fill). */
  readonly trouble: { readonly why: GuardLimit; readonly fullIn: number | null } | null;
  /** It is as large as is of use, so that it cannot overflow. */
  readonly safe: boolean;
  /** Milliseconds until the next look. */
  readonly interval: number;
}

/**
 * Decides what to do about something that fills up. It is extended when it is fuller than the threshold, or has not room
 * for what is written in twice the time that extending takes and the headroom; then to where that holds twice over, and
 * by the step at least.
 */
export function decide(now: GuardedNow, settings: GuardSettings): GuardDecision {
  const { used, size, most, rate, extentSize } = now;
  const interval = nextLook(now);
  if (most !== null && size >= most) return { extendTo: null, trouble: null, safe: true, interval: 1000 };
  const need = bytesIn(rate, settings.headroom + 2 * now.extendTime);
  const room = size > used ? size - used : 0n;
  const isDue = Number(used) >= settings.threshold * Number(size) || room < need;
  const { reachable, why } = reach(now, settings);
  const wanted = roundUp(
    largest(
      size + stepBytes(size, settings),
      used + 2n * need,
      BigInt(Math.ceil(Number(used) / settings.threshold)) + extentSize,
    ),
    extentSize,
  );
  const target = most === null ? wanted : least(wanted, most);
  const to = least(target, reachable);
  const extendTo = isDue && to > size ? to : null;
  const isShort = isDue && to < target && bytesAfter(to, used) < need;
  const isStuck = isDue && to <= size;
  const fullIn = rate > 0 ? (Number(bytesAfter(reachable, used)) * 1000) / rate : null;
  const isForeseen = fullIn !== null && fullIn < settings.notice && (most === null || reachable < most);
  const trouble = isStuck || isShort || isForeseen ? { why, fullIn } : null;
  return { extendTo, trouble, safe: false, interval };
}

/** How far it can be extended at most, and by what that is limited. */
function reach(
  { size, free, extended, extentSize, most }: GuardedNow,
  { budget, maximum }: GuardSettings,
): { readonly reachable: bigint; readonly why: GuardLimit } {
  const bySpace = size + roundDown(free, extentSize);
  const byBudget = budget === null ? null : size + roundDown(bytesAfter(budget, extended), extentSize);
  const byMaximum = maximum === null ? null : largest(size, roundDown(maximum, extentSize));
  let reachable = bySpace;
  let why: GuardLimit = 'no-space';
  if (byBudget !== null && byBudget < reachable) [reachable, why] = [byBudget, 'budget'];
  if (byMaximum !== null && byMaximum < reachable) [reachable, why] = [byMaximum, 'maximum'];
  return { reachable: most === null ? reachable : least(reachable, most), why };
}

// What could be written at once, before anybody has seen it: as fast as a fast disk takes it.
const burstRate = 256 * 1024 * 1024;

function nextLook({ used, size, rate }: GuardedNow): number {
  const room = Number(bytesAfter(size, used));
  return Math.round(Math.min(1000, Math.max(20, (room * 1000) / Math.max(rate, burstRate) / 4)));
}

function stepBytes(size: bigint, { step }: GuardSettings): bigint {
  return 'bytes' in step ? step.bytes : (size * BigInt(step.percent)) / 100n;
}

function bytesIn(rate: number, milliseconds: number): bigint {
  return BigInt(Math.ceil((rate * milliseconds) / 1000));
}

function bytesAfter(size: bigint, used: bigint): bigint {
  return size > used ? size - used : 0n;
}

// Math.min and Math.max take no bigints.
function least(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}

function largest(...values: readonly bigint[]): bigint {
  return values.reduce((one, other) => (least(one, other) === one ? other : one));
}

function roundUp(bytes: bigint, unit: bigint): bigint {
  return ((bytes + unit - 1n) / unit) * unit;
}

function roundDown(bytes: bigint, unit: bigint): bigint {
  return (bytes / unit) * unit;
}
