import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2, type Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { createServer as createTls, type Server as TlsServer } from 'node:tls';
import type { Connection, Connections } from './connections.ts';
import { type Log, seldom, wordsOf } from './log.ts';
import { refusal } from './tls.ts';
import type { WebFiles, WebState } from './web-files.ts';

/** Answers a request that came on a connection. */
export type OnRequest = (connection: Connection, request: IncomingMessage, response: ServerResponse) => void;

/** Makes requests of connections, over TLS or not, as the web configuration has it at that moment. */
export interface Transport {
  accept(socket: Socket): void;
  /** Brings what is served into line with the web configuration. */
  follow(): WebState;
}

/**
 * The servers of Node's listen to nothing here and are given connections instead: so a web configuration can change all of
 * it, TLS itself too, without a new socket. Their time limits work for their own sockets only; {@link Connections} has those.
 */
export function openTransport(
  web: WebFiles,
  connections: Connections,
  { onRequest, isOpen, log }: { onRequest: OnRequest; isOpen: () => boolean; log: Log },
): Transport {
  const byStream = new WeakMap<object, Connection>();
  const bySession = new WeakMap<Http2Session, Connection>();
  const shaking = new AsyncLocalStorage<Connection>();
  let state = web.state;
  let secure = state.tls === undefined ? undefined : tlsServer(state);
  let joining: Connection | undefined;
  const rarely = seldom();

  const serve = (
    connection: Connection | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void => {
    if (connection === undefined) request.destroy();
    else onRequest(connection, request, response);
  };

  const http1 = createHttp1({ maxHeaderSize: mostHeaderBytes, keepAliveTimeout: 0 });
  const serve1 = (request: IncomingMessage, response: ServerResponse): void =>
    serve(byStream.get(request.socket), request, response);
  http1.on('request', serve1);
  // No body is wanted, so nobody is told to go on.
  http1.on('checkContinue', serve1);

  const http2 = createHttp2({
    maxSessionMemory: 4,
    maxHeaderListPairs: 128,
    settings: { maxConcurrentStreams: 20, maxHeaderListSize: mostHeaderBytes },
  });
  http2.on('session', (session) => {
    if (joining === undefined) return session.destroy();
    bySession.set(session, joining);
    joining.session = session;
  });
  http2.on('sessionError', () => {});
  http2.on('request', (request, response) => {
    const { session } = request.stream;
    // The compatibility layer of node:http2 has what is used of the two.
    serve(
      session === undefined ? undefined : bySession.get(session),
      request as unknown as IncomingMessage,
      response as unknown as ServerResponse,
    );
  });

  function tlsServer({ config, tls }: WebState): TlsServer {
    const server = createTls({ ...tls, handshakeTimeout: 0x7fff_ffff });
    server.on('tlsClientError', (error) => {
      const reason = shakeReason(error);
      rarely(reason, () => log('info', 'no TLS with a client', { reason }));
    });
    server.on('secureConnection', (socket) => {
      const connection = shaking.getStore();
      socket.on('error', () => {});
      const reason = config.tls === undefined ? undefined : refusal(config.tls, socket);
      if (reason !== undefined)
        rarely(reason, () => log('warn', 'a client was refused', { reason, client: clientOf(socket) }));
      if (connection === undefined || reason !== undefined || !isOpen()) {
        socket.destroy();
        return;
      }
      connection.stream = socket;
      byStream.set(socket, connection);
      if (socket.alpnProtocol !== 'h2') {
        http1.emit('connection', socket);
        return;
      }
      joining = connection;
      http2.emit('connection', socket);
      joining = undefined;
    });
    return server;
  }

  const follow = (): WebState => {
    const next = web.state;
    if (next === state) return state;
    const isOther = next.policy !== state.policy;
    state = next;
    secure = state.tls === undefined ? undefined : tlsServer(state);
    // One without a policy is on its way in, under the new one.
    if (isOther) connections.end(({ policy }) => policy !== undefined && policy !== next.policy, policyGrace);
    return state;
  };

  return {
    follow,
    accept(socket) {
      const connection = connections.admit(socket);
      if (connection === undefined) return;
      void web.fresh().then(() => {
        if (socket.destroyed || !isOpen()) {
          socket.destroy();
          return;
        }
        connection.policy = follow().policy;
        if (secure !== undefined) {
          shaking.run(connection, (server: TlsServer) => server.emit('connection', socket), secure);
          return;
        }
        byStream.set(socket, connection);
        http1.emit('connection', socket);
        socket.resume();
      });
    },
  };
}

const mostHeaderBytes = 16_384;
const policyGrace = 5000;

// OpenSSL's own message has its source files in it.
function shakeReason(error: Error & { readonly code?: string; readonly reason?: string }): string {
  const reason = error.reason ?? error.code ?? wordsOf(error);
  return reason === 'http request' ? 'it speaks HTTP without TLS' : reason;
}

function clientOf({ remoteAddress = 'a unix socket' }: Socket): string {
  return remoteAddress;
}
