import type { Fields } from '../fields.ts';
import type { Count } from '../units.ts';
import { defineTarget, type Summary } from './target.ts';

/** Zoned disks as one ordinary disk (`drivers/md/dm-zoned-target.c`, dmz_status). It sends no events. */
export const zoned = defineTarget({
  name: 'zoned',
  status: readStatus,
  table: (fields) => ({
    /** `major:minor` of each disk. */
    devices: fields.rest(),
  }),
  summary: summarize,
  live: () => true,
});

/** Zones of one kind. */
export interface ZoneCount {
  /** Zones that are free: mapped to nothing. */
  readonly unmapped: Count;
  /** All zones of the kind. */
  readonly total: Count;
}

/** The status of a zoned device. */
export interface ZonedStatus {
  /** Zones of all disks. */
  readonly zones: Count;
  /** Zones of the ordinary disk that serves as a cache; 0 of 0 if there is none. */
  readonly cache: ZoneCount;
  /** The zoned disks, in the table's order without the cache. */
  readonly devices: readonly {
    /** Zones that can be written anywhere. */
    readonly random: ZoneCount;
    /** Zones that must be written in order. */
    readonly sequential: ZoneCount;
  }[];
}

function readStatus(fields: Fields): ZonedStatus {
  const zones = fields.count('zones');
  fields.literal('zones');
  const cache = readZones(fields, 'cache');
  const devices = [];
  while (fields.left() > 0 && fields.problem() === undefined)
    devices.push({ random: readZones(fields, 'random'), sequential: readZones(fields, 'sequential') });
  return { zones, cache, devices };
}

function readZones(fields: Fields, kind: string): ZoneCount {
  const [unmapped, total] = fields.fraction(`${kind} zones`);
  fields.literal(kind);
  return { unmapped, total };
}

function summarize({ cache, devices }: ZonedStatus): Summary {
  const free = [cache, ...devices.map((device) => device.random)].filter((zones) => zones.total !== 0);
  const words = free.map((zones) => `${zones.unmapped} of ${zones.total}`);
  return { health: 'ok', text: words.length === 0 ? '' : `${words.join(' and ')} buffer zones free` };
}
