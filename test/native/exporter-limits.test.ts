import { readdirSync } from 'node:fs';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type Certificates,
  certificates,
  eventually,
  fakeSource,
  many,
  type Running,
  running,
  up,
} from './support/exporter.ts';

let pki: Certificates;
let server: Running | undefined;
const opened = new Set<Socket>();

beforeAll(() => {
  pki = certificates();
  pki.make('server', 'IP:127.0.0.1');
  pki.write('web.yml', 'tls_server_config: {cert_file: server.crt, key_file: server.key}\n');
});
afterAll(() => pki.remove());
afterEach(async () => {
  for (const socket of opened) socket.destroy();
  opened.clear();
  await server?.exporter.close(0);
  server = undefined;
});

describe('a slow client', () => {
  it('that sends its request byte by byte is ended in time, and delays nobody', async () => {
    const { port, exporter } = await start({ limits: { headTime: 600 } });
    const begun = performance.now();
    const slow = Array.from({ length: 20 }, () => open(port));
    for (const { socket } of slow) socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nDrip: ');
    const dripping = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write('x');
    }, 50);
    expect(await scrape(port)).toBe(200);
    await Promise.all(slow.map(({ ended }) => ended));
    clearInterval(dripping);
    const taken = performance.now() - begun;
    expect(taken).toBeGreaterThan(500);
    expect(taken).toBeLessThan(2500);
    await eventually(() => exporter.connections === 0);
  });

  it('that agrees on no TLS is ended in time', async () => {
    const { port, exporter } = await start({ limits: { headTime: 400 }, ...overTls() });
    const silent = open(port);
    const shaken = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const shakenEnd = new Promise((resolve) => shaken.once('close', resolve));
    shaken.on('error', () => {});
    await silent.ended;
    await shakenEnd;
    await eventually(() => exporter.connections === 0);
  });

  it('that asks nothing more is ended in time', async () => {
    const { port } = await start({ limits: { idleTime: 400, headTime: 400 } });
    const { socket, ended, text } = open(port);
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => text().includes('dm_up 1'));
    socket.write('GET');
    await ended;
  });

  it.each(['', 'TLS'])(
    'that does not read its answer is ended in time, and its place is free again %s',
    async (tls) => {
      const source = fakeSource();
      source.families = async () => [many(200_000)];
      const options = { limits: { answerTime: 800 }, maxRequests: 1, ...(tls === '' ? {} : overTls()) };
      const { port, exporter } = await start(options, source);
      const socket =
        tls === ''
          ? connect(port, '127.0.0.1')
          : connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      opened.add(socket);
      socket.on('error', () => {});
      socket.pause();
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
      await eventually(() => source.deadlines.length === 1);
      await eventually(() => exporter.connections === 0, 15_000);
      source.families = async () => [up];
      if (tls === '') expect(await scrape(port)).toBe(200);
    },
  );
});

describe('many that scrape at once and read nothing', () => {
  it.each(['', 'TLS'])('cost one gathering and one body, and a reader gets all of it %s', async (tls) => {
    const source = fakeSource();
    source.families = () => new Promise((resolve) => setTimeout(() => resolve([many(100_000)]), 200));
    const { port } = await start(tls === '' ? {} : overTls(), source);
    const asking = 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const before = process.memoryUsage().rss;
    const sockets = Array.from({ length: 30 }, () => {
      const socket =
        tls === ''
          ? connect(port, '127.0.0.1')
          : connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      opened.add(socket);
      socket.on('error', () => {});
      socket.pause();
      return new Promise<Socket>((resolve) => {
        socket.once(tls === '' ? 'connect' : 'secureConnect', () => resolve(socket));
      });
    });
    const ready = await Promise.all(sockets);
    for (const socket of ready) socket.write(asking);
    let bytes = 0;
    const [reader] = ready;
    reader?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    reader?.resume();
    await new Promise((resolve) => reader?.once('close', resolve));
    expect(bytes).toBeGreaterThan(10_000_000);
    expect(source.deadlines).toHaveLength(1);
    // Of 30 bodies of their own the answers alone would be more than 300 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(250_000_000);
  });
});

describe('a client that waits for no answer before it asks again', () => {
  const asking = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';
  const answers = (text: string): number => text.match(/^dm_up 1$/gm)?.length ?? 0;

  it('gets all of them', async () => {
    const { port } = await start();
    const { socket, text } = open(port);
    for (let round = 1; round <= 3; round++) {
      socket.write(asking.repeat(16));
      await eventually(() => answers(text()) === 16 * round);
    }
  });

  it('is ended if it asks for too many, and costs no scrape', async () => {
    const source = fakeSource();
    source.families = () => new Promise((resolve) => setTimeout(() => resolve([up]), 100));
    const { port, exporter } = await start({}, source);
    const { socket, ended, text } = open(port);
    socket.write(asking.repeat(1000));
    await ended;
    expect(answers(text())).toBe(0);
    expect(source.deadlines.length).toBeLessThanOrEqual(16);
    expect(exporter.connections).toBe(0);
    expect(await scrape(port)).toBe(200);
  });
});

describe('a client that goes away', () => {
  it.each(['', 'TLS'])(
    'while its scrape is gathered, compressed or sent harms nobody, and frees its place %s',
    async (tls) => {
      const source = fakeSource();
      const options = { maxRequests: 3, ...(tls === '' ? {} : overTls()) };
      const { port, exporter, log } = await start(options, source);
      for (let wait = 0; wait < 60; wait += 2) {
        source.families = () => new Promise((resolve) => setTimeout(() => resolve([many(5000)]), 20));
        const socket =
          tls === ''
            ? connect(port, '127.0.0.1')
            : connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
        opened.add(socket);
        socket.on('error', () => {});
        const before = source.deadlines.length;
        // With less time than the one before, so that it does not share what is gathered for that.
        const patience = `X-Prometheus-Scrape-Timeout-Seconds: ${30 - wait / 4}`;
        socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n${patience}\r\n\r\n`);
        await eventually(() => source.deadlines.length > before);
        await new Promise((resolve) => setTimeout(resolve, wait));
        socket.destroy();
        await eventually(() => exporter.connections === 0);
      }
      expect(log.filter((line) => line.startsWith('error'))).toEqual([]);
      source.families = async () => [up];
      if (tls === '') expect(await scrape(port)).toBe(200);
    },
  );
});

describe('a thousand connections at once', () => {
  it('that do nothing leave room for a scrape, and all are given back', async () => {
    const files = readdirSync('/proc/self/fd').length;
    const { port, exporter } = await start();
    const idle = Array.from({ length: 1000 }, () => open(port));
    await eventually(() => exporter.connections === 1000);
    expect(await scrape(port)).toBe(200);
    for (const { socket } of idle) socket.destroy();
    await eventually(() => exporter.connections === 0);
    await exporter.close(0);
    await eventually(() => readdirSync('/proc/self/fd').length <= files);
  });

  it('are no more than there may be: who has waited longest has to go', async () => {
    const { port, exporter } = await start({ limits: { connections: 50 } });
    const all: ReturnType<typeof open>[] = [];
    for (let each = 0; each < 1000; each++) {
      all.push(open(port));
      if (each % 50 === 0) {
        expect(await scrape(port)).toBe(200);
        expect(exporter.connections).toBeLessThanOrEqual(50);
      }
    }
    await Promise.all(all.slice(0, 900).map(({ ended }) => ended));
    expect(exporter.connections).toBeLessThanOrEqual(50);
    expect(await scrape(port)).toBe(200);
  });

  it('that all ask get an answer each: metrics, or that there are too many', async () => {
    const source = fakeSource();
    source.families = () => new Promise((resolve) => setTimeout(() => resolve([up]), 100));
    const { port } = await start({}, source);
    const statuses = await Promise.all(Array.from({ length: 1000 }, () => scrape(port)));
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(40);
    expect(await scrape(port)).toBe(200);
  });

  it('with TLS are bounded too', async () => {
    const { port, exporter } = await start({ limits: { connections: 100 }, ...overTls() });
    const sockets = Array.from({ length: 300 }, () => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', () => {});
      opened.add(socket);
      return new Promise((resolve) => {
        socket.once('secureConnect', resolve);
        socket.once('close', resolve);
      });
    });
    await Promise.all(sockets);
    expect(exporter.connections).toBeLessThanOrEqual(100);
    await expect(
      session(port, async (client) => statusOf(client.request({ ':path': '/metrics' }))),
    ).resolves.toBe(200);
  });

  it('of live pages give way to a scrape', async () => {
    const { port, exporter } = await start({ limits: { connections: 3 } });
    const pages = Array.from({ length: 3 }, () => open(port));
    for (const { socket } of pages) socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => pages.every(({ text }) => text().includes('text/event-stream')));
    expect(await scrape(port)).toBe(200);
    expect(exporter.connections).toBeLessThanOrEqual(3);
  });
});

describe('HTTP/2', () => {
  it('has many requests on one connection, and no more scrapes at once than elsewhere', async () => {
    const source = fakeSource();
    source.families = () => new Promise((resolve) => setTimeout(() => resolve([up]), 100));
    const { port } = await start({ maxRequests: 10, ...overTls() }, source);
    await session(port, async (client) => {
      await eventually(() => client.remoteSettings?.maxConcurrentStreams === 20);
      const requests = Array.from({ length: 20 }, () => statusOf(client.request({ ':path': '/metrics' })));
      const statuses = await Promise.all(requests);
      expect(statuses.filter((status) => status === 200)).toHaveLength(10);
      expect(statuses.filter((status) => status === 503)).toHaveLength(10);
    });
  });

  it('outlives a client that takes back thousands of requests', async () => {
    // Node 20 stops reading of such a connection, and does not see its end.
    const { port, exporter } = await start({ limits: { idleTime: 1000 }, ...overTls() });
    await session(port, async (client) => {
      for (let round = 0; round < 50 && !client.destroyed; round++) {
        for (let each = 0; each < 90 && !client.destroyed; each++) {
          const stream = client.request({ ':path': '/metrics' });
          stream.on('error', () => {});
          stream.close(constants.NGHTTP2_CANCEL);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    }).catch(() => {});
    await eventually(() => exporter.connections === 0);
    await session(port, async (client) => {
      expect(await statusOf(client.request({ ':path': '/metrics' }))).toBe(200);
    });
  });

  it('refuses huge headers', async () => {
    const { port } = await start(overTls());
    await session(port, async (client) => {
      const stream = client.request({ ':path': '/metrics', big: 'x'.repeat(60_000) });
      expect(await statusOf(stream).catch(() => 'refused')).not.toBe(200);
    }).catch(() => {});
    await session(port, async (client) => {
      expect(await statusOf(client.request({ ':path': '/metrics' }))).toBe(200);
    });
  });

  it('ends with what is being answered', async () => {
    const source = fakeSource();
    let release = (): void => {};
    source.families = () =>
      new Promise((resolve) => {
        release = () => resolve([up]);
      });
    const { port, exporter } = await start(overTls(), source);
    await session(port, async (client) => {
      const status = statusOf(client.request({ ':path': '/metrics' }));
      await eventually(() => source.deadlines.length === 1);
      const closed = exporter.close();
      release();
      expect(await status).toBe(200);
      await closed;
      expect(exporter.connections).toBe(0);
    });
  });
});

describe('whatever bytes come', () => {
  it.each(['', 'TLS'])('it serves afterwards %s', async (tls) => {
    const { port, exporter } = await start(tls === '' ? {} : overTls());
    const line = fc.constantFrom(
      'GET /metrics HTTP/1.1\r\n',
      'Host: x\r\n',
      '\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    );
    const noise = fc.string({ unit: 'binary' });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(line, noise), { maxLength: 8 }), async (pieces) => {
        const { socket, ended } = open(port);
        for (const piece of pieces) socket.write(piece);
        socket.end();
        await ended;
      }),
      { numRuns: 150 },
    );
    await eventually(() => exporter.connections === 0);
    if (tls === '') expect(await scrape(port)).toBe(200);
    else expect(await session(port, (client) => statusOf(client.request({ ':path': '/metrics' })))).toBe(200);
  });
});

async function start(...given: Parameters<typeof running>): Promise<Running> {
  server = await running(...given);
  return server;
}

function overTls(): { readonly webConfigFile: string } {
  return { webConfigFile: pki.path('web.yml') };
}

interface Opened {
  readonly socket: Socket;
  readonly ended: Promise<void>;
  readonly text: () => string;
}

function open(port: number): Opened {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false });
  opened.add(socket);
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => {
      opened.delete(socket);
      resolve();
    });
  });
  return { socket, ended, text: () => text };
}

// A scrape with a connection of its own, and the status of its answer; undefined if there was none.
async function scrape(port: number): Promise<number | undefined> {
  const { socket, ended, text } = open(port);
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await ended;
  const [, status] = /^HTTP\/1\.1 (\d+) /.exec(text()) ?? [];
  return status === undefined ? undefined : Number(status);
}

type Client = ReturnType<typeof connectHttp2>;

async function session<T>(port: number, use: (client: Client) => Promise<T>): Promise<T> {
  const client = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  client.on('error', () => {});
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

function statusOf(stream: ReturnType<Client['request']>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    stream.on('response', (headers) => {
      stream.resume();
      stream.on('end', () => resolve(headers[':status']));
    });
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('no answer')));
  });
}
