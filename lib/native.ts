import { abortError, onAbort } from './abort.ts';
import {
  type Addon,
  type Handle,
  isFailure,
  loadAddon,
  type Positional,
  type Query,
  queries,
  type RawDevice,
} from './addon.ts';
import { closedError, DmError } from './errors.ts';

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
  const events: Events = { listener: undefined, told: [] };
  const library = source === 'direct' ? null : (source.library ?? '');
  const handle = addon.open(library, dispatchTo(addon, pending, events));
  let nextId = 0;
  let closed = false;
  let isKept = false;

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
      if (keepsAlive) keep(addon, pending, handle);
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
      if (closed || alive === isKept) return;
      isKept = alive;
      (alive ? keep : release)(addon, pending, handle);
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

/** The calls that wait for an answer. While there are any, their handle keeps the session from being collected. */
interface Pending {
  readonly calls: Map<number, PendingCall>;
  /** How many want the process to stay alive: calls, and the session's owner. */
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
function dispatchTo(
  addon: Addon,
  pending: Pending,
  events: Events,
): (id: number, answer: unknown, places?: Int32Array) => void {
  return (id, answer, places) => {
    if (id === eventsId) {
      events.listener?.(
        isFailure(answer) ? new DmError(answer) : relisted(events, answer as readonly RawDevice[], places),
      );
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
  if (call?.keepsAlive) release(addon, pending, call.handle);
  return call;
}

// The process stays alive for as long as a call or the session's owner wants it: neither may end what the other began.
function keep(addon: Addon, pending: Pending, handle: Handle): void {
  if (++pending.keeping === 1) addon.keepAlive(handle, true);
}

function release(addon: Addon, pending: Pending, handle: Handle): void {
  if (--pending.keeping === 0) addon.keepAlive(handle, false);
}

// The id of deliveries that are events, as native/events.h has it.
const eventsId = 0xffff_ffff;

interface Events {
  listener: EventListener | undefined;
  told: readonly RawDevice[];
}

// Devices that are as they were in the list before keep their objects; `places` says where they were in it.
function relisted(
  events: Events,
  fresh: readonly RawDevice[],
  places: Int32Array | undefined,
): readonly RawDevice[] {
  const { told } = events;
  const devices: RawDevice[] = [];
  let next = 0;
  for (const place of places ?? []) {
    const device = place < 0 ? fresh[next++] : told[place];
    if (device !== undefined) devices.push(device);
  }
  events.told = devices;
  return devices;
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
