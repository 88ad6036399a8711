import { createInterface } from 'node:readline/promises';
import type { Plan } from '../workflows/plan.ts';
import type { Io } from './io.ts';
import { headLines } from './workflow-plan.ts';
import { problemsLook } from './workflow-progress.ts';

/** `unasked`: there is no terminal to ask on. */
export type Answer = 'yes' | 'no' | 'unasked';

/** Shows what will change on standard error, and asks for a yes; everything else is a no. */
export async function confirm(plan: Plan, io: Io, signal: AbortSignal): Promise<Answer> {
  if (!isTerminal(io.input) || !isTerminal(io.problems)) return 'unasked';
  io.problems.write(`${headLines(plan, problemsLook(io)).join('\n')}\n\n`);
  const asker = createInterface({ input: io.input, output: io.problems, terminal: false });
  try {
    // The end of the input is no answer: a question that is never answered would wait for ever.
    const ended = new Promise<string>((resolve) => asker.once('close', () => resolve('')));
    const answer = await Promise.race([asker.question('Do this? [y/N] ', { signal }), ended]);
    return /^\s*y(?:es)?\s*$/i.test(answer) ? 'yes' : 'no';
  } catch (error) {
    if (signal.aborted) return 'no';
    throw error;
  } finally {
    asker.close();
  }
}

function isTerminal(stream: object): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}
