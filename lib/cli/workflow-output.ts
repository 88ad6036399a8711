import type { Writable } from 'node:stream';
import type { Io } from './io.ts';

/**
 * Takes the errors of standard output and standard error, for good. They end other subcommands at once; what changes
 * something must come to its end, or be taken back, although its terminal is closed (EIO) or its reader has seen enough
 * (EPIPE).
 */
export function outliveReaders({ output, problems }: Io): void {
  for (const stream of [output, problems]) {
    stream.removeAllListeners('error');
    stream.on('error', () => {});
  }
}

/** Writes a line and waits until it is written; resolves with why it could not be, or null, also if nobody reads any more. */
export async function writeLast(stream: Writable, line: string): Promise<string | null> {
  const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    stream.write(`${line}\n`, (failed) => resolve(failed ?? null));
  });
  return error === null || error.code === 'EPIPE' ? null : error.message;
}
