import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { type ExporterFlags, exporterOptions, withExporterFlags } from '../../../lib/cli/exporter-flags.ts';
import { logfmt, logLines } from '../../../lib/cli/log-lines.ts';
import { collectorNames } from '../../../lib/exporter/catalogue.ts';
import { toExporterSettings } from '../../../lib/exporter/exporter-options.ts';

const options = (...flags: readonly string[]) => {
  const command = withExporterFlags(new Command('exporter')).exitOverride();
  return exporterOptions(command.parse([...flags], { from: 'user' }).opts<ExporterFlags>());
};

describe('the flags of devmapper exporter', () => {
  it('are none: what the library does by itself', () => {
    const given = options();
    const { log: _, sourceOptions, ...settings } = toExporterSettings(given);
    const { log: __, sourceOptions: ___, ...defaults } = toExporterSettings({});
    expect(settings).toEqual(defaults);
    expect(sourceOptions).toMatchObject({ collectors: {}, internal: false });
    expect(given).toMatchObject({ interval: 1000, deadline: 1000, lvmMaxAge: 60_000 });
  });

  it.each(collectorNames)('switch the collector %s on and off', (name) => {
    expect(options(`--collector.${name}`).collectors).toEqual({ [name]: true });
    expect(options(`--no-collector.${name}`).collectors).toEqual({ [name]: false });
  });

  it('switch off all collectors but those that are named', () => {
    const { collectors } = options(
      '--collector.disable-defaults',
      '--collector.thin-pool',
      '--collector.lvm',
    );
    const on = Object.entries(collectors ?? {}).filter(([, isOn]) => isOn);
    expect(on.map(([name]) => name).sort()).toEqual(['lvm', 'thin-pool']);
    expect(Object.keys(collectors ?? {}).sort()).toEqual([...collectorNames].sort());
  });

  it('are those of every exporter', () => {
    expect(
      options(
        ...['--web.listen-address', ':1', '--web.listen-address=[::1]:2', '--web.telemetry-path=/m'],
        ...['--web.config.file', 'web.yml', '--web.systemd-socket', '--web.max-requests', '0'],
        ...[
          '--timeout-offset',
          '0.25',
          '--device.include',
          '^vg-',
          '--device.exclude=swap',
          '--device.internal',
        ],
        ...['--device.deadline', '2000', '--monitor.interval=500', '--collector.lvm.max-age', '5000'],
      ),
    ).toEqual({
      listenAddresses: [':1', '[::1]:2'],
      telemetryPath: '/m',
      webConfigFile: 'web.yml',
      systemdSocket: true,
      maxRequests: 0,
      timeoutOffset: 250,
      collectors: {},
      lvmMaxAge: 5000,
      include: /^vg-/u,
      exclude: /swap/u,
      internal: true,
      deadline: 2000,
      interval: 500,
    });
  });
});

describe('a line of the log', () => {
  it.each([
    [{ a: 'plain', b: 1, c: true }, 'a=plain b=1 c=true'],
    [{ url: 'http://[::1]:1/' }, 'url=http://[::1]:1/'],
    [{ a: 'two words' }, 'a="two words"'],
    [{ a: '' }, 'a=""'],
    [{ a: 'x=y' }, 'a="x=y"'],
    [{ a: 'say "hi"\\\n' }, 'a="say \\"hi\\"\\\\\\n"'],
    [{ a: '\x1b[31m\u202e' }, 'a="\\x1b[31m\\u{202e}"'],
  ])('of %j is %s', (fields, line) => {
    expect(logfmt(fields)).toBe(line);
  });

  it('has time, level and message, and is there from its level on', () => {
    const stream = new PassThrough();
    const log = logLines(stream, 'warn', 'logfmt');
    log('info', 'not this');
    log('error', 'this one', { err: 'x' });
    expect(String(stream.read())).toMatch(/^time=\S+Z level=ERROR msg="this one" err=x\n$/);
    const json = new PassThrough();
    logLines(json, 'debug', 'json')('debug', 'a\nb', { n: 1 });
    expect(JSON.parse(String(json.read()))).toMatchObject({ level: 'DEBUG', msg: 'a\nb', n: 1 });
  });

  it('is dropped where nobody reads, rather than kept', () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const log = logLines(stream, 'info', 'logfmt');
    for (let round = 0; round < 3000; round++) log('info', 'x'.repeat(1000));
    expect(stream.writableLength + stream.readableLength).toBeLessThan(1_100_000);
  });
});
