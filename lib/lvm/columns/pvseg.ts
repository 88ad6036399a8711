import { count, lvReference, pvName, text, word } from './kinds.ts';
import type { More, ValuesOf } from './row.ts';

/** A run of extents on a PV, used by one LV or free, as `pvs --segments` reports it. */
export interface PvSegRow extends ValuesOf<typeof pvSegColumns>, More {}

/** The columns of a run of extents on a PV. */
export const pvSegColumns = {
  /** First extent. */
  start: count('pvseg_start'),
  /** Extents. */
  size: count('pvseg_size'),
  /** Path of the device; null if it is missing. */
  pvName: pvName('pv_name'),
  /** Uuid of the PV. */
  pvUuid: word('pv_uuid'),
  /** The LV that has these extents; null if they are free. */
  lvName: lvReference('lv_name'),
  /** Uuid of that. */
  lvUuid: text('lv_uuid'),
} as const;
