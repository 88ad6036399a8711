import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/** Bytes kept of each output; what comes after is read and let go. A report of 10,000 volumes has about 30 MiB. */
export const outputBound = 64 * 1024 * 1024;

/** Characters of a line handed on; the rest of a longer one is let go. */
const lineBound = 64 * 1024;

/** What a stream has brought so far. */
export interface Collected {
  /** All of it; with U+FFFD for what is not UTF-8. */
  readonly text: () => string;
  /** Whether all was kept and is UTF-8. */
  readonly complete: () => boolean;
  /** Bytes that came, kept or not. */
  readonly size: () => number;
  readonly ended: () => boolean;
  /** Keeps no more, and lets our process end. The stream is still read: its writer must not block or get a SIGPIPE. */
  readonly stop: () => void;
}

/** Reads a stream to its end, keeping the first {@link outputBound} bytes, and hands on its lines. */
export function collect(stream: Socket, onLine?: (line: string) => void): Collected {
  let chunks: Buffer[] = [];
  let kept = 0;
  let size = 0;
  let ended = false;
  let stopped = false;
  const lines = onLine === undefined ? undefined : lineSplitter(onLine);
  stream.on('data', (chunk: Buffer) => {
    if (stopped) return;
    size += chunk.length;
    lines?.push(chunk);
    const room = outputBound - kept;
    if (room <= 0) return;
    chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    kept += Math.min(chunk.length, room);
  });
  const end = (): void => {
    if (!ended && !stopped) lines?.end();
    ended = true;
  };
  stream.on('end', end).on('close', end);
  // ECONNRESET of a socket whose writer died: what came before it is all there is.
  stream.on('error', end);
  const bytes = (): Buffer => {
    const [first, ...more] = chunks;
    const whole = first !== undefined && more.length === 0 ? first : Buffer.concat(chunks);
    chunks = [whole];
    return whole;
  };
  return {
    text: () => bytes().toString('utf8'),
    complete: () => size === kept && isUtf8(bytes()),
    size: () => size,
    ended: () => ended,
    stop: () => {
      if (!ended && !stopped) lines?.end();
      stopped = true;
      stream.unref();
    },
  };
}

function lineSplitter(onLine: (line: string) => void): {
  readonly push: (chunk: Buffer) => void;
  readonly end: () => void;
} {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const [first = '', ...more] = text.split('\n');
    rest = (rest + first).slice(0, lineBound);
    for (const next of more) {
      onLine(rest);
      rest = next.slice(0, lineBound);
    }
  };
  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
