import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from './log.ts';
import { wordsOf } from './log.ts';
import { answerScrape, bodyOf, isLate, scrapeDeadline } from './scrape-answer.ts';
import { shareScrapes } from './shared-scrapes.ts';
import type { MetricsSource } from './source.ts';

/** Answers a request for a path that it knows; false for another. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What is served. */
export interface RouteOptions {
  readonly source: Pick<MetricsSource, 'gather'>;
  readonly page: PageHandler;
  readonly telemetryPath: string;
  readonly maxRequests: number;
  readonly timeoutOffset: number;
  readonly log: Log;
  /** Whether new requests are still wanted. */
  readonly isReady: () => boolean;
}

/** Answers requests that may be answered, of HTTP/1 or HTTP/2 alike. */
export function openRoutes(
  options: RouteOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { source, page, telemetryPath, maxRequests, timeoutOffset, log, isReady } = options;
  const shared = shareScrapes(source, bodyOf);
  let running = 0;

  const scrape = (request: IncomingMessage, response: ServerResponse): void => {
    if (maxRequests > 0 && running >= maxRequests) {
      const text = `Limit of concurrent requests reached (${maxRequests}), try again later.\n`;
      sendText(request, response, 503, text, { 'Retry-After': '1' });
      return;
    }
    running += 1;
    // A slot is taken until its body has been read, which is what takes memory, and the source is done.
    let holds = 2;
    const release = (): void => {
      holds -= 1;
      if (holds === 0) running -= 1;
    };
    response.once('close', release);
    const deadline = scrapeDeadline(headerOf(request, 'x-prometheus-scrape-timeout-seconds'), timeoutOffset);
    const gathering = shared.join(deadline);
    gathering.families.then(release, release);
    answerScrape(gathering, deadline, request, response).catch((error: unknown) => {
      log('error', 'a scrape could not be answered', { err: wordsOf(error) });
      if (response.headersSent) response.destroy();
      else sendText(request, response, isLate(error) ? 503 : 500, `${wordsOf(error)}\n`);
    });
  };

  return (request, response) => {
    const path = pathOf(request.url ?? '');
    if (path === undefined) return sendText(request, response, 400, 'Bad Request\n');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return sendText(request, response, 405, 'Method Not Allowed\n', { Allow: 'GET, HEAD' });
    switch (path) {
      case telemetryPath:
        return scrape(request, response);
      case '/-/healthy':
        return sendText(request, response, 200, 'devmapper exporter is healthy.\n');
      case '/-/ready':
        return isReady()
          ? sendText(request, response, 200, 'devmapper exporter is ready.\n')
          : sendText(request, response, 503, 'devmapper exporter is ending.\n');
      default:
        if (!page(request, response)) sendText(request, response, 404, 'Not Found\n');
    }
  };
}

/** Answers with a line of text. */
export function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(request.method === 'HEAD' ? undefined : text);
}

/** A header that may come once; undefined if it came not, or more often. */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

// A proxy may ask with a whole URL (RFC 9112, section 3.2.2).
function pathOf(url: string): string | undefined {
  if (url.startsWith('/')) return url.replace(/[?#].*$/s, '');
  return URL.canParse(url) && /^https?:/i.test(url) ? new URL(url).pathname : undefined;
}
