import type { StatusSegment } from '../../device.ts';
import { mergeRatio } from '../../monitor/progress.ts';
import type { MirrorStatus } from '../../targets/mirror.ts';
import type { RaidStatus } from '../../targets/raid.ts';
import type { SnapshotStatus } from '../../targets/snapshot-status.ts';
import { type Count, minus, sectorSize } from '../../units.ts';
import type { JobProgress } from './job.ts';

/** How far something is, without its speed. */
export type Measure = Pick<JobProgress, 'ratio' | 'done' | 'total' | 'unit' | 'action'> & {
  /** Bytes of all of it; null if that is not known. */
  readonly bytes: number | null;
};

/** What the kernel says of a job's device. */
export type Reading =
  /** It goes on. */
  | { readonly state: 'running'; readonly measure: Measure }
  /** A part is copied, and lvm has to begin the next one. */
  | { readonly state: 'between'; readonly measure: Measure }
  | { readonly state: 'complete'; readonly measure: Measure | null }
  /** It will not go on by itself. */
  | { readonly state: 'failed'; readonly problem: string }
  /** Nothing can be said: not begun, suspended, or another table. */
  | { readonly state: 'unknown' };

/** Whether a complete array is one whose legs are the same, or one that is no longer checked. */
export type Aim = 'in-sync' | 'checked';

/** What these segments, the live table of a job's device, say of it. Never throws. */
export function readingOf(segments: readonly StatusSegment[], aim: Aim): Reading {
  for (const { status } of segments) {
    if (status.type === 'mirror') return mirrorReading(segments);
    if (status.type === 'raid') return raidReading(status, aim);
    if (status.type === 'snapshot-merge') return mergeReading(status);
  }
  return { state: 'unknown' };
}

// A pvmove copies one segment after the other: what lies before the mirror is moved, what lies behind it is not yet.
function mirrorReading(segments: readonly StatusSegment[]): Reading {
  const mirrors = segments.flatMap(({ status, length }) =>
    status.type === 'mirror' ? [{ status, length }] : [],
  );
  const lost = mirrors.map(({ status }) => lostLegOf(status)).find((problem) => problem !== null);
  if (lost !== undefined) return { state: 'failed', problem: lost ?? '' };
  const measure = mirrorMeasure(segments, mirrors);
  if (mirrors.some(({ status }) => status.sync.used !== status.sync.total))
    return { state: 'running', measure };
  const isLast = segments.at(-1)?.status.type === 'mirror';
  return { state: isLast ? 'complete' : 'between', measure };
}

function mirrorMeasure(
  segments: readonly StatusSegment[],
  mirrors: readonly { readonly status: MirrorStatus; readonly length: number }[],
): Measure {
  const total = segments.reduce((sum, { length }) => sum + length, 0);
  const bytes = total * sectorSize;
  const [only, ...more] = mirrors;
  if (only !== undefined && more.length === 0 && segments.length === 1) {
    const { used, total: regions } = only.status.sync;
    const ratio = Number(regions) === 0 ? 1 : Number(used) / Number(regions);
    return { ratio, done: used, total: regions, unit: 'regions', action: 'copy', bytes };
  }
  let done = 0;
  let isBefore = true;
  for (const { status, length } of segments) {
    if (status.type === 'mirror') {
      const { used, total: regions } = status.sync;
      done += Number(regions) === 0 ? length : Math.floor((length * Number(used)) / Number(regions));
      isBefore = false;
    } else if (isBefore) done += length;
  }
  return { ratio: done / total, done, total, unit: 'sectors', action: 'copy', bytes };
}

// A read error is answered by the other leg, and the copy goes on.
function lostLegOf({ legs, log }: MirrorStatus): string | null {
  const lost = legs.findIndex(({ health }) => health !== 'alive' && health !== 'read-failed');
  const leg = legs[lost];
  if (leg !== undefined) return `image ${lost} (device ${leg.device}) has an error: ${words(leg.health)}`;
  return log.kind === 'disk' && log.health !== 'alive' ? `its log has an error: ${words(log.health)}` : null;
}

function raidReading(status: RaidStatus, aim: Aim): Reading {
  const { progress, synced, total, degraded, inSync, syncAction } = status;
  const isCheck = progress?.action === 'check' || progress?.action === 'repair';
  if (progress !== null && (aim === 'checked' || !isCheck)) {
    const bytes = Number(total) * sectorSize;
    const { ratio, action } = progress;
    return {
      state: 'running',
      measure: { ratio, done: synced, total, unit: 'sectors', action, bytes },
    };
  }
  if (degraded && progress === null) {
    const lost = status.legs.flatMap((leg, index) => (leg === 'failed' || leg === 'absent' ? [index] : []));
    return { state: 'failed', problem: `image ${lost.join(', ')} has failed or is missing` };
  }
  if (aim === 'checked' ? syncAction === 'idle' : inSync === true)
    return { state: 'complete', measure: null };
  return { state: 'unknown' };
}

function mergeReading(status: SnapshotStatus): Reading {
  const ratio = mergeRatio(status);
  if (status.state === 'merge-failed')
    return { state: 'failed', problem: 'the kernel says that the merge failed' };
  if (status.state === 'invalid') return { state: 'failed', problem: 'the snapshot is invalid' };
  if (status.state !== 'ok' || ratio === undefined) return { state: 'unknown' };
  const metadata: Count = status.metadataSectors ?? 0;
  const total = minus(status.fill.total, metadata);
  const left = minus(status.fill.used, metadata);
  const done = minus(total, left);
  const bytes = Number(total) * sectorSize;
  const measure: Measure = { ratio, done, total, unit: 'sectors', action: 'merge', bytes };
  return left === 0 ? { state: 'complete', measure } : { state: 'running', measure };
}

function words(health: string): string {
  return health.replace('-', ' ');
}
