import { type Count, minus, type Usage, usage } from '../units.ts';

/**
 * What libdm 1.02.198 and later make of a raid status line, and so `lvs` (`libdm-targets.c`,
 * dm_get_status_raid).
 */
export interface RaidAsLvs {
  /**
   * The letters, cut to the number of devices; the first of them `A` if all wait for a first
   * synchronisation.
   */
  readonly letters: string;
  /** Sectors a device; one is taken off lest a leg that is still to be recovered shows as 100 %. */
  readonly sync: Usage;
}

/** Restates a raid status line as `lvs` shows it. */
export function raidAsLvs(
  deviceCount: number,
  letters: string,
  synced: Count,
  total: Count,
  action: string | null,
): RaidAsLvs {
  const shown = letters.slice(0, deviceCount);
  const isMixed = shown.includes('a') && /[^a]/.test(shown);
  const waits = synced === total && (action === 'recover' || action === 'idle');
  const isFirstSync = /^a+$/.test(shown) && (action === 'resync' || action === 'idle');
  return {
    letters: isFirstSync ? `A${shown.slice(1)}` : shown,
    sync: usage(isMixed && waits ? minus(synced, 1) : synced, total),
  };
}
