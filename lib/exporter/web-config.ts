import { validateHeaderValue } from 'node:http';
import { resolve } from 'node:path';
import { parseDuration } from './go-duration.ts';
import { readTls, type TlsConfig } from './tls-config.ts';
import {
  booleanOf,
  entriesOf,
  type Field,
  fault,
  fieldsOf,
  isNothing,
  readYaml,
  textOf,
} from './yaml-fields.ts';

/** What a web configuration file says, in the format of Prometheus' exporter-toolkit (docs/web-configuration.md). */
export interface WebConfig {
  /** Undefined: plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** Whether HTTP/2 is offered, over TLS only. */
  readonly http2: boolean;
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bcrypt hashes of the passwords by user; empty: everybody may read. */
  readonly users: ReadonlyMap<string, string>;
  readonly rateLimit: RateLimit | undefined;
}

/** A token bucket. */
export interface RateLimit {
  /** Milliseconds until there is another token. */
  readonly interval: number;
  /** How many tokens there can be. */
  readonly burst: number;
}

/** The web configuration of no file: plain HTTP for everybody. */
export const noWebConfig: WebConfig = {
  tls: undefined,
  http2: true,
  headers: {},
  users: new Map(),
  rateLimit: undefined,
};

/**
 * Reads a web configuration; relative paths in it are relative to the directory of `file`. Throws an error with file and
 * line (code `ERR_WEB_CONFIG`) for everything that the toolkit does not know. As the toolkit does, it takes a number
 * where text is wanted, and yes and no for true and false.
 */
export function parseWebConfig(text: string, file: string): WebConfig {
  const top = readYaml(text, file);
  if (top === undefined) return noWebConfig;
  const sections = fieldsOf(top, [
    'tls_server_config',
    'http_server_config',
    'basic_auth_users',
    'rate_limit',
  ]);
  const http = sections.get('http_server_config');
  const { http2, headers } = http === undefined ? noWebConfig : readHttp(http);
  const tls = sections.get('tls_server_config');
  const users = sections.get('basic_auth_users');
  const limit = sections.get('rate_limit');
  return {
    tls: tls === undefined ? undefined : readTls(tls, { http2, path: (name) => resolve(file, '..', name) }),
    http2,
    headers,
    users: users === undefined ? new Map() : readUsers(users),
    rateLimit: limit === undefined ? undefined : readLimit(limit),
  };
}

function readHttp(section: Field): Pick<WebConfig, 'http2' | 'headers'> {
  const fields = fieldsOf(section, ['http2', 'headers']);
  const http2 = fields.get('http2');
  const headers = fields.get('headers');
  return {
    http2: http2 === undefined ? true : booleanOf(http2),
    headers: headers === undefined ? {} : readHeaders(headers),
  };
}

// web/handler.go, extraHTTPHeaders: these only, so that exporters stay alike.
const allowedHeaders: Readonly<Record<string, readonly string[]>> = {
  'Strict-Transport-Security': [],
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': [],
  'Content-Security-Policy': [],
};

function readHeaders(section: Field): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, field] of fieldsOf(section, Object.keys(allowedHeaders))) {
    const value = textOf(field);
    const values = allowedHeaders[name] ?? [];
    if (value === '') continue;
    if (values.length > 0 && !values.includes(value))
      throw fault(field, `must be ${values.join(' or ')}, not ${JSON.stringify(value)}`);
    try {
      validateHeaderValue(name, value);
    } catch {
      throw fault(field, 'has characters that no header may have');
    }
    headers[name] = value;
  }
  return headers;
}

function readUsers(section: Field): ReadonlyMap<string, string> {
  return new Map(
    [...entriesOf(section)].map(([user, field]) => {
      // Were a user without a hash left out, there might be none, and everybody let in.
      const hash = isNothing(field) ? '' : textOf(field);
      if (!/^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.test(hash))
        throw fault(
          field,
          'must be a bcrypt hash: 60 characters that begin with $2a$, $2b$ or $2y$, as "htpasswd -nBC 10" makes them',
        );
      return [user, hash];
    }),
  );
}

function readLimit(section: Field): RateLimit | undefined {
  const fields = fieldsOf(section, ['interval', 'burst']);
  const interval = fields.get('interval');
  const burst = fields.get('burst');
  const burstText = burst === undefined ? '0' : textOf(burst);
  if (burst !== undefined && !/^\d{1,9}$/.test(burstText))
    throw fault(burst, 'must be a whole number of requests');
  if (interval === undefined) return undefined;
  const milliseconds = parseDuration(textOf(interval));
  if (milliseconds === undefined)
    throw fault(interval, 'must be a duration with its unit, such as 1s or 100ms');
  return milliseconds === 0 ? undefined : { interval: milliseconds, burst: Number(burstText) };
}
