import { copyFileSync, readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { hashSync } from 'bcryptjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createExporter } from '../../lib/exporter/server.ts';
import { type Certificates, certificates, fakeSource, type Running, running } from './support/exporter.ts';

let pki: Certificates;
let ca: string;
let server: Running | undefined;
const cost = 5;

beforeAll(() => {
  pki = certificates();
  pki.make('server', 'DNS:localhost,IP:127.0.0.1');
  pki.make('renewed', 'DNS:localhost,IP:127.0.0.1');
  pki.make('expired', 'DNS:localhost,IP:127.0.0.1', { days: -1 });
  pki.make('client', 'DNS:prometheus.example,IP:::1,email:ops@example.org,URI:spiffe://example/prometheus');
  pki.make('stranger', 'DNS:prometheus.example', { by: 'other' });
  pki.make('old', 'DNS:prometheus.example', { days: -1 });
  ca = read('ca.crt');
});
afterAll(() => pki.remove());
afterEach(async () => {
  await server?.exporter.close(0);
  server = undefined;
});

describe('TLS', () => {
  it('is served as the file says, HTTP/2 to those who have it', async () => {
    await start(tls());
    const { status, alpn, protocol } = await ask('/metrics');
    expect({ status, alpn, protocol }).toEqual({ status: 200, alpn: 'http/1.1', protocol: 'TLSv1.3' });
    expect(await ask2('/metrics')).toMatchObject({ ':status': 200 });
  });

  it('has no HTTP/2 where that is off', async () => {
    await start(`${tls()}http_server_config: {http2: false}\n`);
    expect(await shake({ ALPNProtocols: ['h2', 'http/1.1'] })).toMatchObject({ alpnProtocol: 'http/1.1' });
  });

  it('is served from PEM in the file itself', async () => {
    const pem = (name: string): string => read(name).trim().replaceAll('\n', '\n    ');
    await start(
      `tls_server_config:\n  cert: |\n    ${pem('server.crt')}\n  key: |\n    ${pem('server.key')}\n`,
    );
    expect(await ask('/metrics')).toMatchObject({ status: 200 });
  });

  it.each([
    ['TLSv1.1', '', undefined],
    ['TLSv1.2', '', 'TLSv1.2'],
    ['TLSv1.3', '', 'TLSv1.3'],
    ['TLSv1.2', 'min_version: TLS13', undefined],
    ['TLSv1.3', 'max_version: TLS12', undefined],
    ['TLSv1', 'min_version: TLS10', 'TLSv1'],
    ['TLSv1.1', 'min_version: TLS11', 'TLSv1.1'],
  ] as const)('of version %s with %j ends up as %s', async (version, line, agreed) => {
    await start(tls(line));
    const asked = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const socket = await shake(asked).catch(() => undefined);
    expect(socket?.protocol).toBe(agreed);
  });

  it.each([
    ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
    ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
    ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA'],
    ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ])('with %s alone has that for TLS 1.2, and those of TLS 1.3 all the same', async (suite, name) => {
    await start(`${tls(`cipher_suites: [${suite}]`)}http_server_config: {http2: false}\n`);
    expect(await shake({ maxVersion: 'TLSv1.2' })).toMatchObject({ cipher: name });
    expect(await shake({})).toMatchObject({ protocol: 'TLSv1.3' });
    const other = name.includes('GCM') ? 'ECDHE-ECDSA-AES128-SHA' : 'ECDHE-ECDSA-AES128-GCM-SHA256';
    await expect(shake({ maxVersion: 'TLSv1.2', ciphers: other })).rejects.toThrow();
  });

  it('with curves has those alone', async () => {
    await start(tls('curve_preferences: [CurveP384]'));
    expect(await shake({ ecdhCurve: 'P-384' })).toMatchObject({ protocol: 'TLSv1.3' });
    await expect(shake({ ecdhCurve: 'X25519' })).rejects.toThrow();
  });

  it('answers nothing to who speaks without it, and says so in the log once a minute', async () => {
    const { port, log } = await start(tls());
    for (let round = 0; round < 3; round++)
      await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
    expect(log.filter((line) => line.includes('it speaks HTTP without TLS'))).toHaveLength(1);
    expect(await ask('/metrics')).toMatchObject({ status: 200 });
  });
});

describe('a client certificate', () => {
  const none = {};
  const known = 'client';
  it.each([
    ['NoClientCert', undefined, true],
    ['NoClientCert', 'stranger', true],
    ['RequestClientCert', undefined, true],
    ['RequestClientCert', 'stranger', true],
    ['RequireAnyClientCert', undefined, false],
    ['RequireAnyClientCert', 'stranger', true],
    ['VerifyClientCertIfGiven', undefined, true],
    ['VerifyClientCertIfGiven', 'stranger', false],
    ['VerifyClientCertIfGiven', known, true],
    ['RequireAndVerifyClientCert', undefined, false],
    ['RequireAndVerifyClientCert', 'stranger', false],
    ['RequireAndVerifyClientCert', 'old', false],
    ['RequireAndVerifyClientCert', known, true],
  ])('%s of %s: %s', async (type, name, isLetIn) => {
    const authority = type === 'NoClientCert' ? '' : 'client_ca_file: ca.crt';
    await start(tls(`client_auth_type: ${type}`, authority));
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { ...(name === undefined ? none : identity(name)), maxVersion };
      const status = await ask('/metrics', options).then(
        (answer) => answer.status,
        () => undefined,
      );
      expect(status).toBe(isLetIn ? 200 : undefined);
    }
    if (!isLetIn) expect(server?.log.join('\n')).toContain('warn a client was refused');
  });

  it.each([
    ['[prometheus.example]', true],
    ['["::1"]', true],
    ['[ops@example.org]', true],
    ['["spiffe://example/prometheus"]', true],
    ['[other.example, Prometheus.example]', false],
    ['[]', false],
  ])('with client_allowed_sans %s: %s', async (names, isLetIn) => {
    const lines = ['client_ca_file: ca.crt', 'client_auth_type: RequireAndVerifyClientCert'];
    await start(tls(...lines, `client_allowed_sans: ${names}`));
    const asked = ask('/metrics', identity(known));
    if (isLetIn) expect(await asked).toMatchObject({ status: 200 });
    else await expect(asked).rejects.toThrow();
  });

  it('is wanted anew with every connection: a session cannot be taken up without it', async () => {
    await start(tls('client_ca_file: ca.crt', 'client_auth_type: RequireAndVerifyClientCert'));
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { session } = await shake({ ...identity(known), maxVersion }, 300);
      const again = ask('/metrics', { maxVersion, ...(session === undefined ? {} : { session }) });
      await expect(again).rejects.toThrow();
    }
  });
});

describe('a password', () => {
  it('is asked for, of every path, and the right one lets in', async () => {
    await start(tls() + users({ alice: 'secret' }));
    for (const path of ['/metrics', '/', '/events', '/-/healthy', '/nope']) {
      const { status, headers } = await ask(path);
      expect({ status, asks: headers['www-authenticate'] }).toEqual({
        status: 401,
        asks: 'Basic realm="devmapper exporter", charset="UTF-8"',
      });
    }
    expect(server?.source.deadlines).toEqual([]);
    expect(await ask('/metrics', basic('alice', 'wrong'))).toMatchObject({ status: 401 });
    expect(await ask('/metrics', basic('mallory', 'secret'))).toMatchObject({ status: 401 });
    expect(await ask('/metrics', basic('alice', 'secret'))).toMatchObject({ status: 200 });
    expect(await ask2('/metrics', basic('alice', 'secret').headers)).toMatchObject({ ':status': 200 });
    expect(await ask2('/metrics')).toMatchObject({ ':status': 401 });
  });

  it('that has changed in the file is wanted of connections there are already', async () => {
    await start(tls() + users({ alice: 'secret' }));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await ask('/metrics', { ...basic('alice', 'secret'), agent })).toMatchObject({ status: 200 });
    const stream = await ask('/events', { ...basic('alice', 'secret'), streaming: true });
    pki.write('web.yml', tls() + users({ alice: 'other' }));
    const stale = ask('/metrics', { ...basic('alice', 'secret'), agent });
    expect(
      await stale.then(
        ({ status }) => status,
        () => 'ended',
      ),
    ).not.toBe(200);
    await stream.ended;
    expect(await ask('/metrics', basic('alice', 'secret'))).toMatchObject({ status: 401 });
    expect(await ask('/metrics', basic('alice', 'other'))).toMatchObject({ status: 200 });
    agent.destroy();
  });
});

describe('a changed file', () => {
  it('holds for the connection with which it is found out', async () => {
    await start(tls() + users({ alice: 'secret' }));
    expect(await ask('/metrics', basic('alice', 'secret'))).toMatchObject({ status: 200 });
    for (const password of ['b', 'c', 'd']) {
      pki.write('web.yml', tls() + users({ alice: password }));
      const all = [1, 2, 3].map(() => ask('/metrics', basic('alice', password)));
      expect((await Promise.all(all)).map(({ status }) => status)).toEqual([200, 200, 200]);
    }
    pki.write('web.yml', '');
    const { port } = server ?? { port: 0 };
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
  });
});

describe('the other settings', () => {
  it('add their headers to every answer', async () => {
    const headers = 'X-Frame-Options: deny, X-XSS-Protection: 1, Strict-Transport-Security: max-age=60';
    await start(`http_server_config: {headers: {${headers}}}\n${users({ alice: 'secret' })}`);
    const expected = {
      'x-frame-options': 'deny',
      'x-xss-protection': '1',
      'strict-transport-security': 'max-age=60',
    };
    expect((await ask('/metrics')).headers).toMatchObject(expected);
    expect((await ask('/metrics', basic('alice', 'secret'))).headers).toMatchObject(expected);
  });

  it('limit the rate of requests', async () => {
    await start('rate_limit: {interval: 1h, burst: 2}\n');
    const statuses: number[] = [];
    for (let round = 0; round < 4; round++) statuses.push((await ask('/metrics')).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });
});

describe('while it runs', () => {
  it('an expired certificate that is renewed is served to the next connection', async () => {
    copyFileSync(pki.path('expired.crt'), pki.path('live.crt'));
    copyFileSync(pki.path('expired.key'), pki.path('live.key'));
    await start('tls_server_config: {cert_file: live.crt, key_file: live.key}\n');
    await expect(ask('/metrics')).rejects.toThrow('certificate has expired');
    copyFileSync(pki.path('renewed.crt'), pki.path('live.crt'));
    copyFileSync(pki.path('renewed.key'), pki.path('live.key'));
    expect(await ask('/metrics')).toMatchObject({ status: 200, subject: 'renewed' });
  });

  it('a renewal does not end connections', async () => {
    copyFileSync(pki.path('server.crt'), pki.path('live.crt'));
    copyFileSync(pki.path('server.key'), pki.path('live.key'));
    const { exporter } = await start('tls_server_config: {cert_file: live.crt, key_file: live.key}\n');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await ask('/metrics', { agent });
    copyFileSync(pki.path('renewed.crt'), pki.path('live.crt'));
    copyFileSync(pki.path('renewed.key'), pki.path('live.key'));
    const second = await ask('/metrics', { agent });
    expect([first.subject, second.subject, second.localPort]).toEqual(['server', 'server', first.localPort]);
    expect(exporter.connections).toBe(1);
    expect((await ask('/metrics')).subject).toBe('renewed');
    agent.destroy();
  });

  it('a certificate whose key is not there yet, and a broken file, leave what was; the log says so once', async () => {
    copyFileSync(pki.path('server.crt'), pki.path('live.crt'));
    copyFileSync(pki.path('server.key'), pki.path('live.key'));
    const text = 'tls_server_config: {cert_file: live.crt, key_file: live.key}\n';
    const { log } = await start(text);
    copyFileSync(pki.path('renewed.crt'), pki.path('live.crt'));
    for (let round = 0; round < 3; round++) expect((await ask('/metrics')).subject).toBe('server');
    expect(log.filter((line) => line.includes('the key is not that of the certificate'))).toHaveLength(1);
    copyFileSync(pki.path('renewed.key'), pki.path('live.key'));
    expect((await ask('/metrics')).subject).toBe('renewed');
    pki.write('web.yml', `${text}basic_auth_user: {}\n`);
    expect((await ask('/metrics')).subject).toBe('renewed');
    expect(log.join('\n')).toMatch(
      /error .*one before stays .*web\.yml:2: unknown key .{1,2}basic_auth_user/,
    );
    pki.write('web.yml', text);
    expect((await ask('/metrics')).subject).toBe('renewed');
    expect(log.at(-1)).toContain('info the web configuration was read anew');
  });

  it('TLS can be switched on, and connections without it end', async () => {
    const { port, exporter } = await start('');
    expect(await ask('/metrics')).toMatchObject({ status: 200 });
    const stream = await ask('/events', { streaming: true });
    pki.write('web.yml', tls('client_auth_type: RequireAndVerifyClientCert', 'client_ca_file: ca.crt'));
    await exporter.reload();
    expect(exporter.secure).toBe(true);
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
    await stream.ended;
    expect(await ask('/metrics', identity('client'))).toMatchObject({ status: 200 });
  });
});

describe('a web configuration that cannot be used', () => {
  it.each([
    [
      'tls_server_config: {cert_file: nope.crt, key_file: server.key}',
      /cert_file .*nope\.crt: cannot be read: no such file or directory \(ENOENT\)$/,
    ],
    [
      'tls_server_config: {cert_file: server.crt, key_file: nope.key}',
      /key_file .*nope\.key: cannot be read/,
    ],
    ['tls_server_config: {cert_file: ., key_file: server.key}', /cert_file .*: is no regular file$/],
    ['tls_server_config: {cert_file: server.key, key_file: server.key}', /the certificate cannot be used/],
    ['tls_server_config: {cert_file: server.crt, key_file: server.crt}', /the key cannot be used/],
    [
      'tls_server_config: {cert_file: server.crt, key_file: client.key}',
      /the key is not that of the certificate$/,
    ],
    [
      'tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: server.key, client_auth_type: RequestClientCert}',
      /the client CA has no certificate in PEM$/,
    ],
    ['basic_auth_users: {a: b}', /web\.yml:1: basic_auth_users\.a: must be a bcrypt hash/],
    ['nonsense', /web\.yml:1: must be a mapping/],
  ])('%s is an error before anything is listened on', async (text, words) => {
    pki.write('web.yml', `${text}\n`);
    const exporter = createExporter({
      source: fakeSource(),
      listenAddresses: ['127.0.0.1:0'],
      webConfigFile: pki.path('web.yml'),
    });
    await expect(exporter.listen()).rejects.toMatchObject({
      code: 'ERR_WEB_CONFIG',
      message: expect.stringMatching(words),
    });
    await exporter.close();
  });
});

function read(name: string): string {
  return readFileSync(pki.path(name), 'utf8');
}

function tls(...lines: readonly string[]): string {
  const all = ['cert_file: server.crt', 'key_file: server.key', ...lines.filter((line) => line !== '')];
  return `tls_server_config:\n${all.map((line) => `  ${line}\n`).join('')}`;
}

function users(passwords: Readonly<Record<string, string>>): string {
  const lines = Object.entries(passwords).map(
    ([user, password]) => `  ${user}: ${hashSync(password, cost)}\n`,
  );
  return `basic_auth_users:\n${lines.join('')}`;
}

async function start(text: string): Promise<Running> {
  pki.write('web.yml', text);
  server = await running({ webConfigFile: pki.path('web.yml') });
  return server;
}

function identity(name: string): { readonly cert: string; readonly key: string } {
  return { cert: read(`${name}.crt`), key: read(`${name}.key`) };
}

function basic(user: string, password: string): { readonly headers: Readonly<Record<string, string>> } {
  const encoded = Buffer.from(`${user}:${password}`).toString('base64');
  return { headers: { authorization: `Basic ${encoded}` } };
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly alpn: string | false | null;
  readonly protocol: string | null;
  readonly subject: string;
  readonly localPort: number | undefined;
  /** Resolves when the answer has ended, in whatever way. */
  readonly ended: Promise<void>;
}

interface Asked extends ConnectionOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly streaming?: boolean;
}

function ask(path: string, { streaming = false, ...options }: Asked = {}): Promise<Answered> {
  const port = server?.port;
  const isSecure = server?.exporter.secure === true;
  return new Promise((resolve, reject) => {
    const common = { host: '127.0.0.1', path, agent: false as const, ...options, port };
    const asked = isSecure
      ? httpsRequest({ ...common, ca, servername: 'localhost' })
      : httpRequest({ host: '127.0.0.1', port, path, agent: false, headers: { ...options.headers } });
    asked.on('error', reject);
    asked.on('response', (response) => {
      const socket = response.socket as TLSSocket;
      const answered = {
        status: response.statusCode ?? 0,
        headers: response.headers,
        alpn: isSecure ? socket.alpnProtocol || 'http/1.1' : null,
        protocol: isSecure ? socket.getProtocol() : null,
        subject: isSecure ? String(socket.getPeerCertificate().subject.CN) : '',
        localPort: socket.localPort,
        ended: new Promise<void>((end) => {
          response.on('close', end);
        }),
      };
      response.on('error', streaming ? () => {} : reject);
      response.resume();
      if (streaming) resolve(answered);
      else response.on('end', () => resolve(answered));
    });
    asked.end();
  });
}

function ask2(path: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://127.0.0.1:${server?.port}`, { ca });
    session.on('error', reject);
    const stream = session.request({ ':path': path, ...headers });
    stream.on('error', reject);
    stream.on('response', (answer) => {
      stream.on('end', () => session.close());
      stream.resume();
      resolve(answer);
    });
    stream.end();
  });
}

interface Shaken {
  readonly protocol: string | null;
  readonly cipher: string;
  readonly alpnProtocol: string | false | null;
  readonly session: Buffer | undefined;
}

// What a client and the server agree on. In TLS 1.3 it is later that a session comes, or that a client is refused.
function shake(options: ConnectionOptions, wait = 0): Promise<Shaken> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: server?.port ?? 0,
      ca,
      servername: 'localhost',
      ...options,
    });
    socket.on('error', reject);
    let session: Buffer | undefined;
    socket.on('session', (given: Buffer) => {
      session = given;
    });
    socket.on('secureConnect', () => {
      const { alpnProtocol } = socket;
      const agreed = { protocol: socket.getProtocol(), cipher: socket.getCipher().name, alpnProtocol };
      setTimeout(() => {
        socket.destroy();
        resolve({ ...agreed, session });
      }, wait);
    });
  });
}
