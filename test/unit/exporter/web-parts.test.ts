import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inheritedSockets } from '../../../lib/exporter/activation.ts';
import { acceptsGzip } from '../../../lib/exporter/content-coding.ts';
import { toExporterSettings } from '../../../lib/exporter/exporter-options.ts';
import { parseDuration } from '../../../lib/exporter/go-duration.ts';
import { parseAddress } from '../../../lib/exporter/listen.ts';
import { rateLimiter } from '../../../lib/exporter/rate-limit.ts';
import { scrapeDeadline } from '../../../lib/exporter/scrape-answer.ts';
import { namesOf } from '../../../lib/exporter/tls.ts';

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:19845', '127.0.0.1', 19_845],
    ['localhost:0', 'localhost', 0],
    [':19845', undefined, 19_845],
    ['[::1]:65535', '::1', 65_535],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
    ['0.0.0.0:9100', '0.0.0.0', 9100],
  ])('%s is understood', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  it.each([
    '',
    '19845',
    'localhost',
    '::1:19845',
    'a:b',
    ':65536',
    '[localhost]:1',
    '[]:1',
    'a b:1',
    '/run/x:1',
  ])('%j is refused', (text) => {
    expect(() => parseAddress(text)).toThrow(/it must be HOST:PORT, \[IPV6\]:PORT or :PORT/);
  });

  it('of vsock is refused with what to do', () => {
    expect(() => parseAddress('vsock://:9100')).toThrow('have systemd pass the socket');
  });

  it('is understood or refused with a TypeError, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((host) => `${host}:80`),
        ),
        (text) => {
          try {
            expect(parseAddress(text).port).toBeLessThanOrEqual(65_535);
          } catch (error) {
            expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
          }
        },
      ),
    );
  });
});

describe('the sockets that systemd passes', () => {
  it('begin with descriptor 3, and children do not hear of them', () => {
    const environment = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b', PATH: '/bin' };
    expect(inheritedSockets(environment, 7)).toEqual([3, 4]);
    expect(environment).toEqual({ PATH: '/bin' });
  });

  it.each([
    [{}, 'LISTEN_FDS and LISTEN_PID are not set'],
    [{ LISTEN_PID: '8', LISTEN_FDS: '1' }, 'meant for process 8, and this one is 7'],
    [{ LISTEN_PID: '7', LISTEN_FDS: '0' }, 'LISTEN_FDS is "0"'],
    [{ LISTEN_PID: '7', LISTEN_FDS: '1e9' }, 'LISTEN_FDS is "1e9"'],
  ])('are missed where the environment is %j', (environment, words) => {
    expect(() => inheritedSockets({ ...environment }, 7)).toThrow(words);
  });
});

describe('a duration of Go', () => {
  it.each([
    ['0', 0],
    ['1s', 1000],
    ['1.5h', 5_400_000],
    ['1m30s', 90_000],
    ['100us', 0.1],
    ['+2ms', 2],
  ])('%s is understood', (text, milliseconds) => {
    expect(parseDuration(text)).toBeCloseTo(milliseconds, 9);
  });

  it.each(['', '1', 's', '-1s', '1 s', '1d', '1s2', '9999h', '.s'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('is a number of milliseconds or nothing, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.smhnu+-') }), (text) => {
        const milliseconds = parseDuration(text);
        expect(milliseconds === undefined || (milliseconds >= 0 && milliseconds < 2 ** 31)).toBe(true);
      }),
    );
  });
});

describe('Accept-Encoding', () => {
  it.each([
    ['gzip', true],
    ['deflate, gzip;q=0.5', true],
    ['*', true],
    ['*;q=0.1, br', true],
    ['x-gzip', true],
    ['gzip;q=0', false],
    ['gzip;q=0.000, *', false],
    ['identity', false],
    [undefined, false],
    ['', false],
  ])('%j: %s', (header, wanted) => {
    expect(acceptsGzip(header)).toBe(wanted);
  });
});

describe('the deadline of a scrape', () => {
  it.each([
    ['10', 9500],
    ['2.5', 2000],
    ['0.6', 300],
    ['0.001', 1],
    ['99999', 59_500],
    [undefined, 5000],
    ['0', 5000],
    ['-1', 5000],
    ['NaN', 5000],
    ['1e3', 5000],
  ])('of X-Prometheus-Scrape-Timeout-Seconds %j is %i ms', (header, milliseconds) => {
    expect(scrapeDeadline(header, 500)).toBe(milliseconds);
  });
});

describe('a rate limit', () => {
  it('lets a burst pass, and then one every interval', () => {
    const pass = rateLimiter({ interval: 100, burst: 2 });
    expect([0, 0, 0, 99, 100, 150, 1000, 1000, 1000].map((at) => pass(at))).toEqual([
      ...[true, true, false, false, true, false],
      ...[true, true, false],
    ]);
  });

  it('with a burst of 0 lets nothing pass, as in the toolkit', () => {
    const pass = rateLimiter({ interval: 1, burst: 0 });
    expect([0, 1000].map((at) => pass(at))).toEqual([false, false]);
  });

  it('that is none lets all pass', () => {
    expect(rateLimiter(undefined)()).toBe(true);
  });
});

describe("the names of a client's certificate", () => {
  it('are those of DNS, mail, URI and address, addresses as Go writes them', () => {
    const text =
      'DNS:a.example, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1, email:x@y, URI:spiffe://t/p';
    expect(namesOf(text)).toEqual(['a.example', '10.0.0.1', '::1', 'x@y', 'spiffe://t/p']);
  });

  it('cannot be made up by commas in one of them', () => {
    expect(namesOf('DNS:"a, DNS:admin", URI:b')).toEqual(['a, DNS:admin', 'b']);
    expect(namesOf('othername:<unsupported>, DNS:c')).toEqual(['c']);
    expect(namesOf('')).toEqual([]);
  });
});

describe('the options of an exporter', () => {
  it('are loopback, /metrics and 40 scrapes at once by default', () => {
    expect(toExporterSettings({})).toMatchObject({
      listenAddresses: ['127.0.0.1:19845'],
      telemetryPath: '/metrics',
      maxRequests: 40,
      systemdSocket: false,
      webConfigFile: undefined,
    });
  });

  it.each([
    [{ port: 1 }, '"options.port" must be left out'],
    [{ listenAddresses: [] }, '"listenAddresses" must be a list of addresses'],
    [{ listenAddresses: [1] }, '"listenAddresses" must be a list of strings, not number'],
    [{ listenAddresses: ['x'] }, 'it must be HOST:PORT'],
    [{ telemetryPath: 'metrics' }, '"telemetryPath" must be a path'],
    [{ telemetryPath: '/-/healthy' }, '"telemetryPath" must be a path'],
    ...['/', '/events', '/page.js', '/page.css', '/page.svg'].map((telemetryPath): [object, string] => [
      { telemetryPath },
      `"telemetryPath" must be another path than ${telemetryPath}, which is one of the page's own`,
    ]),
    ...[
      [':29901', '127.0.0.1:29901'],
      ['[::1]:29901', ':29901'],
      ['127.0.0.1:29901', '127.0.0.1:29901'],
      ['127.0.0.1:29901', '0.0.0.0:29901'],
      ['127.0.0.1:29901', '[::]:29901'],
    ].map((listenAddresses): [object, string] => [
      { listenAddresses },
      `${listenAddresses.join(' and ')} are the same port, given twice`,
    ]),
    [{ telemetryPath: '/a?b' }, '"telemetryPath" must be a path'],
    [{ maxRequests: -1 }, '"maxRequests" must be an integer'],
    [{ webConfigFile: '' }, '"webConfigFile" must be the path of a file'],
    [{ limits: { conections: 1 } }, '"limits.conections" must be left out'],
    [{ limits: { connections: 0 } }, '"limits.connections" must be an integer'],
    [{ log: true }, '"log" must be a function'],
    [{ interval: 0 }, '"timeout" must be an integer'],
    [{ source: {} }, '"source" must be a MetricsSource'],
    [{ source: { gather() {} }, interval: 5 }, 'must be left out'],
  ])('%j are refused', (options, words) => {
    expect(() => toExporterSettings(options as never)).toThrow(words);
  });
});
