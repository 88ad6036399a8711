import type { DeviceIdentity, StatusSegment } from '../device.ts';
import type { Status } from '../targets/index.ts';
import { integrityNews, verityNews } from './changes-integrity.ts';
import { mirrorNews, raidNews, stripedNews } from './changes-legs.ts';
import type { News } from './changes-news.ts';
import { multipathNews } from './changes-paths.ts';
import { snapshotNews } from './changes-snapshot.ts';
import {
  cacheNews,
  cloneNews,
  eraNews,
  poolNews,
  thinNews,
  vdoNews,
  writecacheNews,
} from './changes-stores.ts';
import type { Change } from './types.ts';

/** Whose change it is, and when it was seen, in milliseconds since the epoch. */
export interface Sight {
  readonly at: number;
  readonly device: DeviceIdentity;
}

/** What changed in the targets that lie at the same sectors in both tables. */
export function segmentChanges(
  before: readonly StatusSegment[],
  after: readonly StatusSegment[],
  { at, device }: Sight,
): readonly Change[] {
  const oldAt = new Map(before.map((segment) => [segment.start, segment.status]));
  return after.flatMap(({ start, status }, segment): readonly Change[] => {
    const old = oldAt.get(start);
    if (old === undefined || isSameLine(old, status)) return [];
    const news = newsOf(old, status).map((said): Change => {
      return { at, device, segment, before: old, after: status, ...said };
    });
    return isMerged(old, status) ? [...news, { kind: 'merge-finished', at, device, before: old }] : news;
  });
}

/**
 * Whether two tables have the same targets at the same sectors, and on the same devices as far as their status names
 * them. Most do not: a linear segment that has moved looks the same.
 */
export function haveSameTargets(before: readonly StatusSegment[], after: readonly StatusSegment[]): boolean {
  return before.length === after.length && before.every((old, index) => isSameTarget(old, after[index]));
}

function isSameTarget(before: StatusSegment, after: StatusSegment | undefined): boolean {
  if (after === undefined || before.start !== after.start || before.length !== after.length) return false;
  if (isSameLine(before.status, after.status)) return true;
  if (targetOf(before.status) !== targetOf(after.status)) return false;
  const [old, now] = [devicesOf(before.status), devicesOf(after.status)];
  return old === undefined || now === undefined || old === now;
}

function isSameLine(before: Status, after: Status): boolean {
  return before === after || (before.params === after.params && before.type === after.type);
}

function targetOf(status: Status): string {
  return status.type === 'unknown' ? status.target : status.type;
}

function devicesOf(status: Status): string | undefined {
  switch (status.type) {
    case 'striped':
      return status.stripes.map(({ device }) => device).join(' ');
    case 'mirror':
      return status.legs.map(({ device }) => device).join(' ');
    case 'raid':
      return `${status.raidType} ${status.legs.length}`;
    case 'multipath':
      return status.groups.map(({ paths }) => paths.map(({ device }) => device).join(' ')).join(',');
    case 'dust':
    case 'vdo':
      return status.device;
    default:
      return undefined;
  }
}

// A merge that has failed is not finished by what comes in its place, nor is one whose device was taken away.
function isMerged(before: Status, after: Status): boolean {
  if (before.type !== 'snapshot-merge' || (before.state !== 'ok' && before.state !== 'unknown')) return false;
  const target = targetOf(after);
  return target !== 'snapshot-merge' && target !== 'error';
}

function newsOf(before: Status, after: Status): readonly News[] {
  if (after.type === 'snapshot-merge' && before.type !== 'snapshot-merge')
    return targetOf(before) === 'snapshot-merge' ? [] : [{ kind: 'merge-started' }];
  if (before.type === 'raid' && after.type === 'raid') return raidNews(before, after);
  if (before.type === 'mirror' && after.type === 'mirror') return mirrorNews(before, after);
  if (before.type === 'striped' && after.type === 'striped') return stripedNews(before, after);
  if (before.type === 'snapshot' && after.type === 'snapshot') return snapshotNews(before, after);
  if (before.type === 'snapshot-merge' && after.type === 'snapshot-merge')
    return snapshotNews(before, after, true);
  if (before.type === 'thin-pool' && after.type === 'thin-pool') return poolNews(before, after);
  if (before.type === 'thin' && after.type === 'thin') return thinNews(before, after);
  if (before.type === 'cache' && after.type === 'cache') return cacheNews(before, after);
  if (before.type === 'clone' && after.type === 'clone') return cloneNews(before, after);
  if (before.type === 'era' && after.type === 'era') return eraNews(before, after);
  if (before.type === 'writecache' && after.type === 'writecache') return writecacheNews(before, after);
  if (before.type === 'vdo' && after.type === 'vdo') return vdoNews(before, after);
  if (before.type === 'multipath' && after.type === 'multipath') return multipathNews(before, after);
  if (before.type === 'integrity' && after.type === 'integrity') return integrityNews(before, after);
  if (before.type === 'verity' && after.type === 'verity') return verityNews(before, after);
  return [];
}
