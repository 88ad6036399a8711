import { invalidType, requireInteger, requireOnly } from '../arguments.ts';
import { type Limits, usualLimits } from './limits.ts';
import { parseAddress } from './listen.ts';
import type { Log } from './log.ts';
import { assets } from './page/assets.ts';
import { type SourceOptions, toSettings } from './settings.ts';
import type { MetricsSource } from './source.ts';

/** How an exporter serves, and, unless there is a source already, what it measures. */
export interface ExporterOptions extends SourceOptions {
  /** Whose metrics are served; it is not closed with the exporter. Without it, one is opened with the other options. */
  readonly source?: MetricsSource | undefined;
  /** Where to listen, as `HOST:PORT`, `[IPV6]:PORT` or `:PORT`; default {@link defaultAddress}. */
  readonly listenAddresses?: readonly string[] | undefined;
  /** Listens on the sockets that systemd has passed, instead of `listenAddresses`. */
  readonly systemdSocket?: boolean | undefined;
  /** The path of the metrics; default `/metrics`. */
  readonly telemetryPath?: string | undefined;
  /** A web configuration file in the format of Prometheus' exporter-toolkit; default none: HTTP for everybody. */
  readonly webConfigFile?: string | undefined;
  /** How many scrapes are answered at the same time, others get 503; 0 for any number; default 40. */
  readonly maxRequests?: number | undefined;
  /** Milliseconds that an answer is ready before Prometheus gives up; default 500. */
  readonly timeoutOffset?: number | undefined;
  /** Other bounds of connections than the usual ones. */
  readonly limits?: Partial<Limits> | undefined;
  /** Takes what there is to say; default nobody. */
  readonly log?: Log | undefined;
}

/** The checked options of an exporter, with their defaults. */
export interface ExporterSettings {
  readonly source: MetricsSource | undefined;
  readonly sourceOptions: SourceOptions;
  readonly listenAddresses: readonly string[];
  readonly systemdSocket: boolean;
  readonly telemetryPath: string;
  readonly webConfigFile: string | undefined;
  readonly maxRequests: number;
  readonly timeoutOffset: number;
  readonly limits: Limits;
  readonly log: Log;
}

/**
 * Loopback only, as what is served tells of a host's disks. The port is that of the other LVM exporter (9845) in the
 * next ten thousand: 9100 to 9999, which Prometheus gives to exporters, are all taken.
 */
export const defaultAddress = '127.0.0.1:19845';

/** Checks every option; throws a TypeError or RangeError that names the wrong one. */
export function toExporterSettings(options: ExporterOptions): ExporterSettings {
  requireOnly(options, [...ownKeys, ...sourceKeys]);
  const { source, log = () => {}, systemdSocket = false } = options;
  const { listenAddresses = [defaultAddress], telemetryPath = '/metrics', webConfigFile } = options;
  const own = new Set<string>(ownKeys);
  const sourceOptions = Object.fromEntries(Object.entries(options).filter(([key]) => !own.has(key)));
  if (source !== undefined) requireOnly(sourceOptions, [], 'options beside "source"');
  else toSettings(sourceOptions);
  if (source !== undefined && typeof (source as { gather?: unknown } | null)?.gather !== 'function')
    throw invalidType('source', 'a MetricsSource', source);
  if (typeof log !== 'function') throw invalidType('log', 'a function', log);
  if (typeof systemdSocket !== 'boolean') throw invalidType('systemdSocket', 'a boolean', systemdSocket);
  if (!Array.isArray(listenAddresses) || listenAddresses.length === 0)
    throw invalidType('listenAddresses', 'a list of addresses', listenAddresses);
  const twice = sharedPort(listenAddresses);
  if (twice !== undefined)
    throw Object.assign(new TypeError(`"listenAddresses": ${twice}`), { code: 'ERR_INVALID_ARG_VALUE' });
  if (webConfigFile !== undefined && (typeof webConfigFile !== 'string' || webConfigFile === ''))
    throw invalidType('webConfigFile', 'the path of a file', webConfigFile);
  return {
    source,
    sourceOptions,
    listenAddresses: [...listenAddresses],
    systemdSocket,
    telemetryPath: requirePath(telemetryPath),
    webConfigFile,
    maxRequests: requireInteger('maxRequests', options.maxRequests ?? 40, 0, 1_000_000),
    timeoutOffset: requireInteger('timeoutOffset', options.timeoutOffset ?? 500, 0, 300_000),
    limits: requireLimits(options.limits ?? {}),
    log,
  };
}

const ownKeys = [
  ...['source', 'listenAddresses', 'systemdSocket', 'telemetryPath', 'webConfigFile', 'maxRequests'],
  ...['timeoutOffset', 'limits', 'log'],
];
const sourceKeys = [
  ...['dm', 'interval', 'deadline', 'extentSectors', 'include', 'exclude', 'internal', 'collectors'],
  ...['lvm', 'lvmMaxAge'],
];

function requirePath(path: unknown): string {
  if (typeof path !== 'string') throw invalidType('telemetryPath', 'a string', path);
  const problem = pathProblem(path);
  if (problem === undefined) return path;
  throw Object.assign(new TypeError(`"telemetryPath" ${problem}`), { code: 'ERR_INVALID_ARG_VALUE' });
}

/** What is wrong with a path of the metrics, as the rest of a sentence; undefined if nothing is. */
export function pathProblem(path: string): string | undefined {
  if (!/^\/[A-Za-z0-9._~/-]*$/.test(path) || path.startsWith('/-/'))
    return 'must be a path such as /metrics, and none below /-/';
  const isOwn = path === '/' || path === '/events' || assets.has(path.slice(1));
  return isOwn ? `must be another path than ${path}, which is one of the page's own` : undefined;
}

/** Which two addresses have the same port, so that they cannot both be listened on; undefined if none have. */
export function sharedPort(addresses: readonly string[]): string | undefined {
  for (const [index, address] of addresses.entries()) {
    const { host, port } = parseAddress(address);
    const other = addresses.slice(0, index).find((each) => {
      const before = parseAddress(each);
      if (port === 0 || before.port !== port) return false;
      return before.host === host || isAll(before.host, host) || isAll(host, before.host);
    });
    if (other !== undefined) return `${other} and ${address} are the same port, given twice`;
  }
  return undefined;
}

// Node listens on IPv4 too where it listens on all of IPv6.
function isAll(host: string | undefined, other: string | undefined): boolean {
  return host === undefined || host === '::' || (host === '0.0.0.0' && !other?.includes(':'));
}

function requireLimits(given: Partial<Limits>): Limits {
  requireOnly(given, Object.keys(usualLimits), 'limits');
  const limits = { ...usualLimits, ...given };
  for (const [name, value] of Object.entries(limits)) requireInteger(`limits.${name}`, value, 1, 2 ** 31 - 1);
  return limits;
}
