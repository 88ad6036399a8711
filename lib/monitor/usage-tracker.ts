import type { Change, WatchedDevice } from './types.ts';
import { type UsageOptions, type UsageWatcher, usagesOf, usageWatcher } from './usage.ts';

/** Remembers of every device which thresholds its fill ratios have crossed. */
export interface UsageTracker {
  /** The thresholds that are crossed by what is known of the device now, seen at `at`. */
  look(device: WatchedDevice, at: number): readonly Change[];
  /** Forgets a device that is gone, or that another has replaced. */
  forget(device: WatchedDevice): void;
}

/** A tracker that knows no device yet. */
export function usageTracker(options: UsageOptions): UsageTracker {
  const watchers = new Map<string, Map<string, UsageWatcher>>();

  return {
    look(device, at) {
      const { name, uuid, major, minor } = device;
      const changes: Change[] = [];
      for (const [segment, { status }] of device.segments.entries()) {
        for (const { kind: usage, usage: now } of usagesOf(status)) {
          const ofDevice = watchers.get(keyOf(device)) ?? new Map<string, UsageWatcher>();
          watchers.set(keyOf(device), ofDevice);
          const watcher = ofDevice.get(`${segment} ${usage}`) ?? usageWatcher(options);
          const { state, changes: crossed } = watcher.next(now);
          ofDevice.set(`${segment} ${usage}`, state);
          for (const crossing of crossed)
            changes.push({ ...crossing, at, device: { name, uuid, major, minor }, segment, usage });
        }
      }
      return changes;
    },
    forget: (device) => void watchers.delete(keyOf(device)),
  };
}

function keyOf({ major, minor }: WatchedDevice): string {
  return `${major}:${minor}`;
}
