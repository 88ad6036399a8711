import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWebConfig } from '../../../lib/exporter/web-config.ts';
import { isWebConfigError } from '../../../lib/exporter/web-error.ts';

const hash = '$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG';
const parse = (text: string) => parseWebConfig(text, '/etc/devmapper/web.yml');
const tls = (...lines: readonly string[]): string =>
  ['tls_server_config:', 'cert_file: a.crt', 'key_file: b.key', ...lines].join('\n  ');

describe('a web configuration', () => {
  it.each(['', '# nothing\n', '{}', 'tls_server_config:\nbasic_auth_users:\n', 'null'])(
    'of %j is plain HTTP for everybody',
    (text) => {
      expect(parse(text)).toEqual({
        tls: undefined,
        http2: true,
        headers: {},
        users: new Map(),
        rateLimit: undefined,
      });
    },
  );

  it('takes paths relative to its own directory, and absolute ones', () => {
    const { tls: section } = parse('tls_server_config: {cert_file: ../a.crt, key_file: /run/b.key}');
    expect(section).toMatchObject({ cert: { file: '/etc/a.crt' }, key: { file: '/run/b.key' } });
  });

  it('has the defaults of the toolkit', () => {
    expect(parse(tls()).tls).toEqual({
      cert: { file: '/etc/devmapper/a.crt' },
      key: { file: '/etc/devmapper/b.key' },
      clientCa: undefined,
      clientAuth: 'NoClientCert',
      allowedSans: undefined,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ciphers: undefined,
      curves: undefined,
      preferServerCiphers: true,
    });
  });

  it('holds certificate, key and client CA itself; a file goes before', () => {
    const text = 'tls_server_config:\n  cert: |\n    C\n    D\n  key: K\n  key_file: f\n  client_ca: A\n';
    const { tls: section } = parse(`${text}  client_auth_type: RequireAndVerifyClientCert\n`);
    expect(section).toMatchObject({
      cert: { text: 'C\nD\n' },
      key: { file: '/etc/devmapper/f' },
      clientCa: { text: 'A' },
      clientAuth: 'RequireAndVerifyClientCert',
    });
  });

  it.each([
    ['NoClientCert', 'NoClientCert'],
    ['RequestClientCert', 'RequestClientCert'],
    ['RequireAnyClientCert', 'RequireAnyClientCert'],
    ['RequireClientCert', 'RequireAnyClientCert'],
    ['VerifyClientCertIfGiven', 'VerifyClientCertIfGiven'],
    ['RequireAndVerifyClientCert', 'RequireAndVerifyClientCert'],
  ])('knows the client_auth_type %s', (given, meant) => {
    const authority = given === 'NoClientCert' ? [] : ['client_ca_file: ca.crt'];
    expect(parse(tls(`client_auth_type: ${given}`, ...authority)).tls?.clientAuth).toBe(meant);
  });

  it("names cipher suites and curves as Go does; those of TLS 1.3 are always on, as Go's are", () => {
    const suites = 'cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]';
    const { tls: section } = parse(tls(suites, 'curve_preferences: [X25519, CurveP256]'));
    expect(section?.curves).toBe('X25519:P-256');
    expect(section?.ciphers).toBe(
      'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    );
  });

  it('lowers the security level only for versions that need it', () => {
    expect(parse(tls('min_version: TLS10')).tls).toMatchObject({
      minVersion: 'TLSv1',
      ciphers: expect.stringMatching(/:@SECLEVEL=0$/),
    });
    expect(parse(tls('min_version: TLS13')).tls?.ciphers).toBeUndefined();
  });

  it('takes scalars as Go does: numbers as text, and yes and no', () => {
    const http =
      'http_server_config:\n  http2: no\n  headers:\n    X-XSS-Protection: 1\n    X-Frame-Options: ""\n';
    expect(parse(`${http}basic_auth_users:\n  007: ${hash}\n`)).toMatchObject({
      http2: false,
      headers: { 'X-XSS-Protection': '1' },
      users: new Map([['007', hash]]),
    });
  });

  it.each([
    ['1s', 1000],
    ['"1m30s"', 90_000],
    ['500ms', 500],
  ])('has a rate limit of one every %s', (interval, milliseconds) => {
    expect(parse(`rate_limit: {interval: ${interval}, burst: 3}`).rateLimit).toEqual({
      interval: milliseconds,
      burst: 3,
    });
  });

  it.each(['0', '0s'])('has no rate limit with an interval of %s', (interval) => {
    expect(parse(`rate_limit: {interval: ${interval}, burst: 3}`).rateLimit).toBeUndefined();
  });

  it('follows an alias', () => {
    const text = `basic_auth_users:\n  a: &h ${hash}\n  b: *h\n`;
    expect([...parse(text).users.values()]).toEqual([hash, hash]);
  });
});

describe('a wrong web configuration is refused with its line:', () => {
  it.each([
    ['a: [\n', 2, 'is no YAML'],
    ['just text', 1, 'must be a mapping'],
    ['- a\n', 1, 'must be a mapping'],
    ['tls_server_config:\n  cert_filse: a\n', 2, 'tls_server_config: unknown key "cert_filse"'],
    ['\nweb: {}\n', 2, 'unknown key "web"; known are tls_server_config'],
    ['rate_limit: {}\nrate_limit: {}\n', 2, 'is no YAML: Map keys must be unique'],
    ['tls_server_config:\n  key_file: b\n', 2, 'one of cert_file and cert is missing'],
    ['tls_server_config:\n  cert_file: b\n', 2, 'one of key_file and key is missing'],
    ['tls_server_config:\n  client_auth_type: RequireAnyClientCert', 2, 'one of cert_file and cert'],
    [tls('client_auth_type: Always'), 4, 'client_auth_type: unknown "Always"; known are NoClientCert'],
    [tls('client_ca_file: ca.crt'), 2, 'no client_auth_type that asks for certificates'],
    [
      tls('client_auth_type: RequireAndVerifyClientCert'),
      4,
      'there is no client_ca to verify certificates by',
    ],
    [tls('client_auth_type: VerifyClientCertIfGiven'), 4, 'there is no client_ca to verify certificates by'],
    [tls('min_version: TLS09'), 4, 'min_version: unknown "TLS09"; known are TLS10, TLS11, TLS12, TLS13'],
    [tls('min_version: TLS13', 'max_version: TLS12'), 5, 'min_version is above max_version'],
    [tls('cipher_suites:', '- TLS_RSA_WITH_RC4_128_SHA'), 5, 'cipher_suites[0]: unknown "TLS_RSA_WITH_RC4'],
    [tls('cipher_suites: TLS_AES_128_GCM_SHA256'), 4, 'cipher_suites: must be a list'],
    [tls('cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]'), 4, 'HTTP/2 wants one of'],
    [tls('curve_preferences: [CurveP224]'), 4, 'unknown "CurveP224"; known are CurveP256'],
    [tls('client_allowed_sans: [a]'), 2, 'no client_auth_type that asks for certificates'],
    [tls('client_allowed_sans: [a]', 'client_auth_type: NoClientCert'), 2, 'no client_auth_type that asks'],
    ['tls_server_config:\n  client_allowed_sans: [a]\n', 2, 'no client_auth_type that asks'],
    [tls('client_allowed_sans: a'), 4, 'client_allowed_sans: must be a list'],
    [tls('prefer_server_cipher_suites: "true"'), 4, 'must be true or false'],
    [tls('cert: {}'), 4, 'tls_server_config.cert: must be text'],
    ['http_server_config:\n  http2: maybe\n', 2, 'http_server_config.http2: must be true or false'],
    ['http_server_config:\n  http3: true\n', 2, 'unknown key "http3"'],
    ['http_server_config:\n  headers:\n    Server: x\n', 3, 'unknown key "Server"; known are Strict-'],
    ['http_server_config:\n  headers:\n    X-Frame-Options: no\n', 3, 'must be deny or sameorigin, not "no"'],
    ['http_server_config:\n  headers:\n    X-Content-Type-Options: x\n', 3, 'must be nosniff'],
    [
      'http_server_config:\n  headers:\n    Content-Security-Policy: "a\\nb"\n',
      3,
      'has characters that no header may have',
    ],
    ['basic_auth_users:\n  john: doe\n', 2, 'basic_auth_users.john: must be a bcrypt hash'],
    [`basic_auth_users:\n  a: ${hash}\n  b: ${hash}x\n`, 3, 'basic_auth_users.b: must be a bcrypt hash'],
    [`basic_auth_users:\n  a: ${hash.replace('$10$', '$32$')}\n`, 2, 'must be a bcrypt hash'],
    // What a template makes of a variable that is not set.
    ['basic_auth_users:\n  john:\n', 2, 'basic_auth_users.john: must be a bcrypt hash'],
    [`basic_auth_users:\n  a: ${hash}\n  b: null\n`, 3, 'basic_auth_users.b: must be a bcrypt hash'],
    ['basic_auth_users: {john}\n', 1, 'basic_auth_users.john: must be a bcrypt hash'],
    ['basic_auth_users:\n  john: ""\n', 2, 'basic_auth_users.john: must be a bcrypt hash'],
    ['basic_auth_users: [a]\n', 1, 'basic_auth_users: must be a mapping'],
    ['rate_limit:\n  interval: 5\n', 2, 'rate_limit.interval: must be a duration with its unit'],
    ['rate_limit:\n  interval: -1s\n', 2, 'must be a duration'],
    ['rate_limit:\n  interval: 1s\n  burst: many\n', 3, 'rate_limit.burst: must be a whole number'],
    [`basic_auth_users:\n  b: *nobody\n`, 2, 'there is no anchor "nobody"'],
  ])('%j in line %i: %s', (text, line, words) => {
    expect(() => parse(text)).toThrow(`/etc/devmapper/web.yml:${line}: `);
    expect(() => parse(text)).toThrow(words);
  });

  it('without what a secret is set to', () => {
    const secret = 'hunter2hunter2';
    for (const text of [`basic_auth_users: {a: ${secret}}`, tls(`key: [${secret}]`), `key: "${secret}\n\x01`])
      expect(messageOf(() => parse(text))).not.toContain(secret);
  });
});

describe('whatever the file holds', () => {
  it('is understood or refused, never anything else', () => {
    const key = fc.constantFrom(
      'tls_server_config',
      'http_server_config',
      'basic_auth_users',
      'rate_limit',
      'x',
    );
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const line = fc.tuple(fc.nat(4), key, fc.oneof(fc.string(), fc.json(), fc.constant('')));
    const lines = fc
      .array(line)
      .map((all) => all.map(([by, k, v]) => `${' '.repeat(by)}${k}: ${v}`).join('\n'));
    const tree = fc.dictionary(key, fc.oneof(value, fc.array(value), fc.dictionary(fc.string(), value)));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      lines,
      tree.map((each) => JSON.stringify(each)),
    );
    fc.assert(
      fc.property(text, (given) => {
        try {
          parse(given);
        } catch (error) {
          expect(isWebConfigError(error), String(error)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['[', '{a: ', '- ', '? ', '&a [*a, '])('is refused where it nests 20,000 deep with %j', (piece) => {
    expect(isWebConfigError(errorOf(() => parse(piece.repeat(20_000))))).toBe(true);
  });
});

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

function messageOf(act: () => unknown): string {
  const error = errorOf(act);
  expect(error).toBeInstanceOf(Error);
  return String(error);
}
