import type { SecureVersion } from 'node:tls';
import { cipherSuites, curves, http2Suites, tls13Suites, tlsVersions } from './tls-names.ts';
import { booleanOf, type Field, fault, fieldsOf, listOf, textOf } from './yaml-fields.ts';

/** The section `tls_server_config` of a web configuration. */
export interface TlsConfig {
  readonly cert: PemSource;
  readonly key: PemSource;
  readonly clientCa: PemSource | undefined;
  readonly clientAuth: ClientAuth;
  /** Names of which a client's certificate must have one; undefined: any. */
  readonly allowedSans: readonly string[] | undefined;
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** As OpenSSL writes them; undefined: Node's own. */
  readonly ciphers: string | undefined;
  /** As OpenSSL writes them; undefined: Node's own. */
  readonly curves: string | undefined;
  readonly preferServerCiphers: boolean;
}

/** Where PEM is: in the configuration itself, or in a file. */
export type PemSource = { readonly text: string } | { readonly file: string };

/** Go's tls.ClientAuthType: whether a client is asked for a certificate, must have one, and whether it is verified. */
export type ClientAuth =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert';

/** What of other sections matters here, and how a path is made absolute. */
export interface TlsContext {
  readonly http2: boolean;
  readonly path: (name: string) => string;
}

/** Reads the section; undefined if it switches no TLS on, which takes a certificate, a key or something of clients. */
export function readTls(section: Field, { http2, path }: TlsContext): TlsConfig | undefined {
  const fields = fieldsOf(section, keys);
  const text = (key: string): string => {
    const field = fields.get(key);
    return field === undefined ? '' : textOf(field);
  };
  const pem = (file: string, inline: string): PemSource | undefined => {
    const [name, pemText] = [text(file), text(inline)];
    if (name !== '') return { file: path(name) };
    return pemText === '' ? undefined : { text: pemText };
  };
  const cert = pem('cert_file', 'cert');
  const key = pem('key_file', 'key');
  const clientCa = pem('client_ca_file', 'client_ca');
  const read = {
    clientAuth: readClientAuth(fields.get('client_auth_type')),
    allowedSans: readSans(fields.get('client_allowed_sans')),
    ...readVersions(fields.get('min_version'), fields.get('max_version')),
    curves: readCurves(fields.get('curve_preferences')),
    preferServerCiphers: readPreference(fields.get('prefer_server_cipher_suites')),
  };
  const asksNobody = (what: string): Error =>
    fault(section, `there is ${what} but no client_auth_type that asks for certificates`);
  if (read.allowedSans !== undefined && read.clientAuth === 'NoClientCert')
    throw asksNobody('a client_allowed_sans');
  const suites = readSuites(fields.get('cipher_suites'));
  const isOn = [cert, key, clientCa].some((each) => each !== undefined) || text('client_auth_type') !== '';
  if (!isOn) return undefined;
  if (cert === undefined) throw fault(section, 'one of cert_file and cert is missing');
  if (key === undefined) throw fault(section, 'one of key_file and key is missing');
  if (clientCa !== undefined && read.clientAuth === 'NoClientCert') throw asksNobody('a client_ca');
  const authField = fields.get('client_auth_type');
  // Node would take its own list of public authorities: anybody can have a certificate of one of those.
  if (authField !== undefined && clientCa === undefined && isVerifying(read.clientAuth))
    throw fault(authField, 'there is no client_ca to verify certificates by');
  const lacksHttp2 = suites !== undefined && !suites.some((suite) => http2Suites.includes(suite));
  const suitesField = fields.get('cipher_suites');
  if (suitesField !== undefined && http2 && lacksHttp2 && read.minVersion !== 'TLSv1.3')
    throw fault(suitesField, `HTTP/2 wants one of ${http2Suites.join(', ')}; or set http2 to false`);
  return { cert, key, clientCa, ...read, ciphers: ciphersOf(suites, read.minVersion) };
}

const keys = [
  ...['cert', 'key', 'client_ca', 'cert_file', 'key_file', 'client_auth_type', 'client_ca_file'],
  ...['client_allowed_sans', 'min_version', 'max_version', 'cipher_suites', 'prefer_server_cipher_suites'],
  'curve_preferences',
];

const clientAuths: ReadonlyMap<string, ClientAuth> = new Map([
  ['', 'NoClientCert'],
  ['NoClientCert', 'NoClientCert'],
  ['RequestClientCert', 'RequestClientCert'],
  ['RequireAnyClientCert', 'RequireAnyClientCert'],
  // The toolkit's older name.
  ['RequireClientCert', 'RequireAnyClientCert'],
  ['VerifyClientCertIfGiven', 'VerifyClientCertIfGiven'],
  ['RequireAndVerifyClientCert', 'RequireAndVerifyClientCert'],
]);

/** Whether a certificate that a client shows is verified. */
export function isVerifying(clientAuth: ClientAuth): boolean {
  return clientAuth === 'VerifyClientCertIfGiven' || clientAuth === 'RequireAndVerifyClientCert';
}

function readClientAuth(field: Field | undefined): ClientAuth {
  return field === undefined ? 'NoClientCert' : oneOf(field, clientAuths);
}

function readSans(field: Field | undefined): readonly string[] | undefined {
  return field === undefined ? undefined : listOf(field).map(textOf);
}

function readVersions(
  min: Field | undefined,
  max: Field | undefined,
): Pick<TlsConfig, 'minVersion' | 'maxVersion'> {
  const minVersion = min === undefined ? 'TLSv1.2' : oneOf(min, tlsVersions);
  const maxVersion = max === undefined ? 'TLSv1.3' : oneOf(max, tlsVersions);
  const order: readonly SecureVersion[] = [...tlsVersions.values()];
  const field = max ?? min;
  if (field !== undefined && order.indexOf(minVersion) > order.indexOf(maxVersion))
    throw fault(field, `min_version is above max_version: ${minVersion} to ${maxVersion}`);
  return { minVersion, maxVersion };
}

function readCurves(field: Field | undefined): string | undefined {
  const names = field === undefined ? [] : listOf(field).map((each) => oneOf(each, curves));
  return names.length === 0 ? undefined : names.join(':');
}

function readPreference(field: Field | undefined): boolean {
  return field === undefined ? true : booleanOf(field);
}

function readSuites(field: Field | undefined): readonly string[] | undefined {
  const all = new Map([...cipherSuites.keys(), ...tls13Suites].map((name) => [name, name]));
  const suites = field === undefined ? [] : listOf(field).map((each) => oneOf(each, all));
  return suites.length === 0 ? undefined : suites;
}

function ciphersOf(suites: readonly string[] | undefined, minVersion: SecureVersion): string | undefined {
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  if (suites === undefined && !isOld) return undefined;
  const chosen = suites === undefined ? [...cipherSuites.keys()] : suites;
  // OpenSSL 3 has the signatures of TLS 1.0 and 1.1 at security level 0 only (SSL_CTX_set_security_level(3)).
  return [
    ...tls13Suites,
    ...chosen.flatMap((suite) => cipherSuites.get(suite) ?? []),
    ...(isOld ? ['@SECLEVEL=0'] : []),
  ].join(':');
}

function oneOf<T>(field: Field, known: ReadonlyMap<string, T>): T {
  const name = textOf(field);
  const found = known.get(name);
  if (found !== undefined) return found;
  const names = [...known.keys()].filter((each) => each !== '');
  throw fault(field, `unknown ${JSON.stringify(name.slice(0, 80))}; known are ${names.join(', ')}`);
}
