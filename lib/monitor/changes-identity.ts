import type { StatusSegment } from '../device.ts';
import type { WatchedDevice } from './types.ts';

/**
 * Whether two looks saw one device and not two of the same name or number. It is one if number and uuid are the same
 * and its event counter has not fallen, which starts at 0 with every device. Without a uuid the name must be the same
 * too, or else it must be a renaming by all that can be seen: same targets, and the event that a renaming sends. What
 * cannot be told: a device that was made anew with the same number, the same uuid or none, and has had at least as many
 * events; without a uuid it also takes the same name.
 */
export function isSameDevice(before: WatchedDevice, after: WatchedDevice): boolean {
  const isSameNumber = before.major === after.major && before.minor === after.minor;
  if (!isSameNumber || before.uuid !== after.uuid || hasFallen(before, after)) return false;
  return before.uuid !== null || before.name === after.name || couldBeRenamed(before, after);
}

// The counter has 32 bits and wraps (drivers/md/dm.c, dm_get_event_nr): what is less than half way round is ahead.
function hasFallen(before: WatchedDevice, after: WatchedDevice): boolean {
  return ((after.info.eventNumber - before.info.eventNumber) | 0) < 0;
}

function couldBeRenamed(before: WatchedDevice, after: WatchedDevice): boolean {
  const [old, now] = [before.segments, after.segments];
  return (
    before.info.eventNumber !== after.info.eventNumber &&
    old.length === now.length &&
    old.every((segment, index) => isSamePlace(segment, now[index]))
  );
}

function isSamePlace(before: StatusSegment, after: StatusSegment | undefined): boolean {
  return (
    after !== undefined &&
    before.start === after.start &&
    before.length === after.length &&
    before.status.type === after.status.type
  );
}
