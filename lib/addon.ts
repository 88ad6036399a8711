import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { DmError, type DmFailure } from './errors.ts';

/** A session on the native side. */
export type Handle = object & { readonly brand: 'devmapper session' };
/** A query and its device, as the addon takes them. */
export type Positional = readonly [query: number, name: string, uuid: string, major: number, minor: number];

/** The functions of the compiled addon, as native/addon.cc has them; they check nothing. */
export interface Addon {
  setFactories(device: typeof makeDevice, segment: typeof makeSegment, failure: typeof makeFailure): void;
  open(library: string | null, dispatch: (id: number, answer: unknown, places?: Int32Array) => void): Handle;
  submit(handle: Handle, id: number, ...rest: readonly [...Positional, timeout: number]): void;
  submitSet(handle: Handle, id: number, query: number, numbers: Uint32Array, timeout: number): void;
  subscribe(handle: Handle): void;
  ask(handle: Handle, id: number, ...rest: readonly [...Positional, timeout: number]): unknown;
  cancel(handle: Handle, id: number): void;
  keepAlive(handle: Handle, alive: boolean): void;
  close(handle: Handle): void;
  stuck(handle: Handle): number;
  // On file systems and block devices, for lib/workflows/system. They throw an Error with `code`, `errno`, `syscall` and
  // `path`; `freeze`, `syncFilesystem` and `flush` wait for the disk and so belong into a process of their own.
  freeze(path: string): void;
  thaw(path: string): void;
  syncFilesystem(path: string): void;
  flush(device: string): void;
  setReadOnly(device: string, readOnly: boolean): void;
  isReadOnly(device: string): boolean;
  /** Bytes. */
  deviceSize(device: string): number;
  /** The descriptor whose flock(2) it holds, or `null` if another open file has it. */
  lockFile(path: string): number | null;
  unlockFile(descriptor: number): void;
  /** Takes the flock(2) of an open file; `false` if another open file has it. */
  lockDescriptor(descriptor: number): boolean;
  /** Forgets what is cached of an open file or device and is on the disk. */
  dropCache(descriptor: number): void;
}

let loaded: Addon | undefined;

// Of the package, seen from lib/ and from dist/ alike.
const root = fileURLToPath(new URL('..', import.meta.url));

/** The file of the compiled addon, for a process of our own that loads it by itself. Throws an Error if there is none. */
export function addonPath(): string {
  return createRequire(import.meta.url)('node-gyp-build').resolve(root) as string;
}

/**
 * Loads the addon once: a prebuild if there is one, else the local build. Throws a {@link DmError} of reason `no-addon` if
 * there is none.
 */
export function loadAddon(): Addon {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
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

/** What the addon can be asked, in the order of `enum class Query` in native/records.h. */
export const queries = [
  'list',
  'info',
  'status',
  'table',
  'dependencies',
  'devices',
  'targets',
  'version',
] as const;

/** One of {@link queries}. */
export type Query = (typeof queries)[number];

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

/** Whether an answer is a failure. */
export function isFailure(answer: unknown): answer is DmFailure {
  return typeof answer === 'object' && answer !== null && Object.hasOwn(answer, 'reason');
}
