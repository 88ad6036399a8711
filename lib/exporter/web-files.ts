import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { TlsOptions } from 'node:tls';
import { getSystemErrorMap } from 'node:util';
import { type Log, wordsOf } from './log.ts';
import { tlsOptionsOf } from './tls.ts';
import type { PemSource, TlsConfig } from './tls-config.ts';
import { noWebConfig, parseWebConfig, type WebConfig } from './web-config.ts';
import { webConfigError } from './web-error.ts';

/** A web configuration with everything that it names read. */
export interface WebState {
  readonly config: WebConfig;
  /** What a TLS server needs; undefined without TLS. */
  readonly tls: TlsOptions | undefined;
  /** The texts it was made of: another one is another state. */
  readonly texts: readonly string[];
  /** What decides who is let in: all but the server's own certificate and key. */
  readonly policy: string;
}

/** A web configuration file, watched. */
export interface WebFiles {
  /** The newest that could be read. */
  readonly state: WebState;
  /**
   * Looks whether something has changed; resolves when that is known, after `patience` milliseconds at most. A file that
   * cannot be used is told to the log, once, and what was read before stays.
   */
  fresh(patience?: number): Promise<void>;
}

/** No file: plain HTTP for everybody. */
export const noWebFiles: WebFiles = {
  state: { config: noWebConfig, tls: undefined, texts: [], policy: '' },
  fresh: async () => {},
};

/**
 * Reads a web configuration file and what it names. Rejects with an error of code `ERR_WEB_CONFIG` if something is wrong.
 * Files are compared by what they hold: a time stamp does not tell of a second change within its resolution.
 */
export async function openWebFiles(file: string, log: Log): Promise<WebFiles> {
  let state = await load(file);
  let checking: Promise<void> | undefined;
  let since = 0;
  let trouble = '';

  const check = async (): Promise<void> => {
    try {
      const next = await load(file, state);
      if (trouble !== '' || next !== state) log('info', 'the web configuration was read anew', { file });
      trouble = '';
      state = next;
    } catch (error) {
      const words = wordsOf(error);
      if (words !== trouble)
        log('error', 'the web configuration cannot be used; the one before stays', { err: words });
      trouble = words;
    }
  };

  return {
    get state() {
      return state;
    },
    fresh(patience = usualPatience) {
      if (checking === undefined) {
        since = performance.now();
        checking = check().finally(() => {
          checking = undefined;
        });
      }
      return withinPatience(checking, patience - (performance.now() - since));
    },
  };
}

// A disk that hangs is what an exporter of storage has to outlive.
const usualPatience = 500;
const mostBytes = 1_048_576;

function withinPatience(done: Promise<void>, patience: number): Promise<void> {
  if (patience <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patience);
    void done.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function load(file: string, before?: WebState): Promise<WebState> {
  const text = await readText(file, (reason) => webConfigError(file, undefined, reason));
  const config =
    before !== undefined && before.texts[0] === text ? before.config : parseWebConfig(text, file);
  const { tls } = config;
  if (tls === undefined) {
    if (before !== undefined && before.texts.length === 1 && before.texts[0] === text) return before;
    return { config, tls: undefined, texts: [text], policy: text };
  }
  const read = (what: string, source: PemSource): Promise<string> | string =>
    'text' in source
      ? source.text
      : readText(source.file, (reason) =>
          webConfigError(file, undefined, `${what} ${source.file}: ${reason}`),
        );
  const cert = await read('cert_file', tls.cert);
  const key = await read('key_file', tls.key);
  const clientCa = tls.clientCa === undefined ? undefined : await read('client_ca_file', tls.clientCa);
  const texts = [text, cert, key, clientCa ?? ''];
  if (before !== undefined && texts.every((each, index) => each === before.texts[index])) return before;
  return {
    config,
    tls: optionsOf(file, tls, { cert, key, clientCa }, config.http2),
    texts,
    policy: [policyText(text, tls), clientCa ?? ''].join('\0'),
  };
}

// Where the certificate is in the file itself, a new one is no new policy either.
function policyText(text: string, { cert, key }: TlsConfig): string {
  const inline = [cert, key].flatMap((source) => ('text' in source ? [source.text] : []));
  const isPem = (line: string): boolean =>
    line.trim() !== '' && inline.some((pem) => pem.includes(line.trim()));
  return inline.length === 0
    ? text
    : text
        .split('\n')
        .filter((line) => !isPem(line))
        .join('\n');
}

function optionsOf(
  file: string,
  tls: TlsConfig,
  pems: Parameters<typeof tlsOptionsOf>[1],
  http2: boolean,
): TlsOptions {
  try {
    return tlsOptionsOf(tls, pems, http2);
  } catch (error) {
    throw webConfigError(file, undefined, `tls_server_config: ${wordsOf(error)}`);
  }
}

async function readText(file: string, failed: (reason: string) => Error): Promise<string> {
  const reason = (error: unknown): string => {
    const { code = '', errno = 0 } = error as NodeJS.ErrnoException;
    return `${getSystemErrorMap().get(errno)?.[1] ?? wordsOf(error)}${code === '' ? '' : ` (${code})`}`;
  };
  // Without O_NONBLOCK a pipe that nobody writes to would hold up a thread for good.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw failed(`cannot be read: ${reason(error)}`);
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw failed('is no regular file');
    if (status.size > mostBytes) throw failed(`has more than ${mostBytes} bytes`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
