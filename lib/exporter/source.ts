import { requireOnly, requireTimeout } from '../arguments.ts';
import { DeviceMapper } from '../device-mapper.ts';
import { closedError, DmError } from '../errors.ts';
import type { Monitor } from '../monitor/types.ts';
import { packageVersion } from '../package-version.ts';
import { diskNames } from './backing.ts';
import { allFamilies } from './catalogue.ts';
import type { FamilySamples } from './family.ts';
import type { Identity } from './identity.ts';
import { type Looked, openLooker, within } from './look.ts';
import { addReport } from './lvm-families.ts';
import { keepReports } from './lvm-report.ts';
import { rememberMakeups } from './makeup.ts';
import { emptySamples } from './samples.ts';
import { addAllTargets, addDevices, countParseErrors, type Run } from './scrape.ts';
import { addSelf } from './self-families.ts';
import { type SourceOptions, toSettings } from './settings.ts';
import { stackOf } from './stack.ts';
import { addSysfsDevices } from './sysfs-devices.ts';
import { troubleOf } from './trouble.ts';
import { keepVersions } from './versions.ts';

export type { SourceOptions } from './settings.ts';

/** How a gathering is bounded. */
export interface GatherOptions {
  /** Milliseconds that it may take; default 5000. What is not known by then is as it was last known. */
  readonly deadline?: number | undefined;
}

/** Where families come from. */
export interface MetricsSource {
  /**
   * All families that have series, with their values now. Rejects only with a {@link DmError} of reason `closed`, and
   * with a TypeError or RangeError for wrong options: what cannot be asked shows in `dm_up` and its like.
   */
  gather(options?: GatherOptions): Promise<readonly FamilySamples[]>;
  /** Watches all devices. After a failure it is another one, so do not keep it. */
  readonly monitor: Monitor;
  readonly dm: DeviceMapper;
  /** Why `dm_up` of the latest gathering is 0, in words that say what to do; null if it is 1, or nothing was gathered. */
  readonly trouble?: Error | null;
  /** Ends the monitor and, if it is the source's own, the instance. May be called again. */
  close(): void;
}

/**
 * Opens a source. Throws a TypeError or RangeError for wrong options, and a {@link DmError} of reason `no-addon` if the
 * native part is missing; all else, such as a missing privilege, shows in what it gathers.
 */
export function openSource(options: SourceOptions = {}): MetricsSource {
  const settings = toSettings(options);
  const { choice, isOn } = settings;
  const dm = options.dm ?? DeviceMapper.open();
  const looker = openLooker(dm, settings.monitor);
  const makeups = rememberMakeups();
  const versions = keepVersions(dm);
  const reports = isOn('lvm') ? keepReports(settings.lvm, settings.lvmMaxAge) : undefined;
  const disks = diskNames();
  const parseErrors = new Map<string, number>();
  let readAt: ReadonlyMap<string, number> = new Map();
  let identities: ReadonlyMap<string, Identity> = new Map();
  let isOpen = true;
  let looks = 0;
  let versionRead = Number.NaN;
  let trouble: Error | null = null;

  // Which tables there are changes with an event only; where there are none, any time.
  const tablesVersion = (): number => {
    const { monitor, restarts } = looker;
    return monitor.source === 'events' ? restarts * 2 ** 32 + monitor.wakeups : -++looks;
  };

  const readTables = async (looked: Looked, until: number): Promise<void> => {
    const version = tablesVersion();
    if (version !== versionRead) disks.forget();
    versionRead = version;
    const left = Math.max(1, Math.ceil(until - performance.now()));
    const reading = makeups.read(looked.devices, version, left).catch(() => undefined);
    await within(Promise.all([reading, versions.read(version, left)]), until);
  };

  const gather = async (until: number): Promise<readonly FamilySamples[]> => {
    const begun = performance.now();
    const samples = emptySamples(allFamilies);
    const looked = await looker.look(until);
    if (!isOpen) throw closedError('gather');
    if (looked.error === null) await readTables(looked, until);
    if (!isOpen) throw closedError('gather');
    const runs = new Map<string, Run>();
    trouble = troubleOf(looked);
    const isUp = trouble === null;
    const isKnown = looked.devices.length > 0 || isUp;
    if (isKnown) {
      const stack = stackOf(looked.devices, makeups.of, choice, disks.of, identities);
      identities = stack.identities;
      countParseErrors(stack, parseErrors, readAt);
      readAt = new Map(looked.devices.map((device) => [device.name, device.readAt]));
      if (isOn('device')) await addDevices(samples, stack, looked);
      runs.set('device', { seconds: secondsSince(begun), success: looked.error === null && !looked.isLate });
      for (const [target, run] of await addAllTargets(samples, stack, isOn)) runs.set(target, run);
    } else {
      if (isOn('device')) identities = addSysfsDevices(samples, choice, disks.of, identities);
      runs.set('device', { seconds: secondsSince(begun), success: false });
    }
    const report = reports?.newest();
    if (report !== undefined) {
      const { state, madeAt, seconds, success } = report;
      if (state !== undefined) addReport(samples, state, secondsSince(madeAt));
      runs.set('lvm', { seconds, success });
    }
    const { monitor } = looker;
    addSelf(samples, {
      up: isUp,
      privileged: privilegeOf(looked),
      version: packageVersion(),
      library: versions.versions?.library,
      driver: versions.versions?.driver,
      targets: versions.targets,
      durationSeconds: secondsSince(begun),
      collectors: runs,
      parseErrors,
      wakeups: looked.error === null && monitor.source === 'events' ? monitor.wakeups : undefined,
      quarantined: isKnown
        ? looked.devices.filter(({ staleSince }) => staleSince !== null).length
        : undefined,
      stuckCalls: dm.stuckCalls,
    });
    return samples.families();
  };

  return {
    async gather(given = {}) {
      requireOnly(given, ['deadline']);
      const deadline = given.deadline === undefined ? usualDeadline : requireTimeout(given.deadline);
      if (!isOpen) throw closedError('gather');
      return gather(performance.now() + deadline);
    },
    get monitor() {
      return looker.monitor;
    },
    dm,
    get trouble() {
      return trouble;
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      looker.close();
      makeups.close();
      reports?.close();
      if (options.dm === undefined) dm.close();
    },
  };
}

const usualDeadline = 5000;

// Null and undefined are two answers: what has not been refused was not asked where it was late.
function privilegeOf({ error, isLate }: Looked): boolean | undefined {
  if (error instanceof DmError && error.reason === 'no-privilege') return false;
  return error === null && !isLate ? true : undefined;
}

function secondsSince(at: number): number {
  return (performance.now() - at) / 1000;
}
