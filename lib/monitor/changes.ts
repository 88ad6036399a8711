import type { DeviceIdentity, StatusSegment } from '../device.ts';
import { isSameDevice } from './changes-identity.ts';
import { haveSameTargets, segmentChanges } from './changes-segment.ts';
import type { Change, WatchedDevice } from './types.ts';

/**
 * What changed between two looks at what bears one name or one number, seen at `at` (milliseconds since the epoch);
 * `undefined` is a device that is not there. All kinds but `usage-above` and `usage-below`, which need memory. A device
 * that another has replaced is removed and added, see {@link isSameDevice}; a new one is only added, whatever its state.
 */
export function changesBetween(
  before: WatchedDevice | undefined,
  after: WatchedDevice | undefined,
  at: number,
): Change[] {
  if (before === undefined) return after === undefined ? [] : [added(after, at)];
  if (after === undefined) return [removed(before, at)];
  if (before === after) return [];
  if (!isSameDevice(before, after)) return [removed(before, at), added(after, at)];
  return [...deviceChanges(before, after, at), ...tableChanges(before, after, at)];
}

function added(after: WatchedDevice, at: number): Change {
  return { kind: 'device-added', at, device: identityOf(after), after };
}

function removed(before: WatchedDevice, at: number): Change {
  return { kind: 'device-removed', at, device: identityOf(before), before };
}

function identityOf({ name, uuid, major, minor }: DeviceIdentity): DeviceIdentity {
  return { name, uuid, major, minor };
}

function deviceChanges(before: WatchedDevice, after: WatchedDevice, at: number): readonly Change[] {
  const changes: Change[] = [];
  const device = identityOf(after);
  if (before.name !== after.name)
    changes.push({ kind: 'device-renamed', at, device, before: before.name, after: after.name });
  if (before.staleSince === null && after.staleSince !== null && after.error !== null)
    changes.push({ kind: 'stale', at, device, since: after.staleSince, error: after.error });
  if (before.staleSince !== null && after.staleSince === null)
    changes.push({ kind: 'fresh', at, device, since: before.staleSince });
  if (before.info.suspended !== after.info.suspended) {
    const kind = after.info.suspended ? 'device-suspended' : 'device-resumed';
    changes.push({ kind, at, device, before: before.info, after: after.info });
  }
  return changes;
}

function tableChanges(before: WatchedDevice, after: WatchedDevice, at: number): readonly Change[] {
  if (before.segments === after.segments) return [];
  const changes: Change[] = [];
  const device = identityOf(after);
  const [oldSize, newSize] = [sectorsOf(before.segments), sectorsOf(after.segments)];
  // A device has no table yet when it is created: getting the first one makes it no larger.
  if (oldSize !== newSize && oldSize !== 0 && newSize !== 0)
    changes.push({ kind: 'device-resized', at, device, before: oldSize, after: newSize });
  if (!haveSameTargets(before.segments, after.segments))
    changes.push({ kind: 'table-replaced', at, device, before: before.segments, after: after.segments });
  return [...changes, ...segmentChanges(before.segments, after.segments, { at, device })];
}

function sectorsOf(segments: readonly StatusSegment[]): number {
  const last = segments.at(-1);
  return last === undefined ? 0 : last.start + last.length;
}
