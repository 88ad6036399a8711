import type { Fields } from '../fields.ts';
import { type Count, type Usage, usage, usageShownAs } from '../units.ts';
import { type MirrorLog, readMirrorLog } from './mirror-log.ts';
import { mirrorMetrics } from './mirror-metrics.ts';
import { type DecodeContext, defineTarget, type Summary } from './target.ts';
import { phrase, readRange } from './words.ts';

/** LVM's segment type `mirror`, and what pvmove makes (`drivers/md/dm-raid1.c`, mirror_status). */
export const mirror = defineTarget({
  name: 'mirror',
  status: readStatus,
  table: readTable,
  summary: summarize,
  live: ({ sync }) => sync.used !== sync.total,
  metrics: mirrorMetrics,
});

/** One leg of a mirror. */
export interface MirrorLeg {
  /** `major:minor` of the device below. */
  readonly device: string;
  /**
   * What has gone wrong since the table was loaded, the gravest first: a flush, a write, a recovery, a
   * read; `unknown` is an error that the kernel could not class.
   */
  readonly health: 'alive' | 'flush-failed' | 'write-failed' | 'sync-failed' | 'read-failed' | 'unknown';
}

/** The status of a mirror. */
export interface MirrorStatus {
  /** The legs, in the table's order. */
  readonly legs: readonly MirrorLeg[];
  /**
   * Regions in sync. `ratio` and `percent` are as `lvs` shows them, whole extents, if length and extent
   * size were given, else the plain ratio. While a cluster's log does not answer the kernel says 0 here:
   * see `log`.
   */
  readonly sync: Usage;
  /** Where the mirror remembers which regions are in sync. */
  readonly log: MirrorLog;
}

function readStatus(fields: Fields, context: DecodeContext): MirrorStatus {
  const devices = fields.counted('mirrors');
  const [synced, total] = fields.fraction('synced regions');
  const letters = fields.counted('health words')[0] ?? '';
  if (letters.length !== devices.length)
    fields.fail(`there are ${letters.length} health letters for ${devices.length} mirrors`);
  return {
    legs: devices.map((device, index) => ({ device, health: healthOf[letters[index] ?? ''] ?? 'unknown' })),
    sync: syncAsLvs(synced, total, context),
    log: readMirrorLog(fields),
  };
}

const healthOf: Readonly<Record<string, MirrorLeg['health']>> = {
  A: 'alive',
  F: 'flush-failed',
  D: 'write-failed',
  S: 'sync-failed',
  R: 'read-failed',
};

// lvs counts whole extents (lib/metadata/mirror.c): 31 of 32 regions in 16 extents are 15 extents, 93.75 %.
function syncAsLvs(synced: Count, total: Count, { length = 0, extentSectors = 0 }: DecodeContext): Usage {
  const extents = Math.floor(length / extentSectors);
  if (!Number.isSafeInteger(extents) || extents <= 0 || Number(total) === 0) return usage(synced, total);
  const done = Number((BigInt(extents) * BigInt(synced)) / BigInt(total));
  return usageShownAs(synced, total, done, extents);
}

/** The table of a mirror. */
export type MirrorTable = ReturnType<typeof readTable>;

function readTable(fields: Fields) {
  const logType = fields.word('log type');
  const logArguments = fields.counted('log arguments');
  const count = fields.integer('number of mirrors');
  return {
    /** `core`, `disk`, `userspace`. */
    logType,
    /**
     * The log's own words; the region size in sectors is the last number among them for `core` and `disk`.
     */
    logArguments,
    /** The legs. */
    legs: fields.list('mirrors', count, () => readRange(fields)),
    /** `handle_errors`, `keep_log`. */
    features: fields.optionalCounted('features'),
  };
}

function summarize({ legs, log, sync }: MirrorStatus): Summary {
  const bad = legs.flatMap((leg, index) => (leg.health === 'alive' ? [] : [{ index, health: leg.health }]));
  const badLegs = bad.map(({ index, health }) => `leg ${index} ${words(health)}`).join(', ');
  const syncing = sync.ratio < 1 ? 'syncing' : '';
  const bar = { ratio: sync.ratio, percent: sync.percent };
  if (legs.length > 0 && bad.length === legs.length)
    return { health: 'failed', text: phrase('failed', badLegs), bar };
  if (log.kind === 'com-failure')
    return { health: 'warning', text: phrase('log daemon does not answer', badLegs) };
  const badLog = log.kind === 'disk' && log.health !== 'alive' ? `log ${words(log.health)}` : '';
  if (bad.length > 0) return { health: 'warning', text: phrase('degraded', badLegs, badLog, syncing), bar };
  if (badLog !== '') return { health: 'warning', text: phrase(badLog, syncing), bar };
  return syncing === '' ? { health: 'ok', text: 'in sync', bar } : { health: 'busy', text: syncing, bar };
}

function words(health: string): string {
  return health === 'unknown' ? 'has an unknown error' : health.replace('-', ' ');
}
