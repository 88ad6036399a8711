import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { acceptsGzip, compress } from './content-coding.ts';
import { encodeParts } from './encode.ts';
import type { FamilySamples } from './family.ts';
import { negotiate } from './negotiate.ts';
import type { MetricsSource } from './source.ts';

/** Answers a scrape with what the source gathers. Rejects if the source does, or does not answer in time. */
export async function answerScrape(
  source: Pick<MetricsSource, 'gather'>,
  deadline: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const families = await gatherWithin(source, deadline);
  if (response.destroyed) return;
  const { format, contentType } = negotiate(textOf(request.headers.accept));
  const plain = await bodyOf(encodeParts(families, format));
  const isGzip = acceptsGzip(textOf(request.headers['accept-encoding']));
  const body = isGzip ? await compress(plain) : plain;
  response.statusCode = 200;
  response.setHeader('Content-Type', contentType);
  response.setHeader('Vary', 'Accept, Accept-Encoding');
  if (isGzip) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/**
 * Milliseconds that a gathering may take: what Prometheus waits (`X-Prometheus-Scrape-Timeout-Seconds`) less `offset`,
 * but half of it at least; 5000 where it says nothing, or no number.
 */
export function scrapeDeadline(header: string | undefined, offset: number): number {
  const timeout = scrapeTimeout(header);
  return timeout === undefined ? 5000 : Math.max(1, Math.floor(Math.max(timeout / 2, timeout - offset)));
}

/** Milliseconds that Prometheus waits for an answer; at most five minutes. */
export function scrapeTimeout(header: string | undefined): number | undefined {
  const seconds = /^\d{1,9}(?:\.\d{1,9})?$/.test(header ?? '') ? Number(header) : 0;
  return seconds > 0 ? Math.min(seconds * 1000, 300_000) : undefined;
}

/** A source that has not answered though its time was up. */
export function isLate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_GATHER_LATE';
}

function gatherWithin(
  source: Pick<MetricsSource, 'gather'>,
  deadline: number,
): Promise<readonly FamilySamples[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error('the metrics were not gathered in time'), {
      code: 'ERR_GATHER_LATE',
    });
    // The source keeps its deadline by itself; this is for one that does not.
    timer = setTimeout(() => reject(error), deadline + Math.min(deadline, 400));
  });
  return Promise.race([source.gather({ deadline }), late]).finally(() => clearTimeout(timer));
}

// Many thousand series take long to write down: others get their turn in between.
async function bodyOf(parts: Iterable<string>): Promise<Buffer> {
  const buffers: Buffer[] = [];
  let turn = performance.now();
  for (const part of parts) {
    buffers.push(Buffer.from(part));
    if (performance.now() - turn < longestTurn) continue;
    await setImmediate();
    turn = performance.now();
  }
  return Buffer.concat(buffers);
}

const longestTurn = 5;

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(',');
}
