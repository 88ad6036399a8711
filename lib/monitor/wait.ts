import { type DeviceSelector, invalidType, requireOnly, toSelector } from '../arguments.ts';
import { DmError } from '../errors.ts';
import type { Selector } from '../native.ts';
import { summarize } from '../targets/index.ts';
import { hopelessness } from './hopeless.ts';
import { startMonitor } from './monitor.ts';
import type { Monitor, MonitorOptions, UntilOptions, WatchedDevice } from './types.ts';

/**
 * What a device can be waited for. `in-sync`: every mirror and raid in it holds the same data on all legs, and nothing
 * is left to copy. `merged`: no snapshot is merging into it.
 */
export type Milestone = 'in-sync' | 'merged';

/** How to wait. */
export interface WaitOptions extends UntilOptions {
  /** Milliseconds between two looks at what moves without an event; default 1000. */
  readonly interval?: number | undefined;
  /** Called with the device after every look at it. */
  readonly onProgress?: ((device: WatchedDevice) => void) | undefined;
}

/**
 * Resolves with the device when it has reached the milestone, which it may have already; told by the kernel's event,
 * a merge by looks, as it sends none. Rejects at once with a {@link DmError} if there is no such device, it goes away,
 * fails for good (a lost leg does not come back by itself), or is none that could reach it; with reason `timed-out`, or
 * an `AbortError`. The process stays alive meanwhile. The monitor that it watches with is `start`'s.
 */
export async function waitFor(
  device: DeviceSelector,
  milestone: Milestone,
  options: WaitOptions = {},
  start: (options: MonitorOptions) => Monitor = startMonitor,
): Promise<WatchedDevice> {
  requireOnly(options, ['signal', 'timeout', 'interval', 'onProgress']);
  const has = reached[milestone];
  if (has === undefined) throw invalidType('milestone', "'in-sync' or 'merged'", milestone);
  const { interval, onProgress, ...limits } = options;
  const selector = toSelector(device);
  const watching: MonitorOptions = {
    keepAlive: true,
    interval,
    ...('name' in selector ? { include: [selector.name as string] } : {}),
  };
  const monitor = start(watching);
  let first: WatchedDevice | undefined;
  try {
    return await monitor.until((current) => {
      const found = find(current, selector);
      if (found === undefined) throw failed('no-device', 6, device);
      onProgress?.(found);
      const wrong = found.segments
        .map(({ status }) => summarize(status))
        .find(({ health }) => health === 'failed');
      if (wrong !== undefined) throw failed('other', 5, device, `it has failed: ${wrong.text}`);
      first ??= found;
      const why = hopelessness(milestone, found, first);
      if (why !== undefined) throw failed('other', 5, device, `it ${why}`);
      return has(found) && found.staleSince === null ? found : undefined;
    }, limits);
  } finally {
    monitor.close();
  }
}

const reached: Readonly<Record<Milestone, (device: WatchedDevice) => boolean>> = {
  'in-sync': ({ segments }) =>
    segments.every(({ status }) => {
      if (status.type === 'mirror') return status.sync.ratio === 1;
      return status.type !== 'raid' || (status.inSync === true && status.progress === null);
    }),
  merged: ({ segments }) => segments.every(({ status }) => status.type !== 'snapshot-merge'),
};

function find(current: ReadonlyMap<string, WatchedDevice>, selector: Selector): WatchedDevice | undefined {
  if (selector.name !== undefined) return current.get(selector.name);
  return [...current.values()].find(({ uuid, major, minor }) =>
    selector.uuid !== undefined
      ? uuid === selector.uuid
      : major === selector.major && minor === selector.minor,
  );
}

function failed(
  reason: 'no-device' | 'other',
  errno: number,
  device: DeviceSelector,
  ...log: string[]
): DmError {
  const name = typeof device === 'string' ? device : Object.values(device).join(':');
  return new DmError({ reason, errno, operation: 'wait', device: name, log });
}
