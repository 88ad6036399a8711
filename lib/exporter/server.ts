import type { Server } from 'node:net';
import { inheritedSockets } from './activation.ts';
import { openAuth } from './auth.ts';
import { closeAfter, trackConnections } from './connections.ts';
import { type ExporterOptions, toExporterSettings } from './exporter-options.ts';
import { type Address, listenOn } from './listen.ts';
import { wordsOf } from './log.ts';
import { type PageHandler, pageHandler } from './page/handler.ts';
import { rateLimiter } from './rate-limit.ts';
import { headerOf, openRoutes, sendText } from './routes.ts';
import { scrapeTimeout } from './scrape-answer.ts';
import { type MetricsSource, openSource } from './source.ts';
import { type OnRequest, openTransport } from './transport.ts';
import { tellTrouble } from './trouble.ts';
import { noWebFiles, openWebFiles, type WebFiles } from './web-files.ts';

/** An HTTP server of metrics. */
export interface Exporter extends AsyncDisposable {
  /**
   * Reads the web configuration and starts to listen; resolves with where. Rejects with an error of code
   * `ERR_WEB_CONFIG`, with a {@link DmError} of reason `no-addon`, or with that of the address that cannot be listened on.
   */
  listen(): Promise<readonly Address[]>;
  /** Reads the web configuration again, which every connection and request does anyway. */
  reload(): Promise<void>;
  /**
   * Ends it: no new connections, what is being answered is finished within `grace` milliseconds (default 10,000). May be
   * called again.
   */
  close(grace?: number): Promise<void>;
  /** How many connections there are. */
  readonly connections: number;
  /** Whether connections are made with TLS; false before `listen`. */
  readonly secure: boolean;
}

/** Makes an exporter, which does not listen yet. Throws a TypeError or RangeError for wrong options. */
export function createExporter(options: ExporterOptions = {}): Exporter {
  const settings = toExporterSettings(options);
  const { limits, log, telemetryPath, maxRequests, timeoutOffset } = settings;
  const connections = trackConnections(limits);
  const auth = openAuth();
  let web: WebFiles = noWebFiles;
  let servers: readonly Server[] = [];
  let source: MetricsSource | undefined;
  let page: PageHandler | undefined;
  let closing: Promise<void> | undefined;
  let listening: Promise<readonly Address[]> | undefined;
  const isOpen = (): boolean => closing === undefined;

  const start = async (): Promise<readonly Address[]> => {
    const { webConfigFile, systemdSocket, listenAddresses } = settings;
    if (webConfigFile !== undefined) web = await openWebFiles(webConfigFile, log);
    const opened = settings.source ?? openSource(settings.sourceOptions);
    source = opened;
    const telling = tellTrouble(opened, log);
    page = pageHandler(telling, { metricsPath: telemetryPath });
    const isReady = isOpen;
    const route = openRoutes({
      source: telling,
      page,
      telemetryPath,
      maxRequests,
      timeoutOffset,
      log,
      isReady,
    });
    const transport = openTransport(web, connections, {
      onRequest: guarded(route, () => transport.follow()),
      isOpen,
      log,
    });
    const places = systemdSocket ? inheritedSockets() : listenAddresses;
    const listened = await listenOn(places, (socket) => transport.accept(socket));
    servers = listened.servers;
    if (!isOpen()) for (const server of servers) server.close();
    return listened.addresses;
  };

  // What every request has to pass, in the toolkit's order: the rate limit, the headers, the password.
  const guarded = (route: ReturnType<typeof openRoutes>, follow: () => WebFiles['state']): OnRequest => {
    let limitedBy = web.state.config.rateLimit;
    let mayPass = rateLimiter(limitedBy);
    return async (connection, request, response) => {
      if (connection.session === undefined && connection.answers.size >= mostPipelined) {
        request.destroy();
        return;
      }
      const answer = connections.begin(connection, request, response);
      const timeout = scrapeTimeout(headerOf(request, 'x-prometheus-scrape-timeout-seconds'));
      if (timeout !== undefined) answer.endBy = performance.now() + Math.max(timeout, limits.answerTime);
      try {
        await web.fresh();
        if (answer.closed) return;
        const { config, policy } = follow();
        if (connection.policy !== policy) {
          request.destroy();
          return;
        }
        if (!isOpen() || hasBody(request)) closeAfter(connection, response);
        if (config.rateLimit !== limitedBy) {
          limitedBy = config.rateLimit;
          mayPass = rateLimiter(limitedBy);
        }
        if (!mayPass()) return sendText(request, response, 429, 'Too Many Requests\n');
        // Also that headers are kept: without any, node:http forgets those of `writeHead`, and what is endless.
        response.setHeader('X-Content-Type-Options', 'nosniff');
        for (const [name, value] of Object.entries(config.headers)) response.setHeader(name, value);
        const verdict = await auth.judge(
          config.users,
          request.headers.authorization,
          clientOf(connection.stream),
        );
        if (answer.closed) return;
        if (verdict === 'allowed') return route(request, response);
        if (verdict === 'busy') return sendText(request, response, 503, 'Service Unavailable\n');
        const realm = { 'WWW-Authenticate': 'Basic realm="devmapper exporter", charset="UTF-8"' };
        sendText(request, response, 401, 'Unauthorized\n', realm);
      } catch (error) {
        log('error', 'a request could not be answered', { err: wordsOf(error) });
        if (response.headersSent) response.destroy();
        else sendText(request, response, 500, 'Internal Server Error\n');
      }
    };
  };

  const end = async (grace: number): Promise<void> => {
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    page?.close();
    connections.end(() => true, grace);
    await Promise.all([...closed, connections.empty()]);
    auth.close();
    if (settings.source === undefined) source?.close();
  };

  const exporter: Exporter = {
    listen() {
      if (closing !== undefined) return Promise.reject(new Error('the exporter was closed'));
      listening ??= start();
      return listening;
    },
    async reload() {
      await web.fresh(reloadPatience);
    },
    close(grace = 10_000) {
      closing ??= (async () => {
        await listening?.catch(() => {});
        await end(grace);
      })();
      return closing;
    },
    get connections() {
      return connections.size;
    },
    get secure() {
      return web.state.tls !== undefined;
    },
    [Symbol.asyncDispose]: () => exporter.close(),
  };
  return exporter;
}

// Who has one address of IPv6 has as a rule the 2^64 of its network.
function clientOf({ remoteAddress = '' }: { readonly remoteAddress?: string | undefined }): string {
  return remoteAddress.includes('.') ? remoteAddress : remoteAddress.split(':').slice(0, 4).join(':');
}

const reloadPatience = 10_000;
// Node takes as many requests as are in what it has read, and keeps all answers of a client that reads none.
const mostPipelined = 16;

function hasBody({ headers }: { readonly headers: NodeJS.Dict<string | string[]> }): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
