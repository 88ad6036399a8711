import { abortError } from '../abort.ts';
import { changedBetween } from './changed.ts';
import { type LvmError, lvmError, toLvmError } from './errors.ts';
import { parseLog } from './log.ts';
import { type CallOptions, commandLine, type Operation, type Question } from './operation.ts';
import type { LvmResult } from './result.ts';
import type { Outcome, Run } from './run.ts';
import type { Serial } from './serial.ts';
import { fullreportArguments, type LvmState, parseState } from './state.ts';
import type { Place } from './subject.ts';

/** What an `Lvm` instance lends its commands. */
export interface Context {
  /** The one way to lvm. */
  readonly run: (run: Run) => Promise<Outcome>;
  /** Who changes which group, so that they do so one after another. */
  readonly serial: Serial;
  /** Milliseconds a command may take; none if undefined. */
  readonly timeout: number | undefined;
  /** Whether all commands are only gone through. */
  readonly test: boolean;
}

/**
 * Runs one operation: looks at what is there, refuses what cannot be or is not allowed, runs lvm, looks again, and says
 * what came of it. Rejects with a TypeError or RangeError for what the caller gave, an `AbortError` if the signal fired
 * before lvm was started, and an {@link LvmError} for all else.
 */
export async function execute<T, P extends object, R extends object>(
  context: Context,
  operation: Operation<T, P, R>,
  subject: T,
  given: P & CallOptions,
): Promise<LvmResult & R> {
  const options = context.test ? { ...given, test: true } : given;
  // Checks everything before anything happens.
  const { place, argv } = commandLine(operation, subject, options);
  const { signal } = options;
  const timeout = options.timeout ?? context.timeout;
  const looks = operation.looks ?? 'groups';
  const look = (groups = place.groups): Promise<LvmState> =>
    lookAt(context, looks, groups, { signal, timeout });

  const leave = await context.serial.enter(turnOf(looks, place), signal);
  let running: Outcome['running'] = null;
  try {
    const before = await look();
    if (signal?.aborted === true) throw abortError(signal);
    const refusal = operation.refuse?.({ place, options, before });
    if (refusal) throw lvmError(refusal.reason, { command: argv, message: refusal.message });
    const questions = operation.asks?.({ place, options, before }) ?? [];
    requireConsents(questions, argv);
    const yes = questions.length > 0 && questions.every(({ granted }) => granted);
    const line = yes ? commandLine(operation, subject, options, true).argv : argv;

    const outcome = await context.run({ argv: line, log: 'json', signal, timeout });
    running = outcome.running;
    if (running !== null) throw toLvmError(outcome, parseLog(outcome.report).entries, { changed: 'unknown' });
    const log = parseLog(outcome.report);
    // The state is looked at even after an abort: what was done is what the caller has to know.
    const after = await lookAt(context, looks, survivors(before, place), { timeout }).catch(() => null);
    const changed = after === null ? 'unknown' : changedBetween(before, after) ? 'yes' : 'no';
    const done = { place, options, before, after: after ?? before };
    if (!succeeded(outcome, log.problem)) {
      const error = toLvmError(outcome, log.entries, { changed, questions });
      if (after === null || !satisfies(operation, error, () => operation.verify?.(done) ?? null)) throw error;
    } else if (options.test !== true) {
      if (after === null)
        throw lvmError('not-done', {
          command: line,
          message: 'lvm says it is done, but what is there now could not be read',
          changed,
        });
      const missing = operation.verify?.(done) ?? null;
      if (missing !== null)
        throw lvmError('not-done', {
          command: line,
          message: `lvm says it is done, but ${missing}`,
          changed,
          outcome,
        });
    }
    return {
      ...operation.result(done),
      command: outcome.argv,
      changed: changed === 'yes',
      objects: log.entries.flatMap(({ type, object, returnCode }) =>
        type === 'status' && object !== null ? [{ ...object, succeeded: returnCode === 1 }] : [],
      ),
      notes: log.entries.flatMap(({ type, message }) => (type === 'print' ? [message] : [])),
      warnings: log.entries.flatMap(({ type, message }) => (type === 'warn' ? [message] : [])),
      duration: outcome.duration,
    };
  } finally {
    // A command that does not end keeps its turn until it has.
    if (running === null) leave();
    else void running.then(leave);
  }
}

function succeeded(outcome: Outcome, problem: string | null): boolean {
  return outcome.exitCode === 0 && outcome.complete && problem === null;
}

function satisfies<T, P extends object, R extends object>(
  { satisfiedBy }: Operation<T, P, R>,
  error: LvmError,
  missing: () => string | null,
): boolean {
  return satisfiedBy?.includes(error.reason) === true && missing() === null;
}

function requireConsents(questions: readonly Question[], command: readonly string[]): void {
  const denied = questions.filter(({ granted }) => !granted);
  // With one answer for all, what may be asked has to be decided too as soon as something will be.
  const [first] = questions.some(({ certain }) => certain) ? denied : denied.filter(({ certain }) => certain);
  if (first === undefined) return;
  throw lvmError('confirmation-required', {
    command,
    message: first.text,
    question: { text: first.text, consent: first.consent },
  });
}

function turnOf(looks: 'everything' | 'groups' | 'nothing', place: Place): readonly string[] | 'everything' {
  return looks === 'everything' || place.groups.length === 0 ? 'everything' : place.groups;
}

// A group that was emptied of volumes is there still; one that is gone is looked at with 'everything'.
function survivors(before: LvmState, place: Place): readonly string[] {
  return place.groups.filter((name) => before.groups.some(({ vg }) => vg.name === name));
}

async function lookAt(
  { run }: Context,
  looks: 'everything' | 'groups' | 'nothing',
  groups: readonly string[],
  limits: Pick<Run, 'signal' | 'timeout'>,
): Promise<LvmState> {
  if (looks === 'nothing') return { groups: [], orphans: [] };
  const argv = fullreportArguments(looks === 'everything' ? [] : groups);
  return parseState(await run({ argv, log: 'json', ...limits }));
}
