import { lookup } from 'node:dns/promises';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { invalidType } from '../arguments.ts';

/** Where an exporter listens: an address and a port, or what was handed over. */
export interface Address {
  /** As a URL has it: `127.0.0.1`, `[::1]`; of a unix socket that was passed its file descriptor, as `fd 3`. */
  readonly host: string;
  /** Undefined of a unix socket. */
  readonly port: number | undefined;
}

/**
 * Reads an address as exporters have it: `127.0.0.1:19845`, `[::1]:19845`, `localhost:19845`, or `:19845` for all addresses.
 * Port 0 is any that is free. Throws a TypeError for anything else.
 */
export function parseAddress(text: string): { readonly host: string | undefined; readonly port: number } {
  if (typeof text !== 'string') throw invalidType('listenAddresses', 'a list of strings', text);
  if (text.startsWith('vsock:'))
    throw wrong(text, 'vsock cannot be listened on; have systemd pass the socket');
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535 || (bracketed !== undefined && !isIPv6(bracketed.replace(/%.+$/, ''))))
    throw wrong(text, 'it must be HOST:PORT, [IPV6]:PORT or :PORT, with a port from 0 to 65535');
  const host = bracketed ?? plain;
  return { host: host === '' ? undefined : host, port };
}

/**
 * Starts to listen on addresses or file descriptors, on all of them or on none. Connections come paused, as nothing is
 * to be read of them before it is clear who reads. Rejects with an Error that names the address.
 */
export async function listenOn(
  places: readonly (string | number)[],
  accept: (socket: Socket) => void,
): Promise<{ readonly servers: readonly Server[]; readonly addresses: readonly Address[] }> {
  const servers: Server[] = [];
  try {
    for (const place of places) {
      const server = createServer({ pauseOnConnect: true, noDelay: true }, accept);
      servers.push(server);
      await begin(server, place);
      // An accept that fails, for want of file descriptors, is tried again by libuv.
      server.on('error', () => {});
    }
    return { servers, addresses: servers.map((server, index) => addressOf(server, places[index])) };
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}

/** What `server.listen` takes. */
type Place = { readonly fd: number } | { readonly port: number; readonly host?: string };

async function begin(server: Server, place: string | number): Promise<void> {
  try {
    await started(server, typeof place === 'number' ? { fd: place } : await optionsOf(place));
  } catch (error) {
    throw startError(place, error);
  }
}

async function optionsOf(place: string): Promise<Place> {
  const { host, port } = parseAddress(place);
  // Node would wait for the first connection to find out that a name is none.
  return host === undefined ? { port } : { port, host: (await lookup(host)).address };
}

function started(server: Server, options: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function addressOf(server: Server, place: string | number | undefined): Address {
  const address = server.address();
  // Node does not know the path of a socket that it has not made.
  if (address === null || typeof address === 'string') return { host: `fd ${place}`, port: undefined };
  return { host: address.family === 'IPv6' ? `[${address.address}]` : address.address, port: address.port };
}

function startError(place: string | number, error: unknown): Error {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const name = typeof place === 'number' ? `the socket passed as file descriptor ${place}` : place;
  const reason = reasons[code] ?? message;
  const text = `cannot listen on ${name}: ${reason} (${code})`;
  return Object.assign(new Error(text, { cause: error }), { code });
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; is an exporter running already?',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'not permitted; ports below 1024 need CAP_NET_BIND_SERVICE',
  ENOTFOUND: 'there is no such host name',
  EAI_AGAIN: 'the host name could not be looked up',
  EINVAL: 'it is no socket that can be listened on',
  ERR_INVALID_FD_TYPE: 'it is no stream socket',
};

function wrong(text: string, reason: string): TypeError {
  const error = new TypeError(`"listenAddresses" has ${JSON.stringify(text.slice(0, 80))}: ${reason}`);
  return Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE', reason });
}
