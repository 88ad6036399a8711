import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { hashSync } from 'bcryptjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, certificates, eventually } from './support/exporter.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let pki: Certificates;
const children = new Set<ChildProcessWithoutNullStreams>();
const servers = new Set<Server>();

beforeAll(() => {
  if (!existsSync(main)) throw new Error('dist is missing: run "npm run build:ts"');
  pki = certificates();
  pki.make('server', 'DNS:localhost,IP:127.0.0.1');
  pki.write('web.yml', 'tls_server_config: {cert_file: server.crt, key_file: server.key}\n');
  pki.write('wrong.yml', 'tls_server_config:\n  cert_fiel: a\n');
});
afterAll(() => pki.remove());
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const server of servers) server.close();
  children.clear();
  servers.clear();
});

describe('devmapper exporter', () => {
  it('serves metrics and a page until SIGTERM, says so in logfmt, and ends with 0', async () => {
    const { child, url, lines, ended } = await serving(['--web.listen-address', '127.0.0.1:0']);
    const metrics = await fetch(`${url}metrics`);
    expect(metrics.status).toBe(200);
    expect(await metrics.text()).toMatch(/^dm_up [01]$/m);
    expect(await (await fetch(url)).text()).toMatch(/^<!doctype html>/i);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(lines().at(0)).toMatch(
      /^time=\d{4}-\d\d-\d\dT\S+Z level=INFO msg="starting devmapper exporter" version=\S+ node=v\S+$/,
    );
    expect(lines().at(-1)).toMatch(/ level=INFO msg=ended$/);
  });

  it('answers the scrape that is under way at SIGTERM, and nothing that comes later', async () => {
    // A password that takes long to compare makes a scrape that takes long.
    pki.write('slow.yml', `basic_auth_users: {a: ${hashSync('b', 12)}}\n`);
    const flags = ['--web.listen-address', '127.0.0.1:0', '--web.config.file', pki.path('slow.yml')];
    const { child, url, ended, lines } = await serving(flags);
    const headers = { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` };
    let isDone = false;
    const scrape = fetch(`${url}metrics`, { headers }).finally(() => {
      isDone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGTERM');
    await eventually(() => lines().some((line) => line.includes('msg=ending')));
    expect(isDone).toBe(false);
    await expect(fetch(`${url}metrics`, { headers })).rejects.toThrow();
    const answer = await scrape;
    expect({ status: answer.status, connection: answer.headers.get('connection') }).toEqual({
      status: 200,
      connection: 'close',
    });
    expect(await answer.text()).toMatch(/^dm_up [01]$/m);
    expect(await ended).toBe(0);
  });

  it('logs JSON if that is wanted, and nothing below the level', async () => {
    const quiet = await serving(['--web.listen-address', '127.0.0.1:0', '--log.format', 'json']);
    for (const line of quiet.lines())
      expect(JSON.parse(line)).toMatchObject({ level: 'INFO', msg: expect.any(String) });
    quiet.child.kill('SIGTERM');
    await quiet.ended;
    const taken = await taking();
    const { status, stderr } = await run([
      '--log.level',
      'error',
      '--web.listen-address',
      `127.0.0.1:${taken}`,
    ]);
    expect({ status, lines: stderr.split('\n').length }).toEqual({ status: 3, lines: 2 });
  });

  it('listens where it is told to, several times', async () => {
    const flags = [
      '--web.listen-address',
      '127.0.0.1:0',
      '--web.listen-address=[::1]:0',
      '--web.telemetry-path',
      '/m',
    ];
    const { lines } = await serving(flags, 2);
    const urls = lines().flatMap((line) => / url=(\S+)/.exec(line)?.[1] ?? []);
    expect(urls.map((url) => url.replace(/:\d+\/$/, ''))).toEqual(['http://127.0.0.1', 'http://[::1]']);
    for (const url of urls) expect((await fetch(`${url}m`)).status).toBe(200);
  });

  it('serves TLS, and a certificate that is renewed at SIGHUP', async () => {
    const { child, url, lines } = await serving([
      '--web.listen-address',
      '127.0.0.1:0',
      '--web.config.file',
      pki.path('web.yml'),
    ]);
    expect(curl(['--cacert', pki.path('ca.crt'), `${url}metrics`])).toMatch(/^dm_up [01]$/m);
    pki.make('server', 'DNS:localhost,IP:127.0.0.1');
    child.kill('SIGHUP');
    await eventually(() => lines().some((line) => line.includes('the web configuration was read anew')));
    expect(curl(['--cacert', pki.path('ca.crt'), `${url}metrics`])).toMatch(/^dm_up [01]$/m);
  });

  it('listens on the socket that systemd passes', async () => {
    const server = createServer();
    servers.add(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { readonly port: number };
    const fd = (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
    const shell = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"';
    const child = spawn('sh', ['-c', shell, process.execPath, main, 'exporter', '--web.systemd-socket'], {
      stdio: ['pipe', 'pipe', 'pipe', fd],
    }) as ChildProcessWithoutNullStreams;
    const { ended, lines } = await follow(child);
    server.close();
    expect(lines().join('\n')).toContain(`address=127.0.0.1:${port}`);
    expect((await fetch(`http://127.0.0.1:${port}/-/healthy`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});

describe('wrong usage', () => {
  it.each([
    [['--web.listen-address', 'nonsense'], 'it must be HOST:PORT, [IPV6]:PORT or :PORT'],
    [['--web.listen-address', ':99999'], 'with a port from 0 to 65535'],
    [['--web.listen-address', 'vsock://:9100'], 'vsock cannot be listened on'],
    [['--web.telemetry-path', 'metrics'], 'It must be a path such as /metrics, and none below /-/.'],
    [['--web.telemetry-path', '/events'], "error: option '--web.telemetry-path <path>' argument '/events'"],
    [
      ['--web.listen-address', ':29901', '--web.listen-address', '127.0.0.1:29901'],
      ':29901 and 127.0.0.1:29901 are the same port, given twice.',
    ],
    [['--web.config.file', ''], 'It must be the path of a file'],
    [
      ['--web.config.file', '/nonexistent/web.yml'],
      '/nonexistent/web.yml: cannot be read: no such file or directory',
    ],
    [['--web.max-requests', '-1'], "error: option '--web.max-requests <n>' argument '-1' is invalid"],
    [['--timeout-offset', 'soon'], 'It must be a number of seconds'],
    [['--collector.nope'], "error: unknown option '--collector.nope'"],
    [['--no-collector.nope'], "error: unknown option '--no-collector.nope'"],
    [['--device.include', '('], 'Invalid regular expression'],
    [['--device.exclude', '[z-a]'], 'Invalid regular expression'],
    [['--log.level', 'loud'], 'Allowed choices are debug, info, warn, error'],
    [['--log.format', 'xml'], 'Allowed choices are logfmt, json'],
    [['--monitor.interval', '0'], 'It must be a whole number of milliseconds'],
    [['vg/home'], 'error: too many arguments'],
  ])('%j ends with 2 and says what is wrong', async (flags, words) => {
    const { status, stdout, stderr } = await run(flags);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^ +at |listenAddresses|telemetryPath/m);
  });

  it('of the web configuration is told with its line, also by --check, and ends with 2', async () => {
    for (const flags of [[], ['--check']]) {
      const { status, stderr } = await run(['--web.config.file', pki.path('wrong.yml'), ...flags]);
      expect(status).toBe(2);
      expect(stderr).toMatch(
        /^devmapper: \S+wrong\.yml:2: tls_server_config: unknown key "cert_fiel"; known are /m,
      );
    }
  });

  it('is not what --check finds where all is well', async () => {
    expect(await run(['--web.config.file', pki.path('web.yml'), '--check'])).toEqual({
      status: 0,
      stdout: 'flags and web configuration are well\n',
      stderr: '',
    });
  });
});

describe('what is in the way', () => {
  it('an address that is taken ends it with 3', async () => {
    const port = await taking();
    const { status, stderr } = await run(['--web.listen-address', `127.0.0.1:${port}`]);
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /^devmapper: cannot listen on 127\.0\.0\.1:\d+: another process listens there; .*EADDRINUSE/m,
    );
  });

  it('no socket of systemd ends it with 3', async () => {
    const { status, stderr } = await run(['--web.systemd-socket']);
    expect(status).toBe(3);
    expect(stderr).toContain('systemd has passed no sockets: LISTEN_FDS and LISTEN_PID are not set');
  });
});

it('--help names every flag that has help, and each collector', async () => {
  const { status, stdout } = await run(['--help']);
  expect(status).toBe(0);
  for (const flag of ['--web.listen-address', '--web.config.file', '--device.include', '--log.format'])
    expect(stdout).toContain(flag);
  expect(stdout).toMatch(/thin-pool/);
  expect(stdout).toMatch(/^Examples:\n {2}\S/m);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(100);
});

interface Serving {
  readonly child: ChildProcessWithoutNullStreams;
  readonly url: string;
  readonly lines: () => readonly string[];
  readonly ended: Promise<number | null>;
}

async function serving(flags: readonly string[], listeners = 1): Promise<Serving> {
  return follow(spawn(process.execPath, [main, 'exporter', ...flags]), listeners);
}

async function follow(child: ChildProcessWithoutNullStreams, listeners = 1): Promise<Serving> {
  children.add(child);
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = (): readonly string[] => text.split('\n').filter((line) => line !== '');
  const isListening = (): boolean => lines().filter((line) => line.includes('listening')).length >= listeners;
  await eventually(() => isListening() || child.exitCode !== null, 30_000);
  if (!isListening()) throw new Error(`it ended with ${child.exitCode}: ${text}`);
  const url = /url["=:]+(http[^\s"]+)/.exec(text)?.[1] ?? '';
  return { child, url, lines, ended };
}

// A port of the loopback device that is listened on.
async function taking(): Promise<number> {
  const server = createServer();
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { readonly port: number }).port;
}

function curl(args: readonly string[]): string {
  return execFileSync('curl', ['-sS', '--max-time', '20', ...args], { encoding: 'utf8' });
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(flags: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, 'exporter', ...flags], { timeout: 60_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}
