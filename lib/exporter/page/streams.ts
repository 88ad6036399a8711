import type { Lists } from './lists.ts';
import type { Element } from './node.ts';

/** What a stream is written to: a response of HTTP/1 or of HTTP/2. */
export interface StreamResponse {
  write(chunk: string): boolean;
  end(): unknown;
  destroy(error?: Error): unknown;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

/** How streams are bounded. */
export interface StreamLimits {
  /** As many at once. */
  readonly clients: number;
  /** Milliseconds between two looks at what has changed; nothing is sent more often. */
  readonly interval: number;
  /** Milliseconds after which something is sent although nothing has changed. */
  readonly heartbeat: number;
  /** Milliseconds that a client may leave what was sent unread before it is dropped. */
  readonly patience: number;
  /** Milliseconds after which a stream ends; the browser opens another, and shows again who it is. */
  readonly age: number;
}

/** The limits that hold unless others are given. */
export const streamLimits: StreamLimits = {
  clients: 16,
  interval: 1000,
  heartbeat: 10_000,
  patience: 30_000,
  age: 3_600_000,
};

/** The pages that are open, each with its stream of server-sent events. */
export interface Streams {
  readonly count: number;
  readonly isFull: boolean;
  /** Sends a page's lists, then what changes in them. What is sent is known to fit: nothing is queued behind it. */
  open(response: StreamResponse, lists: () => Lists): void;
  close(): void;
}

/** Starts without streams. `before` is called ahead of each look, when there are any. */
export function createStreams(version: string, limits: StreamLimits, before: () => void): Streams {
  const clients = new Set<Client>();
  let timer: NodeJS.Timeout | undefined;

  const leave = (client: Client): void => {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  const send = (client: Client, now: number): void => {
    const { response, sent } = client;
    if (client.fullSince !== undefined) {
      // The last one is still on its way: this one is skipped, and the next will tell both.
      if (now - client.fullSince < limits.patience) return;
      leave(client);
      response.destroy();
      return;
    }
    if (now - client.openedAt >= limits.age) {
      leave(client);
      response.end();
      return;
    }
    const isDue = now - client.sentAt >= limits.heartbeat;
    const text = changesSince(sent, client.lists(), isDue);
    if (text === undefined) return;
    client.sentAt = now;
    if (!response.write(`event: lists\ndata: ${text}\n\n`)) client.fullSince = now;
  };

  const tick = (): void => {
    before();
    const now = performance.now();
    for (const client of [...clients]) send(client, now);
  };

  return {
    get count() {
      return clients.size;
    },
    get isFull() {
      return clients.size >= limits.clients;
    },
    open(response, lists) {
      const now = performance.now();
      const sentAt = Number.NEGATIVE_INFINITY;
      const client: Client = {
        response,
        lists,
        sent: new Map(),
        openedAt: now,
        sentAt,
        fullSince: undefined,
      };
      clients.add(client);
      response.on('drain', () => {
        client.fullSince = undefined;
      });
      response.on('close', () => leave(client));
      response.on('error', () => leave(client));
      response.write(`retry: ${retryAfter}\nevent: hello\ndata: ${version}\n\n`);
      send(client, now);
      timer ??= setInterval(tick, limits.interval).unref();
    },
    close() {
      for (const client of [...clients]) {
        leave(client);
        client.response.end();
      }
    },
  };
}

/** What a page has been told of a list. */
interface Told {
  readonly order: string;
  readonly items: ReadonlyMap<string, string>;
}

/**
 * What has changed in the lists since the last time as a line of JSON, `{ list: { order, put } }`; undefined if nothing
 * has but the time, unless `isDue`. `sent` is brought up to date.
 */
function changesSince(sent: Map<string, Told>, lists: Lists, isDue: boolean): string | undefined {
  const changed: Record<string, { order: readonly string[]; put: readonly (readonly [string, Element])[] }> =
    {};
  for (const [name, keyed] of Object.entries(lists)) {
    if (name === timeList && !isDue && Object.keys(changed).length === 0) continue;
    const before = sent.get(name);
    const items = new Map(keyed.map(([key, element]) => [key, JSON.stringify(element)]));
    const keys = keyed.map(([key]) => key);
    const order = JSON.stringify(keys);
    const put = keyed.filter(([key]) => before?.items.get(key) !== items.get(key));
    if (put.length === 0 && before?.order === order) continue;
    sent.set(name, { order, items });
    changed[name] = { order: keys, put };
  }
  return Object.keys(changed).length === 0 ? undefined : JSON.stringify(changed);
}

// The last of the lists, so that it goes along with whatever else has changed.
const timeList: keyof Lists = 'as-of';
const retryAfter = 3000;

interface Client {
  readonly response: StreamResponse;
  readonly lists: () => Lists;
  readonly sent: Map<string, Told>;
  readonly openedAt: number;
  sentAt: number;
  fullSince: number | undefined;
}
