import type { Command } from 'commander';
import { DeviceMapper } from '../device-mapper.ts';
import { collectorNames } from '../exporter/catalogue.ts';
import { toExporterSettings } from '../exporter/exporter-options.ts';
import type { Address } from '../exporter/listen.ts';
import { type Log, wordsOf } from '../exporter/log.ts';
import { createExporter, type Exporter } from '../exporter/server.ts';
import { isWebConfigError } from '../exporter/web-error.ts';
import { openWebFiles } from '../exporter/web-files.ts';
import { packageVersion } from '../package-version.ts';
import { withLibraryOption } from './asking.ts';
import { exitStatus } from './exit.ts';
import { type ExporterFlags, exporterOptions, withExporterFlags } from './exporter-flags.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { logLines } from './log-lines.ts';
import { wrap } from './text.ts';

/** Adds `devmapper exporter`. */
export function addExporter(program: Command, io: Io, end: End): void {
  withLibraryOption(withExporterFlags(program.command('exporter')))
    .description('serve metrics to Prometheus, and a page for people')
    .addHelpText('after', help)
    .action(async (flags: ExporterFlags) => {
      const log = logLines(io.problems, flags['log.level'], flags['log.format']);
      const options = exporterOptions(flags);
      try {
        const settings = toExporterSettings(options);
        if (flags.check === true) {
          if (settings.webConfigFile !== undefined) await openWebFiles(settings.webConfigFile, log);
          await writeLines(io, ['flags and web configuration are well']);
          return;
        }
      } catch (error) {
        if (!isWebConfigError(error)) throw error;
        complain(io, error.message);
        end(exitStatus.usage);
        return;
      }
      const { library } = flags;
      const dm = DeviceMapper.open({ library });
      const exporter = createExporter({ ...options, dm, log });
      try {
        await serve(exporter, log);
      } catch (error) {
        if (!isWebConfigError(error)) throw error;
        complain(io, error.message);
        end(exitStatus.usage);
      } finally {
        await exporter.close();
        dm.close();
      }
    });
}

async function serve(exporter: Exporter, log: Log): Promise<void> {
  const ended = new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve);
  });
  process.on('SIGHUP', () => {
    log('info', 'reading the web configuration again', { signal: 'SIGHUP' });
    exporter.reload().catch((error) => log('error', 'could not read it', { err: wordsOf(error) }));
  });
  log('info', 'starting devmapper exporter', { version: packageVersion(), node: process.version });
  const addresses = await exporter.listen();
  for (const address of addresses) log('info', 'listening', words(address, exporter));
  const signal = await ended;
  log('info', 'ending', { signal, connections: exporter.connections });
  await exporter.close();
  log('info', 'ended');
}

function words({ host, port }: Address, { secure }: Exporter): Readonly<Record<string, string | boolean>> {
  if (port === undefined) return { address: host, tls: secure };
  const address = `${host}:${port}`;
  return { address, tls: secure, url: `${secure ? 'https' : 'http'}://${address}/` };
}

const help = `
Collectors: ${wrap(collectorNames.join(', '), 68).join('\n  ')}.
All but lvm are on. --no-collector.NAME switches one off, --collector.NAME one on.

Paths: /metrics; / is the page; /-/healthy and /-/ready for probes, which ask no
device. Names match as they are shown, escapes resolved: vg-home, and vg-a--b for a
volume group "vg" and a volume "a-b". The web configuration file is that of
Prometheus' exporter-toolkit, read again with every connection, see docs/exporter-web.md.

Exit status: 0 ended by SIGTERM, after what was being answered; 2 a flag or the web
configuration file is wrong; 3 it cannot listen, or the native part is missing.

Examples:
  devmapper exporter
  devmapper exporter --web.listen-address :19845 --web.config.file web.yml
  devmapper exporter --web.config.file web.yml --check
  devmapper exporter --collector.lvm --device.exclude '^docker-'
  curl http://127.0.0.1:19845/metrics`;
