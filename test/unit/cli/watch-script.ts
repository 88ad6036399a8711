import { PassThrough } from 'node:stream';
import type { Io } from '../../../lib/cli/io.ts';
import { type Look, plainLook } from '../../../lib/cli/look.ts';
import type { DmError } from '../../../lib/errors.ts';
import type { Change, Monitor, WatchedDevice } from '../../../lib/monitor/types.ts';
import { device } from './make.ts';

/** A device as a monitor knows it, from lines as `dmsetup status` prints them. */
export function watched(
  name: string,
  uuid: string | null,
  lines: readonly string[],
  more: Partial<WatchedDevice> = {},
): WatchedDevice {
  const { segments, error: _, ...info } = device(name, uuid, ...lines);
  const { major, minor } = info;
  return {
    name,
    uuid,
    major,
    minor,
    info: info as WatchedDevice['info'],
    segments,
    readAt: 0,
    staleSince: null,
    error: null,
    live: true,
    ...more,
  };
}

/** The monitor's map of devices. */
export function worldOf(...devices: readonly WatchedDevice[]): ReadonlyMap<string, WatchedDevice> {
  return new Map(devices.map((each) => [each.name, each]));
}

/** A monitor that tells these changes, then ends, with `error` if one is given. */
export function scriptedMonitor(
  changes: readonly Change[],
  current: Monitor['current'] = new Map(),
  error?: DmError,
): Monitor {
  return {
    current,
    source: 'events',
    wakeups: 0,
    ready: Promise.resolve(),
    refresh: async () => current,
    on: () => () => {},
    until: () => Promise.reject(new Error('not in this script')),
    close() {},
    async *[Symbol.asyncIterator]() {
      yield* changes;
      if (error !== undefined) throw error;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Streams that keep what is written to them. */
export function keepingIo(look: Look = plainLook): Io & { written(): string; complained(): string } {
  const output = new PassThrough();
  const problems = new PassThrough();
  return {
    input: new PassThrough(),
    output,
    problems,
    look,
    written: () => String(output.read() ?? ''),
    complained: () => String(problems.read() ?? ''),
  };
}
