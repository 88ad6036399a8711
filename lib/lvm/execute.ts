import { abortError, onAbort } from '../abort.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import { allowBy, failureOf, lvmError, toLvmError } from './errors.ts';
import { judge } from './judge.ts';
import { type Deadline, deadlineOf } from './limits.ts';
import { parseLog } from './log.ts';
import { lookAt, turnOf } from './look.ts';
import { type CallOptions, commandLine, type Operation, type Question } from './operation.ts';
import type { LvmResult } from './result.ts';
import type { Outcome, Run } from './run.ts';
import type { Serial } from './serial.ts';
import type { LvmState } from './state.ts';

/** What an `Lvm` instance lends its commands. */
export interface Context {
  /** The one way to lvm. */
  readonly run: (run: Run) => Promise<Outcome>;
  /** Who changes which group, so that they do so one after another. */
  readonly serial: Serial;
  /** Milliseconds a call may take, see `CallOptions.timeout`; none if undefined. */
  readonly timeout: number | undefined;
  /** Whether all commands are only gone through. */
  readonly test: boolean;
  /** Where jobs see what the kernel does; undefined if only lvm is to tell. */
  readonly dm: DeviceMapper | undefined;
}

/**
 * Runs one operation: looks at what is there, refuses what cannot be or is not allowed, runs lvm, looks again, and says
 * what came of it. Rejects with a TypeError or RangeError for what the caller gave, an `AbortError` if the signal fired
 * before the command was started, and an `LvmError` for all else. `onDone` is given what was seen before and after
 * success. One time counts for its turn, the first look and the command; the look afterwards has a time of its own.
 */
export async function execute<T, P extends object, R extends object>(
  context: Context,
  operation: Operation<T, P, R>,
  subject: T,
  given: P & CallOptions,
  onDone?: (states: { readonly before: LvmState; readonly after: LvmState }) => void,
): Promise<LvmResult & R> {
  const options = context.test ? { ...given, test: true } : given;
  // Checks everything before anything happens.
  const { place, argv } = commandLine(operation, subject, options);
  const { signal, test = false } = options;
  const deadline = deadlineOf(signal, options.timeout ?? context.timeout);
  const looks = operation.looks ?? 'groups';
  const notBegun = (error: unknown): never => {
    // A look that was interrupted has an error of its own, though nothing of the command was run.
    throw signal?.aborted === true ? abortError(signal) : failureOf(argv, error);
  };

  const leave = await context.serial
    .enter(turnOf(looks, place), signal, options.timeout ?? context.timeout)
    .catch(notBegun);
  let running: Outcome['running'] = null;
  try {
    const limits = { signal, timeout: deadline.left() };
    const before = await lookAt(context.run, looks, place.groups, limits).catch(notBegun);
    deadline.check(argv);
    const refusal = operation.refuse?.({ place, options, before });
    if (refusal) throw lvmError(refusal.reason, { command: argv, message: refusal.message });
    const questions = operation.asks?.({ place, options, before }) ?? [];
    requireConsents(questions, argv);
    const line = isAnswered(questions) ? commandLine(operation, subject, options, true).argv : argv;

    const log = (operation.writes ?? 'log') === 'log' ? 'json' : 'none';
    const outcome = await context.run({ argv: line, log, signal, timeout: deadline.left() });
    running = outcome.running;
    if (running !== null) throw toLvmError(outcome, parseLog(outcome.report).entries, { changed: 'unknown' });
    // Looked at even after an abort: what was done is what the caller has to know.
    const after = await settled(outcome, deadline, (late) =>
      lookAt(context.run, looks, place.groups, { signal: late, timeout: undefined }),
    );
    const result = judge(operation, { place, options, before, outcome, after, questions, test });
    if (after !== null) onDone?.({ before, after });
    return result;
  } finally {
    leaveAfter(running, leave);
  }
}

/** The command line as it would be run with what is there. Throws a TypeError or RangeError. */
export function answeredLine<T, P extends object, R extends object>(
  operation: Operation<T, P, R>,
  before: LvmState,
  subject: T,
  options: P & CallOptions,
): readonly string[] {
  const { place, argv } = commandLine(operation, subject, options);
  const questions = operation.asks?.({ place, options, before }) ?? [];
  return isAnswered(questions) ? commandLine(operation, subject, options, true).argv : argv;
}

function isAnswered(questions: readonly Question[]): boolean {
  return questions.length > 0 && questions.every(({ granted }) => granted);
}

/** Ends a turn: at once, or when the command has exited that did not within its grace. */
export function leaveAfter(running: Outcome['running'], leave: () => void): void {
  if (running === null) leave();
  else void running.then(leave);
}

// What held the command up, such as a lock of another process, would hold up the look as well: whoever gave up waiting
// for the one, or set a time, waits for the other no longer than this, in milliseconds.
const longestLook = 5000;

async function settled(
  { ended }: Outcome,
  { signal, left }: Deadline,
  look: (late: AbortSignal) => Promise<LvmState>,
): Promise<LvmState | null> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const within = (milliseconds: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => late.abort(), milliseconds);
  };
  const hurry = (): void => within(longestLook);
  const time = left();
  if (time !== undefined) within(Math.max(time, longestLook));
  const forget = onAbort(signal, hurry);
  if (ended !== 'exited' || signal?.aborted === true) hurry();
  try {
    return await look(late.signal);
  } catch {
    return null;
  } finally {
    forget();
    clearTimeout(timer);
  }
}

function requireConsents(questions: readonly Question[], command: readonly string[]): void {
  const denied = questions.filter(({ granted }) => !granted);
  // With one answer for all, what may be asked has to be decided too as soon as something will be.
  const [first] = questions.some(({ certain }) => certain) ? denied : denied.filter(({ certain }) => certain);
  if (first === undefined) return;
  throw lvmError('confirmation-required', {
    command,
    message: first.text,
    next: allowBy(first.consent),
    question: { text: first.text, consent: first.consent },
  });
}
