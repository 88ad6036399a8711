import { type Status, summarize } from '../targets/index.ts';
import type { WatchedDevice } from './types.ts';
import type { Milestone } from './wait.ts';

/**
 * Why a device that is there will not reach a milestone by itself, a sentence without its subject; undefined if it may.
 * `first` is the device as it was when the wait began.
 */
export function hopelessness(
  milestone: Milestone,
  device: WatchedDevice,
  first: WatchedDevice,
): string | undefined {
  if (!isSame(device, first)) return 'went away, and another device has its name';
  // What has never answered may be anything.
  if (device.segments.length === 0 && device.staleSince !== null) return undefined;
  const statuses = device.segments.map(({ status }) => status);
  if (milestone === 'merged')
    return statuses.some(({ type }) => type === 'snapshot')
      ? 'is a snapshot that is not being merged; wait for the origin that it is merged into'
      : undefined;
  if (!statuses.some(({ type }) => type === 'mirror' || type === 'raid'))
    return 'is no mirror or RAID, so nothing in it could get in sync';
  const lost = statuses.find(hasLostLeg);
  return lost === undefined ? undefined : `has failed: ${summarize(lost).text}`;
}

function isSame(one: WatchedDevice, other: WatchedDevice): boolean {
  return one.uuid === other.uuid && one.major === other.major && one.minor === other.minor;
}

// Only a new table brings a lost leg back, and with it the sync.
function hasLostLeg(status: Status): boolean {
  if (status.type === 'raid') return status.degraded;
  return status.type === 'mirror' && status.legs.some(({ health }) => lostHealths.has(health));
}

// A read error is answered by the other leg, and the sync goes on.
const lostHealths: ReadonlySet<string> = new Set(['write-failed', 'flush-failed', 'sync-failed']);
