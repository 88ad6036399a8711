import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { printable } from '../view/printable.ts';
import type { ExitStatus } from './exit.ts';
import type { Look } from './look.ts';

/** What a subcommand reads from and writes to. */
export interface Io {
  readonly input: Readable;
  readonly output: Writable;
  readonly problems: Writable;
  /** The look of `output`. */
  readonly look: Look;
}

/** How a subcommand says what the process is to end with. */
export type End = (status: ExitStatus) => void;

/** Writes lines to standard output, waiting for a slow reader. */
export async function writeLines(io: Io, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  if (!io.output.write(`${lines.join('\n')}\n`)) await once(io.output, 'drain');
}

/** Writes one line to standard error, control characters escaped. */
export function complain(io: Io, text: string): void {
  io.problems.write(`devmapper: ${printable(text)}\n`);
}
