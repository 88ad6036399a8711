import { once } from 'node:events';
import { createServer, get, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { type PageOptions, pageHandler } from '../../lib/exporter/page/handler.ts';
import { type Part, scriptedHost, servePage } from './support/page-host.ts';
import { sceneAt, sceneDisks } from './support/page-scene.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(options: PageOptions = {}) {
  const host = scriptedHost(sceneAt(0));
  const served = await servePage(host.source, sceneDisks, { interval: 100, ...options });
  ends.push(() => served.close());
  return { host, served };
}

async function ask(
  url: string,
  method = 'GET',
): Promise<{ status: number; headers: IncomingMessage['headers']; body: string }> {
  const [response] = (await once(request(url, { method }).end(), 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** Asks for the page many times at once, on one connection that waits for no answer; the heads of the answers. */
async function askAtOnce(url: string, times: number): Promise<readonly string[]> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const each = 'GET / HTTP/1.1\r\nHost: x\r\n';
  socket.write(`${`${each}\r\n`.repeat(times - 1)}${each}Connection: close\r\n\r\n`);
  return (await text(socket)).match(/^HTTP\/1\.1 .*\r\n(?:.+\r\n)*/gm) ?? [];
}

/** Opens a stream and reads what comes; the returned function gives the events so far. */
async function listen(url: string): Promise<{ events: () => readonly string[]; response: IncomingMessage }> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  let received = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
  });
  response.on('error', () => {});
  ends.push(() => response.destroy());
  return { events: () => received.split('\n\n').slice(0, -1), response };
}

describe('a request for the page', () => {
  it('brings the page, its style, its script and its icon, each with its type and all the headers that protect it', async () => {
    const { served } = await serve();
    const page = await ask(served.url);
    expect(page).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    });
    const files = [...page.body.matchAll(/(?:href|src)="(page\.\w+\?[^"]+)"/g)].map(([, file]) => file ?? '');
    const types = new Map<string, string | undefined>();
    for (const file of files) {
      const { status, headers } = await ask(new URL(file, served.url).href);
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('private, max-age=31536000, immutable');
      expect(headers['content-security-policy']).toBe(page.headers['content-security-policy']);
      expect(headers['x-content-type-options']).toBe('nosniff');
      types.set(file.replace(/\?.*/, ''), headers['content-type']);
    }
    expect(Object.fromEntries(types)).toEqual({
      'page.svg': 'image/svg+xml',
      'page.css': 'text/css; charset=utf-8',
      'page.js': 'text/javascript; charset=utf-8',
    });
    expect((await ask(`${served.url}page.css?other`)).headers['cache-control']).toBe('no-cache');
  });

  it('may ask for the head only, and for nothing but reading', async () => {
    const { served } = await serve();
    for (const path of ['', 'page.css', 'events']) {
      expect(await ask(served.url + path, 'HEAD')).toMatchObject({ status: 200, body: '' });
      expect(await ask(served.url + path, 'POST')).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD' },
      });
    }
  });

  it('is left to others if it is for another path', async () => {
    const { served } = await serve();
    for (const path of ['page', 'events/', 'page.css/', 'constructor', '__proto__', '%2e%2e/etc/passwd'])
      expect((await ask(served.url + path)).status).toBe(404);
  });

  it('is answered whatever its query says', async () => {
    const { served } = await serve();
    for (const query of [
      '%',
      '%ff%00',
      'page=-1',
      'page=1e9',
      `q=${'x'.repeat(9000)}`,
      'stack=__proto__',
      '&&=&?#',
    ])
      expect((await ask(`${served.url}?${query}`)).status).toBe(200);
  });

  it('is one of so many at once; who comes too late is told when to come again', async () => {
    const { served } = await serve({ pages: 3 });
    const heads = await askAtOnce(served.url, 10);
    expect(heads.filter((head) => head.startsWith('HTTP/1.1 200 '))).toHaveLength(3);
    const late = heads.filter((head) => head.startsWith('HTTP/1.1 503 '));
    expect(late).toHaveLength(7);
    expect(late[0]).toContain('Retry-After: 1\r\n');
    expect((await ask(served.url)).status).toBe(200);
  });

  it('is one no more when its reader has gone', async () => {
    const { served } = await serve({ pages: 1 });
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n', () => socket.destroy());
    await once(socket, 'close');
    await expect.poll(async () => (await ask(served.url)).status).toBe(200);
  });

  it('is made after the page before it, and others have their turn in between', async () => {
    const { source } = scriptedHost(sceneAt(0));
    let turns = 0;
    const turn = (): void => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    ends.push(() => clearImmediate(next));
    const looks: number[] = [];
    const watched = Object.create(source, {
      monitor: {
        get() {
          looks.push(turns);
          return source.monitor;
        },
      },
    }) as typeof source;
    const served = await servePage(watched, sceneDisks);
    ends.push(() => served.close());
    await ask(served.url);
    looks.length = 0;
    expect(await askAtOnce(served.url, 8)).toHaveLength(8);
    expect(new Set(looks).size).toBeGreaterThanOrEqual(8);
  });
});

describe('a stream of the page', () => {
  it('is one of so many; who comes too late is told when to come again', async () => {
    const { served } = await serve({ clients: 2 });
    const streams = [await listen(`${served.url}events`), await listen(`${served.url}events`)];
    expect(await ask(`${served.url}events`)).toMatchObject({ status: 503, headers: { 'retry-after': '15' } });
    expect((await ask(served.url)).status).toBe(200);
    streams[0]?.response.destroy();
    await expect.poll(async () => (await listen(`${served.url}events`)).response.statusCode).toBe(200);
  });

  it('has what the page has that it belongs to, then what changes', async () => {
    const { served, host } = await serve();
    await ask(served.url);
    const { events } = await listen(`${served.url}events?q=data/mail`);
    await expect.poll(() => events().length).toBe(2);
    const [hello, first] = events();
    expect(hello).toMatch(/^retry: 3000\nevent: hello\ndata: [\w-]{12}$/);
    expect(JSON.parse(first?.split('data: ')[1] ?? '').rows.order).toEqual(['data-mail']);
    host.show(sceneAt(5));
    await expect.poll(() => events().length).toBe(3);
    expect(JSON.parse(events()[2]?.split('data: ')[1] ?? '')).toMatchObject({
      rows: { put: [['data-mail', expect.anything()]] },
    });
  });

  it('holds no more than one message for a client that does not read', { timeout: 60_000 }, async () => {
    const host = scriptedHost(manyAt(0));
    const page = pageHandler(host.source, { interval: 100 });
    const responses: ServerResponse[] = [];
    const server = createServer((incoming, response) => {
      responses.push(response);
      page(incoming, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    ends.push(() => {
      client.destroy();
      page.close();
      server.closeAllConnections();
      server.close();
    });
    client.on('error', () => {});
    client.pause();
    client.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    let step = 0;
    const changing = setInterval(() => host.show(manyAt(++step)), 50);
    ends.push(() => clearInterval(changing));
    const held = (): number => responses[0]?.writableLength ?? 0;
    // First the kernel's own buffers fill up, some megabytes.
    await expect.poll(held, { timeout: 45_000, interval: 20 }).toBeGreaterThan(0);
    const atFirst = held();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(held()).toBe(atFirst);
    expect(atFirst).toBeLessThan(200_000);
  });

  it('ends when the page is closed', async () => {
    const { served } = await serve();
    const { response } = await listen(`${served.url}events`);
    served.page.close();
    await once(response, 'end');
  });

  it('is the same over HTTP/2, without a warning', async () => {
    const warnings: string[] = [];
    const warned = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', warned);
    const host = scriptedHost(sceneAt(0));
    const page = pageHandler(host.source, { interval: 100 });
    const server = createHttp2Server((incoming, response) => void page(incoming, response)).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    ends.push(() => {
      process.off('warning', warned);
      session.destroy();
      page.close();
      server.close();
    });
    expect(await text(session.request({ ':path': '/' }))).toContain('<h1>Storage of ');
    const stream = session.request({ ':path': '/events' });
    let received = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    await expect.poll(() => received).toContain('event: lists');
    host.show(sceneAt(9));
    await expect.poll(() => received.split('event: lists').length).toBe(3);
    stream.close();
    await once(stream, 'close');
    expect(warnings).toEqual([]);
  });
});

it('takes no option that it does not know', () => {
  const { source } = scriptedHost([]);
  expect(() => pageHandler(source, { clients: -1 })).toThrow(RangeError);
  expect(() => pageHandler(source, { interval: 10 })).toThrow(RangeError);
  expect(() => pageHandler(source, { colour: 'red' } as PageOptions)).toThrow(TypeError);
});

function manyAt(step: number): readonly Part[] {
  return Array.from({ length: 60 }, (_, index) => ({
    name: `${'long'.repeat(25)}-${index}`,
    uuid: null,
    minor: index,
    lines: [`0 65536 raid raid1 2 aA ${(step * 7 + index) % 65536}/65536 resync 0 0 -`],
    on: ['8:0'],
  }));
}
