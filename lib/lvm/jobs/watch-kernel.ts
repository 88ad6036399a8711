import type { DeviceMapper } from '../../device-mapper.ts';
import type { Monitor, WatchedDevice } from '../../monitor/types.ts';
import { lvmDeviceName } from '../../names.ts';
import type { JobKind } from './job.ts';
import { type Reading, readingOf } from './reading.ts';
import type { UnderWay } from './under-way.ts';

/** Why it is time to look at lvm's report. `gone`: the device is not there or has another table now. */
export type Sight = 'complete' | 'between' | 'gone' | { readonly problem: string };

/** The kernel's side of one job. */
export interface KernelWatch {
  /**
   * Resolves when the report has to be looked at. Of a merge, an origin that is not active or not yet merged into is
   * such a reason once, and then waited for.
   */
  next(onReading: (reading: Reading) => void, signal: AbortSignal): Promise<Sight>;
  /**
   * Resolves with true when the device has other targets than at the last sight, or is gone, and with false after so
   * many milliseconds.
   */
  changed(milliseconds: number, signal: AbortSignal): Promise<boolean>;
  /** Ends it. */
  close(): void;
}

/**
 * Starts to watch the device of something under way; undefined if the kernel cannot be asked (no privilege, no
 * library, no driver).
 */
export async function watchKernel(
  dm: DeviceMapper,
  { vg, lv, kind }: UnderWay,
  interval: number,
): Promise<KernelWatch | undefined> {
  const name = lvmDeviceName(vg, lv);
  // An array or mirror that has a snapshot is below the origin's device.
  const names = kind === 'merge' || kind === 'pvmove' ? [name] : [`${name}-real`, name];
  const monitor = dm.monitor({ include: names, interval });
  try {
    await monitor.ready;
  } catch {
    monitor.close();
    return undefined;
  }
  return watchOf(monitor, names, kind);
}

function watchOf(monitor: Monitor, names: readonly string[], kind: JobKind): KernelWatch {
  const aim = kind === 'scrub' ? 'checked' : 'in-sync';
  let isAwaited = false;
  let types = '';
  const deviceIn = (current: ReadonlyMap<string, WatchedDevice>): WatchedDevice | undefined =>
    names.map((name) => current.get(name)).find((device) => device !== undefined);
  const sightOf = (
    device: WatchedDevice | undefined,
    onReading: (reading: Reading) => void,
  ): Sight | undefined => {
    if (device === undefined || isOrigin(device)) {
      if (kind === 'merge' && isAwaited) return undefined;
      isAwaited = true;
      return 'gone';
    }
    // What does not answer, or is held back while lvm changes it, says nothing.
    if (device.staleSince !== null || device.info.suspended) return undefined;
    const reading = readingOf(device.segments, aim);
    if (reading.state === 'unknown') return isOther(device, kind) ? 'gone' : undefined;
    isAwaited = false;
    types = typesOf(device);
    onReading(reading);
    if (reading.state === 'failed') return { problem: reading.problem };
    return reading.state === 'running' ? undefined : reading.state;
  };
  return {
    next: (onReading, signal) =>
      monitor.until((current) => sightOf(deviceIn(current), onReading), { signal }),
    async changed(milliseconds, signal) {
      const isAnother = (device: WatchedDevice | undefined): boolean =>
        device === undefined || typesOf(device) !== types;
      try {
        return await monitor.until((current) => isAnother(deviceIn(current)), {
          timeout: milliseconds,
          signal,
        });
      } catch (error) {
        if (error instanceof Error && 'reason' in error && error.reason === 'timed-out') return false;
        throw error;
      }
    },
    close: () => monitor.close(),
  };
}

function typesOf({ segments }: WatchedDevice): string {
  return segments.map(({ status }) => status.type).join(' ');
}

function isOrigin({ segments }: WatchedDevice): boolean {
  return segments.some(({ status }) => status.type === 'snapshot-origin');
}

// Whether its table is of another kind than the job's, so that no further look can tell of the job.
function isOther({ segments }: WatchedDevice, kind: JobKind): boolean {
  const wanted =
    kind === 'merge' ? 'snapshot-merge' : kind === 'pvmove' || kind === 'mirror' ? 'mirror' : 'raid';
  return segments.length > 0 && segments.every(({ status }) => status.type !== wanted);
}
