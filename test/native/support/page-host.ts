import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Device } from '../../../lib/device.ts';
import type { DmError } from '../../../lib/errors.ts';
import { type PageHandler, type PageOptions, pageHandler } from '../../../lib/exporter/page/handler.ts';
import type { MetricsSource } from '../../../lib/exporter/source.ts';
import { changesBetween } from '../../../lib/monitor/changes.ts';
import type { Change, Monitor, WatchedDevice } from '../../../lib/monitor/types.ts';
import { lvmDeviceName } from '../../../lib/names.ts';
import { listed } from '../../unit/cli/make.ts';
import { watched } from '../../unit/cli/watch-script.ts';

/** A device of a host that a test describes. */
export interface Part {
  /** As the kernel stores it. */
  readonly name: string;
  readonly uuid: string | null;
  readonly minor: number;
  /** As `dmsetup status` prints them. */
  readonly lines: readonly string[];
  /** `major:minor` of what it stands on. */
  readonly on: readonly string[];
  readonly more?: Partial<WatchedDevice>;
}

/** A volume of the group `vg`, or a layer of one; `id` is a character that stands for the volume. */
export function lv(
  minor: number,
  [vg, name, layer]: readonly [vg: string, lv: string, layer?: string],
  line: string,
  on: readonly string[],
): Part {
  const id = `${vg}/${name}`
    .replace(/[^A-Za-z0-9]/g, '')
    .padEnd(32, 'x')
    .slice(0, 32);
  return {
    name: lvmDeviceName(vg, name, layer),
    uuid: `LVM-${'v'.repeat(32)}${id}${layer === undefined ? '' : `-${layer}`}`,
    minor,
    lines: [line],
    on,
  };
}

/** A host whose devices a test sets; its monitor tells what changes. */
export interface ScriptedHost {
  readonly source: MetricsSource;
  /** Shows these devices from now on and tells what has changed. */
  show(parts: readonly Part[], at?: number): void;
  /** Ends the monitor with an error, and each that a gathering starts, until `heal`. */
  fail(error: DmError): void;
  /** The next gathering starts a monitor that works. */
  heal(): void;
  /** How often a new monitor was asked for. */
  readonly gathered: number;
}

/** A host with these devices. */
export function scriptedHost(first: readonly Part[]): ScriptedHost {
  let parts = first;
  let current = worldOf(parts, Date.now());
  let gathered = 0;
  let feed = feedOf();
  let broken: DmError | undefined;
  const monitorOf = (from: Feed, failure?: DmError): Monitor => ({
    get current() {
      return failure === undefined ? current : new Map();
    },
    source: 'events',
    wakeups: 0,
    ready: failure === undefined ? Promise.resolve() : Promise.reject(failure),
    refresh: async () => current,
    on: () => () => {},
    until: () => Promise.reject(new Error('not in this script')),
    close() {},
    [Symbol.asyncIterator]: () => from.iterate(),
    async [Symbol.asyncDispose]() {},
  });
  let monitor = monitorOf(feed);
  const dm = { devices: async () => parts.map(toDevice) } as unknown as MetricsSource['dm'];
  return {
    source: {
      get monitor() {
        return monitor;
      },
      dm,
      async gather() {
        gathered++;
        feed = feedOf();
        monitor = monitorOf(feed, broken);
        return [];
      },
      close() {},
    },
    show(next, at = Date.now()) {
      const before = current;
      parts = next;
      current = worldOf(next, at);
      for (const name of new Set([...before.keys(), ...current.keys()]))
        for (const change of changesBetween(before.get(name), current.get(name), at)) feed.push(change);
    },
    fail(error) {
      broken = error;
      feed.fail(error);
    },
    heal() {
      broken = undefined;
    },
    get gathered() {
      return gathered;
    },
  };
}

/** A page that is served on loopback for a test. */
export interface ServedPage {
  readonly url: string;
  readonly page: PageHandler;
  readonly server: Server;
  close(): Promise<void>;
}

/** Serves the page of a source; `disks` are shown as sysfs would: name, size in sectors, by `major:minor`. */
export async function servePage(
  source: MetricsSource,
  disks: Readonly<Record<string, readonly [name: string, sectors: number]>> = {},
  options: PageOptions = {},
): Promise<ServedPage> {
  const sysfs = fakeSysfs(disks);
  const page = pageHandler(source, { host: 'storage-1', sysfs, ...options });
  const server = createServer((request, response) => {
    if (page(request, response)) return;
    response.writeHead(404);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    page,
    server,
    async close() {
      page.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(sysfs, { recursive: true });
    },
  };
}

function fakeSysfs(disks: Readonly<Record<string, readonly [name: string, sectors: number]>>): string {
  const root = mkdtempSync(join(tmpdir(), 'devmapper-sysfs-'));
  mkdirSync(join(root, 'dev/block'), { recursive: true });
  for (const [number, [name, sectors]] of Object.entries(disks)) {
    mkdirSync(join(root, 'block', name), { recursive: true });
    writeFileSync(join(root, 'block', name, 'dev'), `${number}\n`);
    writeFileSync(join(root, 'block', name, 'size'), `${sectors}\n`);
    symlinkSync(`../../block/${name}`, join(root, 'dev/block', number));
  }
  return root;
}

function worldOf(parts: readonly Part[], at: number): ReadonlyMap<string, WatchedDevice> {
  return new Map(
    parts.map(({ name, uuid, minor, lines, more }) => {
      const known = watched(name, uuid, lines, { readAt: at, minor, ...more });
      return [name, { ...known, info: { ...known.info, minor } }];
    }),
  );
}

function toDevice({ name, uuid, minor, lines, on }: Part): Device {
  const ends = lines.map((line) => line.split(' ').slice(0, 2).map(Number));
  const sectors = Math.max(0, ...ends.map(([start = 0, length = 0]) => start + length));
  const targets = lines.map((line) => line.split(' ')[2] ?? '');
  return listed(name, minor, { uuid, dependencies: on, targets, sectors });
}

interface Feed {
  push(change: Change): void;
  fail(error: Error): void;
  iterate(): AsyncIterator<Change, undefined>;
}

function feedOf(): Feed {
  const waiting: Change[] = [];
  let failure: Error | undefined;
  let wake = (): void => {};
  return {
    push(change) {
      waiting.push(change);
      wake();
    },
    fail(error) {
      failure = error;
      wake();
    },
    iterate: () => ({
      async next() {
        for (;;) {
          const value = waiting.shift();
          if (value !== undefined) return { done: false, value };
          if (failure !== undefined) throw failure;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
    }),
  };
}
