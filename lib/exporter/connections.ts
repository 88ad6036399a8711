import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Limits } from './limits.ts';

/** A client's connection. */
export interface Connection {
  /** The socket, or what TLS has made of it. */
  stream: Socket;
  session: Http2Session | undefined;
  /** The policy under which it was let in; undefined as long as it is not. */
  policy: string | undefined;
  /** When it came, or its last answer ended; in milliseconds of `performance.now()`. */
  idleSince: number;
  /** Whether it has had an answer. */
  served: boolean;
  /** When it must be gone; infinite if it need not. */
  endBy: number;
  readonly answers: Set<Answer>;
}

/** An answer that is being made or read. */
export interface Answer {
  readonly response: ServerResponse;
  /** When it must have been read. */
  endBy: number;
  stalledSince: number | undefined;
  /** It has ended, or the client has. */
  closed: boolean;
}

/** All connections of a server. */
export interface Connections {
  /** Takes a new one; undefined, and it is gone, if there are too many that are all being served. */
  admit(socket: Socket): Connection | undefined;
  /** Begins an answer, which ends by itself when the response is closed. */
  begin(connection: Connection, request: IncomingMessage, response: ServerResponse): Answer;
  /** Ends those that `isMeant`: idle ones at once, others with their answers, all after `grace` milliseconds. */
  end(isMeant: (connection: Connection) => boolean, grace: number): void;
  /** Resolves when there is none. */
  empty(): Promise<void>;
  readonly size: number;
}

/** Starts with none. */
export function trackConnections(limits: Limits): Connections {
  // In the order in which they became idle.
  const idle = new Set<Connection>();
  const busy = new Set<Connection>();
  const onEmpty = new Set<() => void>();
  let sweeping: NodeJS.Timeout | undefined;

  const remove = (connection: Connection): void => {
    idle.delete(connection);
    busy.delete(connection);
    if (idle.size + busy.size > 0) return;
    clearInterval(sweeping);
    sweeping = undefined;
    for (const told of onEmpty) told();
    onEmpty.clear();
  };

  const makeRoom = (): boolean => {
    if (idle.size + busy.size < limits.connections) return true;
    const [first] = idle;
    // A reader of an endless answer comes back by itself.
    const leaving = first ?? [...busy].find(isEndless);
    if (leaving === undefined) return false;
    leaving.stream.destroy();
    remove(leaving);
    return true;
  };

  const sweep = (): void => {
    const now = performance.now();
    for (const connection of idle) {
      const time = connection.served ? limits.idleTime : limits.headTime;
      if (now >= Math.min(connection.idleSince + time, connection.endBy)) connection.stream.destroy();
    }
    for (const connection of busy)
      if (now >= connection.endBy || [...connection.answers].some((answer) => isOverdue(answer, now, limits)))
        connection.stream.destroy();
  };

  return {
    admit(socket) {
      if (!makeRoom()) {
        socket.destroy();
        return undefined;
      }
      const connection: Connection = {
        stream: socket,
        session: undefined,
        policy: undefined,
        idleSince: performance.now(),
        served: false,
        endBy: Number.POSITIVE_INFINITY,
        answers: new Set(),
      };
      idle.add(connection);
      sweeping ??= setInterval(sweep, Math.min(1000, limits.headTime / 4)).unref();
      socket.once('close', () => remove(connection));
      // Those that are torn down by their clients are nobody's business.
      socket.on('error', () => {});
      return connection;
    },
    begin(connection, request, response) {
      const answer: Answer = {
        response,
        endBy: performance.now() + limits.answerTime,
        stalledSince: undefined,
        closed: false,
      };
      connection.answers.add(answer);
      idle.delete(connection);
      busy.add(connection);
      response.once('close', () => {
        answer.closed = true;
        connection.answers.delete(answer);
        if (connection.answers.size > 0 || !busy.delete(connection)) return;
        connection.idleSince = performance.now();
        connection.served = true;
        idle.add(connection);
        // Of a request with a body the rest would have to be read before the next one.
        if (connection.endBy < Number.POSITIVE_INFINITY || !request.complete) endSoon(connection);
      });
      return answer;
    },
    end(isMeant, grace) {
      const endBy = performance.now() + grace;
      for (const connection of [...idle, ...busy].filter(isMeant)) {
        connection.endBy = Math.min(connection.endBy, endBy);
        if (idle.has(connection) || isEndless(connection)) connection.stream.destroy();
        else for (const { response } of connection.answers) closeAfter(connection, response);
      }
    },
    empty: () =>
      idle.size + busy.size === 0 ? Promise.resolve() : new Promise((resolve) => onEmpty.add(resolve)),
    get size() {
      return idle.size + busy.size;
    },
  };
}

/** Lets an HTTP/1 client know that the connection ends with this answer. */
export function closeAfter({ session }: Connection, response: ServerResponse): void {
  if (session === undefined && !response.headersSent) response.setHeader('Connection', 'close');
}

function endSoon({ session, stream }: Connection): void {
  if (session === undefined) stream.destroySoon();
  else session.close();
}

function isEndless({ answers }: Connection): boolean {
  return answers.size > 0 && [...answers].every(({ response }) => isEventStream(response));
}

function isEventStream(response: ServerResponse): boolean {
  return String(response.getHeader('Content-Type') ?? '').startsWith('text/event-stream');
}

function isOverdue(answer: Answer, now: number, limits: Limits): boolean {
  const { response } = answer;
  if (!isEventStream(response)) return now >= answer.endBy;
  answer.stalledSince = isUnread(response) ? (answer.stalledSince ?? now) : undefined;
  return answer.stalledSince !== undefined && now - answer.stalledSince >= limits.stallTime;
}

function isUnread(
  response: ServerResponse & { readonly stream?: { readonly writableLength: number } },
): boolean {
  return (response.stream?.writableLength ?? response.writableLength) > 0;
}
