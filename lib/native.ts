import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { abortError, onAbort } from './abort.ts';
import { DmError, type DmFailure } from './errors.ts';

/** Where the answers of a session come from. */
export type SessionSource =
  /** libdevmapper; `library` is its path where the loader would not find it by itself. */
  | { readonly library: string | undefined }
  /** A descriptor of our own, without libdevmapper: cheaper, and it has events; but no `targets` or `version`. */
  | 'direct';

/**
 * Opens a session with the native layer: the only door to it. Loads the addon on first use (a prebuild if there is
 * one, else the local build); throws a {@link DmError} with reason `no-addon` if there is none.
 */
export function openSession(source: SessionSource): Session {
  const addon = loadAddon();
  const pending: Pending = { calls: new Map(), keeping: 0 };
  const events: Events = { listener: undefined };
  const library = source === 'direct' ? null : (source.library ?? '');
  const handle = addon.open(library, dispatchTo(addon, pending, events));
  let nextId = 0;
  let closed = false;

  const closedError = (operation: string): DmError =>
    new DmError({ reason: 'closed', errno: 0, operation, device: '', log: [] });

  const ask = (call: Call, submit: (id: number) => void): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { query, signal } = call;
      if (signal?.aborted) return reject(abortError(signal));
      if (closed) return reject(closedError(query));
      const id = nextId;
      nextId = (nextId + 1) % eventsId;
      const stop = (): void => {
        settle(addon, pending, id);
        addon.cancel(handle, id);
        reject(abortError(signal));
      };
      const leave = onAbort(signal, stop);
      const keepsAlive = call.keepAlive ?? true;
      pending.calls.set(id, {
        query,
        handle,
        keepsAlive,
        resolve(answer) {
          leave();
          resolve(answer);
        },
        reject(error) {
          leave();
          reject(error);
        },
      });
      if (keepsAlive && ++pending.keeping === 1) addon.keepAlive(handle, true);
      submit(id);
    });
  const askOne = (call: Call, device?: Selector): Promise<unknown> =>
    ask(call, (id) => addon.submit(handle, id, ...positional(call.query, device), call.timeout));

  return {
    one: (call, device) => askOne(call, device) as Promise<RawDevice>,
    all: (call) => askOne(call) as Promise<readonly RawDevice[]>,
    some: (call, devices) =>
      ask(call, (id) =>
        addon.submitSet(handle, id, queries.indexOf(call.query), numbersOf(devices), call.timeout),
      ) as Promise<readonly RawDevice[]>,
    targets: (call) => askOne({ ...call, query: 'targets' }) as Promise<readonly TargetVersion[]>,
    version: (call) => askOne({ ...call, query: 'version' }) as Promise<Versions>,
    listen(listener) {
      if (closed) throw closedError('events');
      events.listener = listener;
      addon.subscribe(handle);
    },
    keepAlive(alive) {
      if (!closed) addon.keepAlive(handle, alive);
    },
    oneSync({ query, timeout }, device) {
      if (closed) throw closedError(query);
      const answer = addon.ask(handle, 0, ...positional(query, device), timeout);
      if (isFailure(answer)) throw new DmError(answer);
      return answer as RawDevice;
    },
    stuckCalls: () => (closed ? 0 : addon.stuck(handle)),
    close() {
      if (closed) return;
      closed = true;
      events.listener = undefined;
      addon.close(handle);
      for (const call of [...pending.calls.values()]) call.reject(closedError(call.query));
      pending.calls.clear();
    },
  };
}

/** A conversation with the native layer. Answers are uninterpreted records; every failure is a {@link DmError}. */
export interface Session {
  /** About one device. Rejects with `timed-out` after `timeout` ms, with an `AbortError` when `signal` fires. */
  one(call: Call<DeviceQuery>, device: Selector): Promise<RawDevice>;
  /** About all devices; with `list`, names, uuids, numbers and event numbers only. */
  all(call: Call<DeviceQuery | 'list'>): Promise<readonly RawDevice[]>;
  /** About these devices, in this order but for those that are gone. */
  some(call: Call<DeviceQuery>, devices: readonly DeviceNumber[]): Promise<readonly RawDevice[]>;
  targets(call: Omit<Call, 'query'>): Promise<readonly TargetVersion[]>;
  version(call: Omit<Call, 'query'>): Promise<Versions>;
  /** About one device, blocking this thread for at most `timeout` milliseconds. */
  oneSync(call: Call<DeviceQuery>, device: Selector): RawDevice;
  /**
   * Calls `listener` with the list of all devices now and after every device-mapper event (several may have become
   * one), or with the error that ends the events: `ENOSYS` before ioctl version 4.37. Only for a `direct` session.
   */
  listen(listener: EventListener): void;
  /** Whether this session keeps the process alive while nothing is pending; at first it does not. */
  keepAlive(alive: boolean): void;
  /** Calls that the kernel has not answered and that others have overtaken, of all sessions in this process. */
  stuckCalls(): number;
  /** Ends the session; what is pending rejects with reason `closed`. May be called again. */
  close(): void;
}

/** What a session tells of events. */
export type EventListener = (devices: readonly RawDevice[] | DmError) => void;

/** A device's number. */
export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

// The order is that of `enum class Query` in native/records.h.
const queries = ['list', 'info', 'status', 'table', 'dependencies', 'devices', 'targets', 'version'] as const;

type Query = (typeof queries)[number];

/** What can be asked about a device. */
export type DeviceQuery = 'info' | 'status' | 'table' | 'dependencies' | 'devices';

/** One question: what, for how many milliseconds at most, and what ends it before. */
export interface Call<Q extends Query = Query> {
  readonly query: Q;
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether the process stays alive until the answer is there; default true. */
  readonly keepAlive?: boolean | undefined;
}

/** Which device a question is about. */
export type Selector =
  | { readonly name: string; readonly uuid?: never; readonly major?: never; readonly minor?: never }
  | { readonly uuid: string; readonly name?: never; readonly major?: never; readonly minor?: never }
  | { readonly major: number; readonly minor: number; readonly name?: never; readonly uuid?: never };

/** A target type that the kernel offers, such as `raid`, with its version `major.minor.patch`. */
export interface TargetVersion {
  readonly name: string;
  readonly version: string;
}

/** Versions as they call themselves: `1.02.185 (2022-05-18)` and `4.47.0`. */
export interface Versions {
  readonly library: string;
  readonly driver: string;
}

/** One target of a device's table, as the kernel gave it: `start` and `length` in sectors of 512 bytes. */
export interface RawSegment {
  readonly start: number;
  readonly length: number;
  readonly target: string;
  /** Uninterpreted parameters; keys in tables are zeros. */
  readonly params: string;
}

/** A device as the kernel described it. */
export interface RawDevice {
  readonly name: string;
  /** `''` if it has none. */
  readonly uuid: string;
  readonly major: number;
  readonly minor: number;
  readonly openCount: number;
  readonly eventNumber: number;
  readonly suspended: boolean;
  readonly readOnly: boolean;
  readonly liveTable: boolean;
  readonly inactiveTable: boolean;
  readonly deferredRemove: boolean;
  readonly internalSuspend: boolean;
  readonly segments: readonly RawSegment[];
  /** `major:minor` of what it stands on, in the kernel's order (most recently opened first). */
  readonly dependencies: readonly string[];
  /** In an answer about all devices: why this one gave none; everything but name, uuid and number is blank then. */
  readonly failure: DmFailure | null;
}

/** The calls that wait for an answer. While there are any, their handle keeps the session from being collected. */
interface Pending {
  readonly calls: Map<number, PendingCall>;
  /** How many of them keep the process alive. */
  keeping: number;
}

interface PendingCall {
  readonly query: Query;
  readonly handle: Handle;
  readonly keepsAlive: boolean;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

// The native side keeps this function for as long as the session lives. It must not see the session's own handle, as
// every closure in openSession does: a session that nobody refers to any more could not be collected then.
function dispatchTo(addon: Addon, pending: Pending, events: Events): (id: number, answer: unknown) => void {
  return (id, answer) => {
    if (id === eventsId) {
      events.listener?.(isFailure(answer) ? new DmError(answer) : (answer as readonly RawDevice[]));
      return;
    }
    const call = settle(addon, pending, id);
    if (isFailure(answer)) call?.reject(new DmError(answer));
    else call?.resolve(answer);
  };
}

function settle(addon: Addon, pending: Pending, id: number): PendingCall | undefined {
  const call = pending.calls.get(id);
  pending.calls.delete(id);
  if (call?.keepsAlive && --pending.keeping === 0) addon.keepAlive(call.handle, false);
  return call;
}

// The id of deliveries that are events, as native/events.h has it.
const eventsId = 0xffff_ffff;

interface Events {
  listener: EventListener | undefined;
}

type Handle = object & { readonly brand: 'devmapper session' };
type Positional = readonly [query: number, name: string, uuid: string, major: number, minor: number];

interface Addon {
  setFactories(device: typeof makeDevice, segment: typeof makeSegment, failure: typeof makeFailure): void;
  open(library: string | null, dispatch: (id: number, answer: unknown) => void): Handle;
  submit(handle: Handle, id: number, ...rest: readonly [...Positional, timeout: number]): void;
  submitSet(handle: Handle, id: number, query: number, numbers: Uint32Array, timeout: number): void;
  subscribe(handle: Handle): void;
  ask(handle: Handle, id: number, ...rest: readonly [...Positional, timeout: number]): unknown;
  cancel(handle: Handle, id: number): void;
  keepAlive(handle: Handle, alive: boolean): void;
  close(handle: Handle): void;
  stuck(handle: Handle): number;
}

let loaded: Addon | undefined;

function loadAddon(): Addon {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  const root = fileURLToPath(new URL('..', import.meta.url));
  try {
    const addon = require('node-gyp-build')(root) as Addon;
    addon.setFactories(makeDevice, makeSegment, makeFailure);
    loaded = addon;
    return addon;
  } catch (cause) {
    const log = [cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)];
    throw new DmError({ reason: 'no-addon', errno: 0, operation: 'open', device: '', log }, { cause });
  }
}

function positional(query: Query, device: Selector | undefined): Positional {
  const code = queries.indexOf(query);
  if (device === undefined) return [code, '', '', -1, 0];
  const { name = '', uuid = '', major = -1, minor = 0 } = device;
  return [code, name, uuid, major, minor];
}

function numbersOf(devices: readonly DeviceNumber[]): Uint32Array {
  const numbers = new Uint32Array(devices.length * 2);
  devices.forEach(({ major, minor }, index) => {
    numbers[index * 2] = major;
    numbers[index * 2 + 1] = minor;
  });
  return numbers;
}

// The factories: C++ calls them with positional values, in this order. The bits are those of native/marshal.cc.
function makeDevice(
  name: string,
  uuid: string,
  major: number,
  minor: number,
  openCount: number,
  eventNumber: number,
  flags: number,
  segments: readonly RawSegment[] | null,
  dependencies: readonly string[] | null,
  failure: DmFailure | null,
  start: number,
  length: number,
  target: string,
  params: string,
): RawDevice {
  return {
    name,
    uuid,
    major,
    minor,
    openCount,
    eventNumber,
    suspended: (flags & 1) !== 0,
    readOnly: (flags & 2) !== 0,
    liveTable: (flags & 4) !== 0,
    inactiveTable: (flags & 8) !== 0,
    deferredRemove: (flags & 16) !== 0,
    internalSuspend: (flags & 32) !== 0,
    segments: segments ?? [{ start, length, target, params }],
    dependencies: dependencies ?? [],
    failure,
  };
}

function makeSegment(start: number, length: number, target: string, params: string): RawSegment {
  return { start, length, target, params };
}

function makeFailure(
  reason: DmFailure['reason'],
  errno: number,
  operation: string,
  device: string,
  log: readonly string[],
): DmFailure {
  return { reason, errno, operation, device, log };
}

function isFailure(answer: unknown): answer is DmFailure {
  return typeof answer === 'object' && answer !== null && Object.hasOwn(answer, 'reason');
}
