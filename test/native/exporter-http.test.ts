import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createExporter } from '../../lib/exporter/server.ts';
import { eventually, fakeSource, many, type Running, running, up } from './support/exporter.ts';

let server: Running | undefined;
const start = async (...given: Parameters<typeof running>): Promise<Running> => {
  server = await running(...given);
  return server;
};
afterEach(async () => {
  await server?.exporter.close(0);
  server = undefined;
});

describe('metrics over HTTP', () => {
  it('are text for who asks for nothing else', async () => {
    const { port } = await start();
    const { status, headers, body } = await ask(port, '/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['content-length']).toBe(String(body.length));
    expect(String(body)).toBe(
      '# HELP dm_up Whether device-mapper has answered.\n# TYPE dm_up gauge\ndm_up 1\n',
    );
  });

  it('are OpenMetrics for who wants it', async () => {
    const { port } = await start();
    const accept =
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
    const { headers, body } = await ask(port, '/metrics', { headers: { accept } });
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(String(body)).toMatch(/\n# EOF\n$/);
  });

  it('are compressed for who can read it, and are the same', async () => {
    const source = fakeSource();
    source.families = async () => [up, many(5000)];
    const { port } = await start({}, source);
    const plain = await ask(port, '/metrics');
    const { headers, body } = await ask(port, '/metrics', { headers: { 'accept-encoding': 'gzip' } });
    expect(headers['content-encoding']).toBe('gzip');
    expect(headers.vary).toBe('Accept, Accept-Encoding');
    expect(gunzipSync(body).equals(plain.body)).toBe(true);
    expect(body.length).toBeLessThan(plain.body.length / 5);
  });

  it('have for HEAD the headers of GET and no body', async () => {
    const { port } = await start();
    const get = await ask(port, '/metrics');
    const head = await ask(port, '/metrics', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.body).toHaveLength(0);
  });

  it('are gathered within the time that Prometheus names', async () => {
    const { port, source } = await start({ timeoutOffset: 250 });
    for (const seconds of ['10', '2.5', 'nonsense'])
      await ask(port, '/metrics', { headers: { 'x-prometheus-scrape-timeout-seconds': seconds } });
    expect(source.deadlines).toEqual([9750, 2250, 5000]);
  });

  it('are an error within that time even of a source that never answers', async () => {
    const source = fakeSource();
    source.families = () => new Promise(() => {});
    const { port } = await start({}, source);
    const begun = performance.now();
    const headers = { 'x-prometheus-scrape-timeout-seconds': '1' };
    const { status, body } = await ask(port, '/metrics', { headers });
    expect({ status, body: String(body) }).toEqual({
      status: 503,
      body: 'the metrics were not gathered in time\n',
    });
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it('are an error of one line, told to the log too, if the source fails', async () => {
    const source = fakeSource();
    source.families = async () => {
      throw new Error('broken');
    };
    const { port, log } = await start({}, source);
    const { status, body } = await ask(port, '/metrics');
    expect({ status, body: String(body) }).toEqual({ status: 500, body: 'broken\n' });
    expect(log).toContain('error a scrape could not be answered {"err":"broken"}');
  });

  it('are elsewhere if they are wanted elsewhere', async () => {
    const { port } = await start({ telemetryPath: '/dm/metrics' });
    expect((await ask(port, '/dm/metrics')).status).toBe(200);
    expect((await ask(port, '/metrics')).status).toBe(404);
  });
});

describe('scrapes at the same time', () => {
  it('get 503 above the most there may be, and are answered again afterwards', async () => {
    const source = fakeSource();
    let release = (): void => {};
    source.families = () =>
      new Promise((resolve) => {
        const before = release;
        release = () => {
          before();
          resolve([up]);
        };
      });
    const { port } = await start({ maxRequests: 2 }, source);
    // The one that may take less time is another one.
    const hurried = { headers: { 'X-Prometheus-Scrape-Timeout-Seconds': '4' } };
    const first = [ask(port, '/metrics'), ask(port, '/metrics', hurried)];
    await eventually(() => source.deadlines.length === 2);
    const { status, headers, body } = await ask(port, '/metrics');
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
    expect(String(body)).toBe('Limit of concurrent requests reached (2), try again later.\n');
    expect((await ask(port, '/-/healthy')).status).toBe(200);
    release();
    expect((await Promise.all(first)).map(({ status: each }) => each)).toEqual([200, 200]);
    source.families = async () => [up];
    expect((await ask(port, '/metrics')).status).toBe(200);
  });

  it('have no bound with 0', async () => {
    const source = fakeSource();
    source.families = () => new Promise((resolve) => setTimeout(() => resolve([up]), 200));
    const { port } = await start({ maxRequests: 0 }, source);
    const all = await Promise.all(Array.from({ length: 60 }, () => ask(port, '/metrics')));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe('other paths', () => {
  it('/-/healthy and /-/ready ask the source nothing', async () => {
    const { port, source } = await start();
    expect(await ask(port, '/-/healthy')).toMatchObject({ status: 200 });
    expect(await ask(port, '/-/ready')).toMatchObject({ status: 200 });
    expect(source.deadlines).toEqual([]);
  });

  it('/ is a page', async () => {
    const { port } = await start();
    const { status, headers, body } = await ask(port, '/');
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: 'text/html; charset=utf-8',
    });
    expect(String(body)).toContain('metrics');
  });

  it.each(['/nope', '/metrics/', '/metricsx', '/%6detrics', '//metrics', '/-/'])(
    '%s is not found',
    async (path) => {
      const { port } = await start();
      expect(await ask(port, path)).toMatchObject({ status: 404 });
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'])(
    '%s is not allowed',
    async (method) => {
      const { port, source } = await start();
      const { status, headers } = await ask(port, '/metrics', { method });
      expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' });
      expect(source.deadlines).toEqual([]);
    },
  );

  it('a query and a whole URL change nothing', async () => {
    const { port } = await start();
    expect(await ask(port, '/metrics?x=/nope')).toMatchObject({ status: 200 });
    expect(await raw(port, 'GET http://elsewhere/metrics HTTP/1.1\r\nHost: elsewhere\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 OK/,
    );
  });
});

describe('a broken request', () => {
  const host = 'Host: x\r\n';
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['another version', 'GET /metrics HTTP/9.9\r\n\r\n', 400],
    ['no host', 'GET /metrics HTTP/1.1\r\n\r\n', 400],
    ['a header with a NUL', `GET /metrics HTTP/1.1\r\n${host}A\x00B: c\r\n\r\n`, 400],
    ['two lengths', `GET /metrics HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
    [
      'a length and chunks',
      `GET /metrics HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['no path', `GET metrics HTTP/1.1\r\n${host}\r\n`, 400],
    ['a star', `GET * HTTP/1.1\r\n${host}\r\n`, 400],
    ['a huge header', `GET /metrics HTTP/1.1\r\n${host}Big: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['many headers', `GET /metrics HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(10_000)}\r\n`, 431],
    ['a huge path', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 431],
    ['an expectation', `GET /metrics HTTP/1.1\r\n${host}Expect: everything\r\n\r\n`, 417],
    ['a tunnel', `CONNECT x:1 HTTP/1.1\r\n${host}\r\n`, undefined],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ])('of %s is answered as such, and the next one is well', async (_, text, status) => {
    const { port, exporter } = await start();
    expect(/^HTTP\/1\.1 (\d+) /.exec(await raw(port, text))?.[1]).toBe(status?.toString());
    expect(await ask(port, '/metrics')).toMatchObject({ status: 200 });
    await eventually(() => exporter.connections === 0);
  });

  it('with a body is answered without reading it, and its connection ends', async () => {
    const { port, exporter } = await start();
    const head =
      'POST /metrics HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000000\r\n\r\n';
    const answer = await raw(port, `${head}${'x'.repeat(100_000)}`);
    expect(answer).toMatch(/^HTTP\/1\.1 405 [\s\S]*Connection: close/);
    expect(answer).not.toContain('100 Continue');
    await eventually(() => exporter.connections === 0);
  });
});

describe('listening', () => {
  it('is on several addresses', async () => {
    const { exporter } = await start({ listenAddresses: ['127.0.0.1:0', '[::1]:0', 'localhost:0'] });
    const addresses = await exporter.listen();
    expect(addresses.map(({ host }) => host).slice(0, 2)).toEqual(['127.0.0.1', '[::1]']);
    for (const { host, port } of addresses)
      expect((await fetch(`http://${host}:${port}/-/healthy`)).status).toBe(200);
  });

  it('on an address that is taken is an error that names it, and frees the others', async () => {
    const { port } = await start();
    const second = createExporter({
      source: fakeSource(),
      listenAddresses: ['127.0.0.1:0', `127.0.0.1:${port}`],
    });
    await expect(second.listen()).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: another process listens there; is an exporter running already? (EADDRINUSE)`,
    );
    await second.close();
  });

  it.each([
    ['192.0.2.1:0', 'this machine has no such address (EADDRNOTAVAIL)'],
    ['nobody.invalid:0', /the host name could not be looked up|there is no such host name/],
  ])('on %s is an error that says why', async (address, words) => {
    const exporter = createExporter({ source: fakeSource(), listenAddresses: [address] });
    await expect(exporter.listen()).rejects.toThrow(words);
    await exporter.close();
  });
});

describe('the end', () => {
  it('waits for what is being answered, and for nothing else', async () => {
    const source = fakeSource();
    let release = (): void => {};
    source.families = () =>
      new Promise((resolve) => {
        release = () => resolve([many(20_000)]);
      });
    const { port, exporter } = await start({}, source);
    const idle = connect(port, '127.0.0.1');
    const idleEnd = once(idle, 'close');
    idle.on('error', () => {});
    const page = await fetch(`http://127.0.0.1:${port}/events`);
    const pageEnd = page.text().catch(() => 'ended');
    const scrape = ask(port, '/metrics');
    await eventually(() => source.deadlines.length === 1);
    const closed = exporter.close();
    await idleEnd;
    await pageEnd;
    await expect(fetch(`http://127.0.0.1:${port}/-/healthy`)).rejects.toThrow();
    release();
    const { status, body } = await scrape;
    expect(status).toBe(200);
    expect(String(body).split('\n')).toHaveLength(20_003);
    await closed;
    expect(exporter.connections).toBe(0);
  });

  it('comes after the time for it even if something is not done', async () => {
    const source = fakeSource();
    source.families = () => new Promise(() => {});
    const { port, exporter } = await start({}, source);
    const scrape = ask(port, '/metrics').catch((error: NodeJS.ErrnoException) => error.code);
    await eventually(() => source.deadlines.length === 1);
    const begun = performance.now();
    await exporter.close(500);
    expect(performance.now() - begun).toBeLessThan(2500);
    expect(await scrape).toBe('ECONNRESET');
  });

  it('is one however often it is asked for, and nothing is listened on afterwards', async () => {
    const { exporter } = await start();
    await Promise.all([exporter.close(), exporter.close()]);
    await expect(exporter.listen()).rejects.toThrow('the exporter was closed');
  });
});

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(
  port: number,
  path: string,
  options: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ port, host: '127.0.0.1', path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

// What comes back until the connection ends, or nothing more comes.
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(text, 'latin1')));
    socket.setTimeout(500, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}
