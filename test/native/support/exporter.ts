import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceMapper } from '../../../lib/device-mapper.ts';
import type { ExporterOptions } from '../../../lib/exporter/exporter-options.ts';
import type { FamilySamples } from '../../../lib/exporter/family.ts';
import type { Log } from '../../../lib/exporter/log.ts';
import { createExporter, type Exporter } from '../../../lib/exporter/server.ts';
import type { MetricsSource } from '../../../lib/exporter/source.ts';
import type { Monitor } from '../../../lib/monitor/types.ts';

/** A source that gathers what it is told to, where no device-mapper is needed. */
export interface FakeSource extends MetricsSource {
  /** The deadlines that were given. */
  readonly deadlines: (number | undefined)[];
  /** What the next gatherings resolve with; default one series. */
  families: () => Promise<readonly FamilySamples[]>;
}

/** Starts with `dm_up 1`. */
export function fakeSource(): FakeSource {
  const monitor = {
    current: new Map(),
    source: 'events',
    wakeups: 0,
    ready: Promise.resolve(),
    on: () => () => {},
    close: () => {},
    async *[Symbol.asyncIterator]() {
      await new Promise(() => {});
    },
  } as unknown as Monitor;
  const dm = { devices: async () => [], stuckCalls: 0 } as unknown as DeviceMapper;
  const source: FakeSource = {
    deadlines: [],
    families: async () => [up],
    gather(options) {
      source.deadlines.push(options?.deadline);
      return source.families();
    },
    monitor,
    dm,
    close: () => {},
  };
  return source;
}

/** `dm_up 1`. */
export const up: FamilySamples = {
  name: 'dm_up',
  type: 'gauge',
  help: 'Whether device-mapper has answered.',
  samples: [{ labels: {}, value: 1 }],
};

/** A family of many series, for a body of about `count` times 100 bytes. */
export function many(count: number): FamilySamples {
  const samples = Array.from({ length: count }, (_, each) => ({
    labels: { device: `vg-lv${each}-${'x'.repeat(60)}` },
    value: each,
  }));
  return { name: 'dm_device_size_bytes', type: 'gauge', help: 'Size.', unit: 'bytes', samples };
}

/** An exporter that listens on a free port of the loopback device, and what it has told its log. */
export interface Running {
  readonly exporter: Exporter;
  readonly source: FakeSource;
  readonly port: number;
  readonly url: string;
  readonly log: string[];
}

/** Starts one; `close` it in the end. */
export async function running(options: ExporterOptions = {}, source = fakeSource()): Promise<Running> {
  const log: string[] = [];
  const told: Log = (level, message, fields) =>
    log.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  const exporter = createExporter({ source, listenAddresses: ['127.0.0.1:0'], log: told, ...options });
  const [address] = await exporter.listen();
  const port = address?.port ?? 0;
  return { exporter, source, port, url: `${exporter.secure ? 'https' : 'http'}://127.0.0.1:${port}`, log };
}

/** A directory with certificates that openssl makes in it. */
export interface Certificates {
  readonly directory: string;
  /** The path of a file in it. */
  path(name: string): string;
  write(name: string, text: string): void;
  /** Makes `NAME.key` and `NAME.crt`, signed by the authority; `days` below 0 for one that has expired. */
  make(
    name: string,
    subjectAltName: string,
    options?: { readonly days?: number; readonly by?: string },
  ): void;
  remove(): void;
}

/** Makes an authority, `ca.crt`, and another one that nobody trusts, `other.crt`. */
export function certificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'devmapper-exporter-'));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const name of ['ca', 'other'])
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-days',
      '30',
      '-subj',
      `/CN=${name}`,
    );
  return {
    directory,
    path: (name) => join(directory, name),
    write: (name, text) => writeFileSync(join(directory, name), text),
    make(name, subjectAltName, { days = 30, by = 'ca' } = {}) {
      openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(join(directory, `${name}.ext`), `subjectAltName=${subjectAltName}\n`);
      const signed = ['-in', `${name}.csr`, '-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial'];
      openssl(
        'x509',
        '-req',
        ...signed,
        '-out',
        `${name}.crt`,
        '-days',
        String(days),
        '-extfile',
        `${name}.ext`,
      );
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Resolves when `holds` is true; looks every few milliseconds. Rejects after `limit` milliseconds. */
export async function eventually(holds: () => boolean, limit = 10_000): Promise<void> {
  const until = performance.now() + limit;
  while (!holds()) {
    if (performance.now() > until) throw new Error(`not within ${limit} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
