import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { acceptsGzip } from './content-coding.ts';
import { encodeParts, type Format } from './encode.ts';
import type { FamilySamples } from './family.ts';
import { negotiate } from './negotiate.ts';
import type { Gathering } from './shared-scrapes.ts';

/** Answers a scrape with what is gathered. Rejects if the source does, or does not answer in time. */
export async function answerScrape(
  gathering: Gathering,
  deadline: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await gatherWithin(gathering, deadline);
  if (response.destroyed) return;
  const { format, contentType } = negotiate(textOf(request.headers.accept));
  const isGzip = acceptsGzip(textOf(request.headers['accept-encoding']));
  const body = await gathering.body(format, isGzip);
  if (response.destroyed) return;
  response.statusCode = 200;
  response.setHeader('Content-Type', contentType);
  response.setHeader('Vary', 'Accept, Accept-Encoding');
  if (isGzip) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', body.length);
  if (request.method !== 'HEAD') await write(response, body);
  response.end();
}

// TLS and HTTP/2 keep a copy of all that they are given: of a body that many read it is to be a piece of it each.
async function write(response: ServerResponse, body: Buffer): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at += pieceBytes) {
    if (response.write(body.subarray(at, at + pieceBytes))) continue;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        response.off('drain', go).off('close', go);
        resolve();
      };
      response.on('drain', go).on('close', go);
    });
  }
}

const pieceBytes = 256 * 1024;

/**
 * Milliseconds that a gathering may take: what Prometheus waits (`X-Prometheus-Scrape-Timeout-Seconds`) less `offset`,
 * but half of it at least; 5000 where it says nothing, or no number.
 */
export function scrapeDeadline(header: string | undefined, offset: number): number {
  const timeout = scrapeTimeout(header);
  return timeout === undefined ? 5000 : Math.max(1, Math.floor(Math.max(timeout / 2, timeout - offset)));
}

/** Milliseconds that Prometheus waits for an answer; at most one minute, as a stranger may say anything. */
export function scrapeTimeout(header: string | undefined): number | undefined {
  const seconds = /^\d{1,9}(?:\.\d{1,9})?$/.test(header ?? '') ? Number(header) : 0;
  return seconds > 0 ? Math.min(seconds * 1000, 60_000) : undefined;
}

/** A source that has not answered though its time was up. */
export function isLate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_GATHER_LATE';
}

function gatherWithin({ families }: Gathering, deadline: number): Promise<readonly FamilySamples[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error('the metrics were not gathered in time'), {
      code: 'ERR_GATHER_LATE',
    });
    // The source keeps its deadline by itself; this is for one that does not.
    timer = setTimeout(() => reject(error), deadline + Math.min(deadline, 400));
  });
  return Promise.race([families, late]).finally(() => clearTimeout(timer));
}

/** The body of an answer. Many thousand series take long to write down: others get their turn in between. */
export async function bodyOf(families: readonly FamilySamples[], format: Format): Promise<Buffer> {
  const buffers: Buffer[] = [];
  let turn = performance.now();
  for (const part of encodeParts(families, format)) {
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
