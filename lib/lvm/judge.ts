import { changedBetween, differs } from './changed.ts';
import { type LvmError, lvmError, toLvmError } from './errors.ts';
import { type CommandLog, parseLog } from './log.ts';
import type { After, Operation, Question } from './operation.ts';
import type { LvmResult } from './result.ts';
import type { Outcome } from './run.ts';
import type { LvmState } from './state.ts';

/** How a command ended and what was there before and after it. */
export interface Evidence<P extends object> extends Omit<After<P>, 'after' | 'notes'> {
  readonly outcome: Outcome;
  /** Null if it could not be read. */
  readonly after: LvmState | null;
  readonly questions: readonly Question[];
  /** Nothing was to be changed (`--test`), so nothing is verified. */
  readonly test: boolean;
}

/**
 * What came of a command: its result, if lvm says that it succeeded and what it was to bring about is there. Throws an
 * {@link LvmError} otherwise, `not-done` where lvm says so and it is not.
 */
export function judge<T, P extends object, R extends object>(
  operation: Operation<T, P, R>,
  { outcome, questions, test, after, ...seen }: Evidence<P>,
): LvmResult & R {
  const { writes = 'log' } = operation;
  const isText = writes !== 'log';
  const log = parseLog(outcome.report);
  const success = succeeded(outcome, log, writes);
  const compare = success ? changedBetween : differs;
  const changed = after === null ? 'unknown' : compare(seen.before, after) ? 'yes' : 'no';
  const notes = isText ? linesOf(outcome.stdout) : messagesOf(log, 'print');
  const done = { ...seen, after: after ?? seen.before, notes };
  const missing = () => operation.verify?.(done) ?? null;
  const notDone = (what: string): LvmError =>
    lvmError('not-done', {
      command: outcome.argv,
      message: `lvm says it is done, but ${what}`,
      changed,
      outcome,
    });

  if (!success) {
    const error = toLvmError(outcome, log.entries, { changed, questions });
    const isSatisfied = operation.satisfiedBy?.includes(error.reason) === true && after !== null;
    if (!isSatisfied || missing() !== null) throw error;
  } else if (!test) {
    if (after === null) throw notDone('what is there now could not be read');
    const what = missing();
    if (what !== null) throw notDone(what);
  }
  return {
    ...operation.result(done),
    command: outcome.argv,
    changed: changed === 'yes',
    objects: log.entries.flatMap(({ type, object, returnCode }) =>
      type === 'status' && object !== null ? [{ ...object, succeeded: returnCode === 1 }] : [],
    ),
    notes,
    warnings: messagesOf(log, 'warn').filter((message) => !ours.test(message)),
    duration: outcome.duration,
  };
}

// Said because the environment is as we made it, see udev.ts.
const ours = /^Udev is running and DM_DISABLE_UDEV /;

// The log is never empty: what says nothing on fd 3 is not lvm, or did not get that far.
function succeeded(
  { exitCode, complete, report, stdout }: Outcome,
  { problem }: CommandLog,
  writes: 'log' | 'text' | 'nothing',
) {
  const said = writes === 'log' ? report : stdout;
  return exitCode === 0 && complete && problem === null && (writes === 'nothing' || said.trim() !== '');
}

function messagesOf({ entries }: CommandLog, wanted: 'print' | 'warn'): readonly string[] {
  return entries.flatMap(({ type, message }) => (type === wanted ? [message] : []));
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
