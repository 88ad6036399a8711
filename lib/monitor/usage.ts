import type { Status } from '../targets/index.ts';
import type { Usage } from '../units.ts';
import type { UsageKind } from './types.ts';

/** When a fill ratio counts as crossing a threshold. */
export interface UsageOptions {
  /** Ratios, 0 to 1, in any order. */
  readonly thresholds: readonly number[];
  /** How far, 0 to 1, a ratio must fall below a threshold before it counts as crossed downwards. */
  readonly hysteresis: number;
}

/** A threshold that was crossed. */
export interface UsageChange {
  readonly kind: 'usage-above' | 'usage-below';
  /** The threshold, 0 to 1. */
  readonly threshold: number;
  /** The ratio now, 0 to 1. */
  readonly ratio: number;
}

/** What is known of one fill ratio; a value, which never changes. */
export interface UsageWatcher {
  /**
   * Takes the next ratio, and gives what is known then together with the thresholds that were crossed, one change each,
   * in the order in which they were. A ratio that is not a number changes nothing.
   */
  next(usage: Pick<Usage, 'ratio'>): {
    readonly state: UsageWatcher;
    readonly changes: readonly UsageChange[];
  };
}

/**
 * Starts watching a fill ratio that is below all thresholds: the first one that is not is a change. For each threshold
 * `usage-above` (the ratio has reached it) and `usage-below` (it has fallen below it by more than the hysteresis, or to
 * 0) take turns.
 */
export function usageWatcher({ thresholds, hysteresis }: UsageOptions): UsageWatcher {
  const rising = [...new Set(thresholds)].sort((a, b) => a - b);
  return watcherAt(0, rising, hysteresis);
}

// All thresholds have the same hysteresis, so those that are crossed are always the lowest: `level` says how many.
function watcherAt(level: number, rising: readonly number[], hysteresis: number): UsageWatcher {
  const isBelow = (ratio: number, threshold: number): boolean =>
    ratio < threshold - hysteresis || (ratio === 0 && threshold > 0);
  const watcher: UsageWatcher = {
    next({ ratio }) {
      const above = rising.slice(level).filter((threshold) => ratio >= threshold);
      const below = rising.slice(0, level).filter((threshold) => isBelow(ratio, threshold));
      const changes = [
        ...above.map((threshold) => ({ kind: 'usage-above', threshold, ratio }) as const),
        ...below.reverse().map((threshold) => ({ kind: 'usage-below', threshold, ratio }) as const),
      ];
      if (changes.length === 0) return { state: watcher, changes };
      return { state: watcherAt(level + above.length - below.length, rising, hysteresis), changes };
    },
  };
  return watcher;
}

/**
 * The fill ratios of a target that are worth a warning. None for a thin volume, and none for the data of a cache or
 * writecache: being full is nothing bad there.
 */
export function usagesOf(status: Status): readonly { readonly kind: UsageKind; readonly usage: Usage }[] {
  switch (status.type) {
    case 'snapshot':
      return status.state === 'ok' ? [{ kind: 'snapshot', usage: status.fill }] : [];
    case 'thin-pool':
      if (status.state !== 'ok') return [];
      return [
        { kind: 'data', usage: status.data },
        { kind: 'metadata', usage: status.metadata },
      ];
    case 'vdo':
      return [{ kind: 'data', usage: status.physical }];
    case 'cache':
    case 'clone':
    case 'era':
      return status.state === 'ok' ? [{ kind: 'metadata', usage: status.metadata }] : [];
    default:
      return [];
  }
}
