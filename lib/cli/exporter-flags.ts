import { type Command, InvalidArgumentError, Option } from 'commander';
import { collectorNames } from '../exporter/catalogue.ts';
import type { ExporterOptions } from '../exporter/exporter-options.ts';
import { defaultAddress, pathProblem, sharedPort } from '../exporter/exporter-options.ts';
import { parseAddress } from '../exporter/listen.ts';
import type { LogLevel } from '../exporter/log.ts';
import { milliseconds } from './asking.ts';
import { type LogFormat, logLevels } from './log-lines.ts';

/** The flags of `devmapper exporter`, by commander's names of them. */
export type ExporterFlags = Readonly<Record<string, unknown>> & {
  readonly 'log.level': LogLevel;
  readonly 'log.format': LogFormat;
  readonly check?: boolean;
  readonly library?: string;
};

/** Adds the flags as those know them who run node_exporter. */
export function withExporterFlags(command: Command): Command {
  command
    .addOption(
      new Option(
        '--web.listen-address <address>',
        'where to listen: HOST:PORT, [IPV6]:PORT or :PORT; may be repeated',
      )
        .argParser(addAddress)
        .default(undefined, defaultAddress),
    )
    .option('--web.telemetry-path <path>', 'the path of the metrics', telemetryPath, '/metrics')
    .option('--web.config.file <path>', 'TLS, passwords and headers, as in every exporter', path)
    .option('--web.systemd-socket', 'listen on the sockets that systemd passes')
    .option('--web.max-requests <n>', 'so many scrapes at the same time, 0 for any number', count, 40)
    .option('--timeout-offset <seconds>', 'be ready so long before Prometheus gives up', seconds, 0.5);
  for (const name of collectorNames)
    command
      .addOption(new Option(`--collector.${name}`).hideHelp())
      .addOption(new Option(`--no-collector.${name}`).hideHelp());
  return command
    .option('--collector.disable-defaults', 'only the collectors that are named')
    .option('--collector.lvm.max-age <ms>', 'make a report of lvm that often', milliseconds, 60_000)
    .option('--device.include <regexp>', 'only devices whose name matches', pattern)
    .option('--device.exclude <regexp>', 'no devices whose name matches', pattern)
    .option('--device.internal', 'also the internal layers of volumes')
    .option('--device.deadline <ms>', 'a device that takes longer to answer is stale', milliseconds, 1000)
    .option('--monitor.interval <ms>', 'look that often at what moves without an event', milliseconds, 1000)
    .addOption(new Option('--log.level <level>').choices(logLevels).default('info'))
    .addOption(new Option('--log.format <format>').choices(['logfmt', 'json']).default('logfmt'))
    .option('--check', 'check the flags and the web configuration, and do no more');
}

/** The options of an exporter that flags stand for. */
export function exporterOptions(flags: ExporterFlags): ExporterOptions {
  const collectors: Record<string, boolean> = {};
  for (const name of collectorNames) {
    const isOn = flags[`collector.${camel(name)}`];
    if (typeof isOn === 'boolean') collectors[name] = isOn;
    else if (flags['collector.disableDefaults'] === true) collectors[name] = false;
  }
  const options = {
    listenAddresses: flags['web.listenAddress'] ?? [defaultAddress],
    telemetryPath: flags['web.telemetryPath'],
    webConfigFile: flags['web.config.file'],
    systemdSocket: flags['web.systemdSocket'] ?? false,
    maxRequests: flags['web.maxRequests'],
    timeoutOffset: Math.round(Number(flags.timeoutOffset) * 1000),
    collectors,
    lvmMaxAge: flags['collector.lvm.maxAge'],
    include: flags['device.include'],
    exclude: flags['device.exclude'],
    internal: flags['device.internal'] ?? false,
    deadline: flags['device.deadline'],
    interval: flags['monitor.interval'],
  };
  // Every one of them has been read by the functions below, and is checked once more by those who take them.
  return options as ExporterOptions;
}

// As commander names an option's value.
function camel(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function addAddress(value: string, before: readonly string[] | undefined): readonly string[] {
  try {
    parseAddress(value);
  } catch (error) {
    throw new InvalidArgumentError(`${reasonOf(error)}.`);
  }
  const addresses = [...(before ?? []), value];
  const twice = sharedPort(addresses);
  if (twice !== undefined) throw new InvalidArgumentError(`${twice}.`);
  return addresses;
}

// What is wrong, without the name that the library has for the flag.
function reasonOf(error: unknown): string {
  return error instanceof Error && 'reason' in error ? String(error.reason) : '';
}

function telemetryPath(value: string): string {
  const problem = pathProblem(value);
  if (problem === undefined) return value;
  throw new InvalidArgumentError(`It ${problem}.`);
}

function path(value: string): string {
  if (value !== '') return value;
  throw new InvalidArgumentError('It must be the path of a file.');
}

function count(value: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number, from 0 to 999999.');
}

function seconds(value: string): number {
  if (/^\d{1,3}(?:\.\d{1,3})?$/.test(value) && Number(value) <= 300) return Number(value);
  throw new InvalidArgumentError('It must be a number of seconds, such as 0.5; at most 300.');
}

function pattern(value: string): RegExp {
  try {
    return new RegExp(value, 'u');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : '');
  }
}
