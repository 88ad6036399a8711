import type { MirrorStatus } from '../targets/mirror.ts';
import type { RaidStatus } from '../targets/raid.ts';
import type { StripedStatus } from '../targets/striped.ts';
import { type News, newsIf } from './changes-news.ts';

/** What changed in an array. */
export function raidNews(before: RaidStatus, after: RaidStatus): readonly News[] {
  const moved =
    before.progress?.action === after.progress?.action && before.progress?.ratio !== after.progress?.ratio;
  return [
    ...legNews(before.legs.map(isLost), after.legs.map(isLost)),
    ...newsIf(!before.degraded && after.degraded, 'degraded'),
    ...newsIf(before.degraded && !after.degraded, 'redundant'),
    ...newsIf(before.journal !== 'dead' && after.journal === 'dead', 'log-failed'),
    ...newsIf(before.journal === 'dead' && after.journal !== 'dead', 'log-recovered'),
    ...newsIf(hasStarted(before, after), 'sync-started'),
    ...syncNews(before.inSync ?? undefined, after.inSync ?? undefined),
    ...newsIf((after.mismatchSectors ?? 0) > (before.mismatchSectors ?? 0), 'mismatches-found'),
    ...(moved && after.progress !== null ? [progressed(after.progress.ratio)] : []),
  ];
}

function isLost(leg: RaidStatus['legs'][number]): boolean {
  return leg === 'failed' || leg === 'absent';
}

// A suspend freezes what is running, and the resume lets it go on: that is no start.
function hasStarted(before: RaidStatus, after: RaidStatus): boolean {
  if (after.progress === null || before.progress?.action === after.progress.action) return false;
  return !(before.syncAction === 'frozen' && before.synced > 0 && before.synced < before.total);
}

/** What changed in a mirror. While a cluster's log does not answer nothing is known of its sync. */
export function mirrorNews(before: MirrorStatus, after: MirrorStatus): readonly News[] {
  const [old, now] = [before.legs.map(isBad), after.legs.map(isBad)];
  const [wasBad, isBadNow] = [isLogBad(before), isLogBad(after)];
  const [wasInSync, isInSyncNow] = [isMirrorInSync(before), isMirrorInSync(after)];
  const moved = wasInSync === false && isInSyncNow === false && before.sync.ratio !== after.sync.ratio;
  return [
    ...legNews(old, now),
    ...newsIf(!old.includes(true) && now.includes(true), 'degraded'),
    ...newsIf(old.includes(true) && !now.includes(true), 'redundant'),
    ...newsIf(!wasBad && isBadNow, 'log-failed'),
    ...newsIf(wasBad && !isBadNow, 'log-recovered'),
    ...syncNews(wasInSync, isInSyncNow),
    ...(moved ? [progressed(after.sync.ratio)] : []),
  ];
}

function isBad({ health }: MirrorStatus['legs'][number]): boolean {
  return health !== 'alive';
}

function isLogBad({ log }: MirrorStatus): boolean {
  return log.kind === 'com-failure' || (log.kind === 'disk' && log.health !== 'alive');
}

function isMirrorInSync({ log, sync }: MirrorStatus): boolean | undefined {
  return log.kind === 'com-failure' ? undefined : sync.used === sync.total;
}

/** What changed in a striped device: its stripes count as legs. */
export function stripedNews(before: StripedStatus, after: StripedStatus): readonly News[] {
  const errors = ({ stripes }: StripedStatus): readonly boolean[] =>
    stripes.map(({ health }) => health === 'error');
  return legNews(errors(before), errors(after));
}

function legNews(before: readonly boolean[], after: readonly boolean[]): readonly News[] {
  return after.flatMap((isLostNow, leg): readonly News[] => {
    const wasLost = before[leg] ?? false;
    if (wasLost === isLostNow) return [];
    return [{ kind: isLostNow ? 'leg-failed' : 'leg-recovered', leg }];
  });
}

function syncNews(before: boolean | undefined, after: boolean | undefined): readonly News[] {
  return [
    ...newsIf(before === false && after === true, 'in-sync'),
    ...newsIf(before === true && after === false, 'out-of-sync'),
  ];
}

function progressed(ratio: number): News {
  return { kind: 'progressed', progress: 'sync', ratio };
}
