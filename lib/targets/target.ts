import type { Fields } from '../fields.ts';
import type { Metric } from './metric.ts';

/**
 * All that is known of one device-mapper target. A file a target; {@link file://./index.ts} is their
 * registry.
 */
export interface Target<S extends object, T extends object> {
  /** The kernel's name for it, as in the third word of a `dmsetup table` line. */
  readonly name: string;
  /** Reads the parameters of a status line (`STATUSTYPE_INFO`). */
  readonly status: (fields: Fields, context: DecodeContext) => S;
  /** Reads the parameters of a table line (`STATUSTYPE_TABLE`). */
  readonly table: (fields: Fields) => T;
  /** What an operator should know of a status, in a few words. */
  readonly summary: (status: S) => Summary;
  /** Whether its status can move, from this one on, without an event: then only reading it again tells. */
  readonly live: (status: S) => boolean;
  /** The metric families of its status, if there is something to measure. */
  readonly metrics?: readonly Metric<S, T>[];
}

/**
 * What a status line does not say of itself, but `lvs` knows when it computes percentages. All optional.
 */
export interface DecodeContext {
  /** Length of the segment, in sectors of 512 bytes. */
  readonly length?: number | undefined;
  /** Extent size of the volume group, in sectors: `lvs` rounds a mirror down to whole extents. */
  readonly extentSectors?: number | undefined;
  /**
   * Block size of the thin volume's pool, in sectors: `lvs` rounds a thin volume's size up to whole blocks.
   */
  readonly poolBlockSectors?: number | undefined;
}

/**
 * `ok`: nothing to do. `busy`: the kernel is working and will end by itself (sync, merge, scrub).
 * `warning`: it works, but somebody should look (degraded, nearly full, needs check). `failed`: data or
 * service is lost.
 */
export type Health = 'ok' | 'busy' | 'warning' | 'failed';

/** One segment in a few words, for a table row. */
export interface Summary {
  /** How bad it is. */
  readonly health: Health;
  /** What is happening, in words; `''` when there is nothing to say. */
  readonly text: string;
  /** What the bar shows, 0 to 1, with the percentage as `lvs` prints it. */
  readonly bar?: { readonly ratio: number; readonly percent: string };
}

/**
 * From this fill on (0 to 1) a snapshot, pool or cache store is a warning: the level at which dmeventd
 * warns too.
 */
export const warningRatio = 0.8;

/** The worst of several healths. */
export function worstHealth(healths: readonly Health[]): Health {
  const order: readonly Health[] = ['ok', 'busy', 'warning', 'failed'];
  return order[Math.max(0, ...healths.map((health) => order.indexOf(health)))] ?? 'ok';
}

/** Checks the shape of a target's definition while keeping the types that its functions return. */
export function defineTarget<const N extends string, S extends object, T extends object>(
  target: Target<S, T> & { readonly name: N },
): Target<S, T> & { readonly name: N } {
  return target;
}
