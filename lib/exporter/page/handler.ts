import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { hostname } from 'node:os';
import { requireInteger, requireOnly } from '../../arguments.ts';
import { readBlockDevice } from '../../view/block.ts';
import type { MetricsSource } from '../source.ts';
import { assets, assetsVersion } from './assets.ts';
import { documentOf } from './document.ts';
import { safeHeaders } from './headers.ts';
import { createLists } from './lists.ts';
import { follow } from './live.ts';
import { parsePageQuery } from './query.ts';
import { pageSlots } from './slots.ts';
import { createStreams, type StreamResponse, streamLimits } from './streams.ts';

/** How the page is served. */
export interface PageOptions {
  /** Whose storage it says it is; default this host's name. */
  readonly host?: string | undefined;
  /** Path of the metrics, for the link to them; default `/metrics`. */
  readonly metricsPath?: string | undefined;
  /** As many pages as may be live at once, 0 to 1000; default 16. Further ones are complete, but not live. */
  readonly clients?: number | undefined;
  /** As many pages may be made or read at once, 1 to 1000; default 16. Further ones get 503. */
  readonly pages?: number | undefined;
  /** Milliseconds between two updates of a live page, from 100 on; default 1000. */
  readonly interval?: number | undefined;
  /** Where sysfs is, for the names of disks; default `/sys`. */
  readonly sysfs?: string | undefined;
}

/** Answers requests for the page. */
export interface PageHandler {
  /**
   * Answers `/` and what belongs to the page: `/events`, `/page.css`, `/page.js` and `/page.svg`. Returns false, and
   * touches nothing, for any other path. Never throws.
   */
  (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): boolean;
  /** Ends all live pages and stops following the source; the source stays open. */
  close(): void;
}

/**
 * Starts following a source's monitor, so that the first page knows the latest changes. Throws a TypeError or
 * RangeError for wrong options. Who may see the page is for the caller to decide, before this is asked.
 */
export function pageHandler(
  source: Pick<MetricsSource, 'monitor' | 'dm' | 'gather'>,
  options: PageOptions = {},
): PageHandler {
  requireOnly(options, ['host', 'metricsPath', 'clients', 'pages', 'interval', 'sysfs']);
  const { host = hostname(), metricsPath = '/metrics', sysfs = '/sys' } = options;
  const { clients = streamLimits.clients, pages = 16, interval = streamLimits.interval } = options;
  requireInteger('clients', clients, 0, 1000);
  requireInteger('pages', pages, 1, 1000);
  requireInteger('interval', interval, 100, 3_600_000);
  const live = follow(source, (number) => readBlockDevice(number, sysfs));
  const lists = createLists();
  const limits = { ...streamLimits, clients, interval };
  const streams = createStreams(assetsVersion, limits, () => void live.wanted());
  const slots = pageSlots(pages);
  const frame = { host, metrics: `.${metricsPath}` };

  const page = async (query: URLSearchParams, response: Answer): Promise<void> => {
    const turn = slots.take(response);
    if (turn === undefined) {
      answer(response, 503, 'As many pages are asked for as may be.\n', { ...plain, 'Retry-After': '1' });
      return;
    }
    // A page that nobody has asked for in a while has to find out what stands on what; it does not wait for long.
    await Promise.race([live.wanted(), later(firstPatience)]);
    if (!(await turn())) return;
    const asked = parsePageQuery(query);
    const body = documentOf(lists(live.scene(), asked), asked, frame);
    answer(response, 200, body, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  };

  const events = (query: URLSearchParams, response: Answer): void => {
    if (streams.isFull) {
      answer(response, 503, 'As many pages are live as may be.\n', { ...plain, 'Retry-After': '15' });
      return;
    }
    const asked = parsePageQuery(query);
    response.writeHead(200, {
      ...safeHeaders,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // nginx would keep the events until it has a buffer full of them.
      'X-Accel-Buffering': 'no',
    });
    streams.open(response, () => lists(live.scene(), asked));
  };

  const handle = (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): boolean => {
    const [path = '', query = ''] = splitAt(request.url ?? '', '?');
    const name = path.slice(1);
    const asset = assets.get(name);
    if (!path.startsWith('/') || (name !== '' && name !== 'events' && asset === undefined)) return false;
    const target = response as Answer;
    const isHead = request.method === 'HEAD';
    if (request.method !== 'GET' && !isHead)
      answer(target, 405, 'This can be read only.\n', { ...plain, Allow: 'GET, HEAD' });
    else if (asset !== undefined)
      answer(target, 200, asset.body, {
        'Content-Type': asset.type,
        // Its address has the version in it; another one may not be kept.
        'Cache-Control': query === assetsVersion ? 'private, max-age=31536000, immutable' : 'no-cache',
      });
    else if (name === '')
      page(new URLSearchParams(query), target).catch(() =>
        answer(target, 500, 'The page could not be made.\n', plain),
      );
    else if (isHead) answer(target, 200, '', { 'Content-Type': 'text/event-stream; charset=utf-8' });
    else events(new URLSearchParams(query), target);
    return true;
  };

  const close = (): void => {
    streams.close();
    live.close();
  };
  return Object.assign(handle, { close });
}

/** What an answer is written to; the same of HTTP/1 and HTTP/2, whose own types have nothing in common. */
interface Answer extends StreamResponse {
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  end(body?: string): unknown;
  readonly headersSent: boolean;
  readonly destroyed: boolean;
}

const plain = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };
const firstPatience = 500;

function answer(
  response: Answer,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent || response.destroyed) return;
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, { ...safeHeaders, ...headers, 'Content-Length': length });
  response.end(body);
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
