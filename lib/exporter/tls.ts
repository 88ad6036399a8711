import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP, SocketAddress } from 'node:net';
import { createSecureContext, type TLSSocket, type TlsOptions } from 'node:tls';
import { isVerifying, type TlsConfig } from './tls-config.ts';

/** The PEM texts that a TLS section names. */
export interface Pems {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | undefined;
}

/**
 * The options of a TLS server. Throws an Error that says what is wrong with a certificate, a key or a client CA. That a
 * certificate has expired is none of that: the toolkit serves it, and each client decides.
 */
export function tlsOptionsOf(config: TlsConfig, { cert, key, clientCa }: Pems, http2: boolean): TlsOptions {
  const certificate = attempt('certificate', () => new X509Certificate(cert));
  const privateKey = attempt('key', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) throw new Error('the key is not that of the certificate');
  const options: TlsOptions = {
    cert,
    key,
    minVersion: config.minVersion,
    maxVersion: config.maxVersion,
    honorCipherOrder: config.preferServerCiphers,
    requestCert: config.clientAuth !== 'NoClientCert',
    // Whom to refuse is decided by `refusal`: Node would refuse also who has no certificate.
    rejectUnauthorized: false,
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    ...(config.ciphers === undefined ? {} : { ciphers: config.ciphers }),
    ...(config.curves === undefined ? {} : { ecdhCurve: config.curves }),
    ...(clientCa === undefined ? {} : { ca: authorities(clientCa) }),
    // A resumed session would bring no certificate, or one that has been looked at only once.
    ...(config.clientAuth === 'NoClientCert' ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
  };
  attempt('certificate, key or options', () => createSecureContext(options));
  return options;
}

/** Why a client that has shaken hands is not let in; undefined if it is. */
export function refusal(config: TlsConfig, socket: TLSSocket): string | undefined {
  const { clientAuth, allowedSans } = config;
  if (clientAuth === 'NoClientCert') return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    const isRequired = clientAuth === 'RequireAnyClientCert' || clientAuth === 'RequireAndVerifyClientCert';
    return isRequired ? 'it has no certificate' : undefined;
  }
  if (isVerifying(clientAuth) && !socket.authorized)
    return `its certificate does not verify (${String(socket.authorizationError)})`;
  if (allowedSans === undefined) return undefined;
  const names = namesOf(certificate.subjectAltName ?? '');
  return names.some((name) => allowedSans.includes(name))
    ? undefined
    : 'no name of its certificate is one of client_allowed_sans';
}

/**
 * The names in Node's text of a certificate's subjectAltName: DNS names, addresses (IPv6 as inet_ntop(3) writes it),
 * e-mail addresses and URIs.
 */
export function namesOf(subjectAltName: string): readonly string[] {
  // Node writes a name with a special character as a string of JSON, so that none can pass for two.
  const entries = subjectAltName.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?=, |$)/gy);
  return [...entries].flatMap(([, kind = '', text = '']) => {
    const name = text.startsWith('"') ? unquoted(text) : text;
    if (kind === 'IP Address') return [canonical(name)];
    return kind === 'DNS' || kind === 'email' || kind === 'URI' ? [name] : [];
  });
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

function canonical(address: string): string {
  return isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

function authorities(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('the client CA has no certificate in PEM');
  for (const block of blocks) attempt('client CA', () => new X509Certificate(block));
  return [...blocks];
}

function attempt<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`the ${what} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
