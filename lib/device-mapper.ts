import {
  type DeviceSelector,
  invalidType,
  type QueryOptions,
  requireInteger,
  requireOnly,
  requireSignal,
  requireTimeout,
  toSelector,
} from './arguments.ts';
import {
  type Device,
  type DeviceInfo,
  type DeviceStatus,
  type DeviceTable,
  toDevice,
  toInfo,
  toStatus,
  toTable,
} from './device.ts';
import { closedError, DmError } from './errors.ts';
import { startMonitor } from './monitor/monitor.ts';
import type { Monitor, MonitorOptions, WatchedDevice } from './monitor/types.ts';
import { type Milestone, type WaitOptions, waitFor } from './monitor/wait.ts';
import { type DeviceQuery, openSession, type Selector, type TargetVersion, type Versions } from './native.ts';
import { statusContext } from './status-context.ts';
import { devicesFromSysfs } from './sysfs.ts';

/** How an instance asks. */
export interface OpenOptions {
  /** Milliseconds that a call may take unless it says otherwise; default 5000. */
  readonly timeout?: number | undefined;
  /** Path of libdevmapper where the loader does not find it by itself (Nix, Guix, a container's host). */
  readonly library?: string | undefined;
}

/** How to ask for a status. */
export interface StatusOptions extends QueryOptions {
  /**
   * Extent size of the volume group in sectors of 512 bytes: `lvs` shows the sync of an LVM mirror in whole extents.
   * Default 8192, LVM's own 4 MiB; nothing but mirrors depends on it.
   */
  readonly extentSectors?: number | undefined;
}

/**
 * Asks the kernel's device-mapper. Reading takes no lock of LVM's and starts no process. Every method but `statusSync`
 * and `monitor`, which throw, rejects: with a {@link DmError}, with an `AbortError` when its `signal` fires, before anything
 * is asked with a TypeError or RangeError for a wrong argument, and with stat's own error for a path that is not there.
 */
export interface DeviceMapper extends AsyncDisposable {
  /** All devices, what they are made of and stand on; from sysfs where privilege or libdevmapper are missing. */
  devices(options?: QueryOptions): Promise<readonly Device[]>;
  /** The status of all devices. One that hangs has an `error` and delays the answer by the timeout at most. */
  status(options?: StatusOptions): Promise<readonly DeviceStatus[]>;
  /** The status of one device. */
  status(device: DeviceSelector, options?: StatusOptions): Promise<DeviceStatus>;
  /**
   * The status of one device, blocking this thread (and its end) until it is there, for at most the timeout. Throws
   * what `status` rejects with.
   */
  statusSync(device: DeviceSelector, options?: Omit<StatusOptions, 'signal'>): DeviceStatus;
  /** The tables of all devices, without key material. */
  table(options?: QueryOptions): Promise<readonly DeviceTable[]>;
  /** The table of one device, without key material. */
  table(device: DeviceSelector, options?: QueryOptions): Promise<DeviceTable>;
  /** State of one device without its targets; never blocks on a disk. */
  info(device: DeviceSelector, options?: QueryOptions): Promise<DeviceInfo>;
  /** `major:minor` of what one device stands on, in the kernel's order (most recently opened first). */
  dependencies(device: DeviceSelector, options?: QueryOptions): Promise<readonly string[]>;
  /** Starts watching all devices, or those that the options name. */
  monitor(options?: MonitorOptions): Monitor;
  /** Waits until one device has reached a milestone, see {@link WaitOptions}. */
  waitFor(device: DeviceSelector, milestone: Milestone, options?: WaitOptions): Promise<WatchedDevice>;
  /** The target types of the loaded modules, with their versions. */
  targets(options?: QueryOptions): Promise<readonly TargetVersion[]>;
  /** Versions of libdevmapper and of the kernel's ioctl interface. */
  version(options?: QueryOptions): Promise<Versions>;
  /**
   * Calls of this process that have been in the kernel for longer than is normal; each occupies a thread. From 64 on
   * no further status is asked until one returns; everything that cannot hang still is.
   */
  readonly stuckCalls: number;
  /** Ends the instance, its monitors and waits at once; what is pending rejects with reason `closed`. May be called again. */
  close(): void;
}

/**
 * Opens instances. Opening asks nothing yet: a missing library, driver or privilege shows with the first call. Throws a
 * {@link DmError} of reason `no-addon` if the native part is missing, and a TypeError or RangeError for wrong options.
 */
export const DeviceMapper = { open } as const;

const defaultTimeout = 5000;
// LVM's default extent of 4 MiB (vgcreate(8), --physicalextentsize).
const defaultExtentSectors = 8192;
const queryKeys = ['signal', 'timeout'];
const statusKeys = [...queryKeys, 'extentSectors'];

function open(options: OpenOptions = {}): DeviceMapper {
  requireOnly(options, ['timeout', 'library']);
  const limit = options.timeout === undefined ? defaultTimeout : requireTimeout(options.timeout);
  const session = openSession({ library: requireLibrary(options.library) });
  const context = statusContext(session);
  const monitors = new Set<Monitor>();

  let isOpen = true;

  const close = (): void => {
    isOpen = false;
    for (const monitor of [...monitors]) monitor.close();
    session.close();
  };

  const call = <Q extends DeviceQuery>(query: Q, given: QueryOptions, keys = queryKeys) => {
    requireOnly(given, keys);
    const timeout = given.timeout === undefined ? limit : requireTimeout(given.timeout);
    return { query, timeout, until: performance.now() + timeout, signal: requireSignal(given.signal) };
  };

  const monitor = (given?: MonitorOptions): Monitor => {
    if (!isOpen) throw closedError('monitor');
    const started = startMonitor(given, (ended) => monitors.delete(ended));
    if (given?.signal?.aborted !== true) monitors.add(started);
    return started;
  };

  async function status(first?: DeviceSelector | StatusOptions, second?: StatusOptions): Promise<unknown> {
    const [device, given] = split(first, second);
    const asked = call('status', given, statusKeys);
    const extent = requireExtent(given);
    const answers = device === undefined ? await session.all(asked) : [await session.one(asked, device)];
    const devices: DeviceStatus[] = [];
    // Only volumes seen for the first time have to be asked about, so there is little to gain from asking at once.
    for (const raw of answers)
      devices.push(toStatus(raw, context.known(raw, extent) ?? (await context.ask(raw, extent, asked))));
    return device === undefined ? devices : devices[0];
  }

  async function table(first?: DeviceSelector | QueryOptions, second?: QueryOptions): Promise<unknown> {
    const [device, given] = split(first, second);
    const asked = call('table', given);
    if (device !== undefined) return toTable(await session.one(asked, device));
    return (await session.all(asked)).map(toTable);
  }

  return {
    status: status as DeviceMapper['status'],
    table: table as DeviceMapper['table'],
    async devices(given = {}) {
      const asked = call('devices', given);
      try {
        const raws = await session.all(asked);
        for (const { failure } of raws) if (failure !== null) throw new DmError(failure);
        return raws.map(toDevice);
      } catch (error) {
        if (error instanceof DmError && canUseSysfs.has(error.reason)) return devicesFromSysfs();
        throw error;
      }
    },
    statusSync(device, given = {}) {
      const asked = call('status', given, ['timeout', 'extentSectors']);
      const extent = requireExtent(given);
      const raw = session.oneSync(asked, toSelector(device));
      return toStatus(raw, context.known(raw, extent) ?? context.askSync(raw, extent, asked));
    },
    monitor,
    waitFor: (device, milestone, given) => waitFor(device, milestone, given, monitor),
    info: async (device, given = {}) => toInfo(await session.one(call('info', given), toSelector(device))),
    dependencies: async (device, given = {}) =>
      (await session.one(call('dependencies', given), toSelector(device))).dependencies,
    targets: async (given = {}) => session.targets(call('info', given)),
    version: async (given = {}) => session.version(call('info', given)),
    get stuckCalls() {
      return session.stuckCalls();
    },
    close,
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}

// Who may not ask, or has nothing to ask with, still has sysfs.
const canUseSysfs: ReadonlySet<string> = new Set(['no-privilege', 'no-library']);

const deviceKeys = ['name', 'uuid', 'major', 'minor'];

// The device comes first if there is one; alone, an object is a device if it has a property that names one.
function split<O extends object>(
  first: DeviceSelector | O | undefined,
  second: O | undefined,
): [Selector | undefined, O] {
  const none = {} as O;
  // A forgotten variable must not turn a question about one device into one about all.
  if (first === undefined && second === undefined) return [undefined, none];
  const isDevice =
    typeof first !== 'object' || first === null || deviceKeys.some((key) => Object.hasOwn(first, key));
  if (isDevice) return [toSelector(first as DeviceSelector), second ?? none];
  if (second === undefined) return [undefined, first as O];
  throw invalidType('device', 'a string or an object that names a device', first);
}

function requireExtent({ extentSectors = defaultExtentSectors }: StatusOptions): number {
  return requireInteger('extentSectors', extentSectors, 1, 2 ** 32);
}

function requireLibrary(library: unknown): string | undefined {
  if (library === undefined) return undefined;
  if (typeof library !== 'string') throw invalidType('library', 'a string', library);
  if (library === '' || library.includes('\0'))
    throw Object.assign(new TypeError('"library" must be the path of a file'), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  return library;
}
