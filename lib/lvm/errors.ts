import { classify, type Finding, type Shortage } from './classify.ts';
import type { LogEntry, LvmObject } from './log.ts';
import { type Prompts, parsePrompts, type Signature } from './questions.ts';
import { type LvmReason, lvmReasons } from './reasons.ts';
import type { Outcome } from './run.ts';
import type { Hindrance } from './stuck.ts';

/** Whether a failed command changed anything: compared before and after, or not known. */
export type Changed = 'no' | 'yes' | 'unknown';

/** What lvm asked, or would ask, and the option that allows it; `null` if none does. */
export interface OpenQuestion {
  readonly text: string;
  readonly consent: string | null;
}

/** What is known of a failure when it is made into a {@link LvmError}. */
export interface LvmFailure {
  /** The whole command line, or as much of it as there was. */
  readonly command: readonly string[];
  /** What is wrong, without what to do about it. */
  readonly message: string;
  /** What to do about it; default is that of the reason. */
  readonly next?: string | undefined;
  /** Default `no`: nothing was run. */
  readonly changed?: Changed | undefined;
  /** How the command ended, if it ran. */
  readonly outcome?: Pick<Outcome, 'exitCode' | 'signal' | 'stderr'> | undefined;
  /** The command log, if there is one. */
  readonly entries?: readonly LogEntry[] | undefined;
  readonly object?: LvmObject | null | undefined;
  readonly question?: OpenQuestion | null | undefined;
  readonly space?: Shortage | null | undefined;
  readonly signature?: Signature | null | undefined;
  readonly hindrance?: Hindrance | null | undefined;
  /** The error it comes from. */
  readonly cause?: unknown;
}

const failures = new WeakMap<LvmError, LvmFailure>();

/** An lvm command that failed or was not run. The message says what is wrong, in lvm's words, and what to do about it. */
export class LvmError extends Error {
  override readonly name = 'LvmError';
  readonly reason: LvmReason;
  /** `ERR_LVM_` and the reason: `ERR_LVM_NOT_FOUND`. */
  readonly code: string;
  /** The whole command line, or as much of it as there was. */
  readonly command: readonly string[];
  /** 2 and 3: lvm did not take the command line; 5: it failed; `null` if it did not run or did not exit. */
  readonly exitCode: number | null;
  /** The signal that ended it, or `null`. */
  readonly signal: NodeJS.Signals | null;
  /** All that lvm wrote to its standard error. */
  readonly stderr: string;
  /** The errors and warnings of the command log, in lvm's order. */
  readonly messages: readonly LogEntry[];
  /** What it is about: what lvm names, or what it was at; `null` if neither is known. */
  readonly object: LvmObject | null;
  /** The question that nobody answered, or `null`. */
  readonly question: OpenQuestion | null;
  /** Whether anything was changed all the same. */
  readonly changed: Changed;
  /** With `not-enough-space`: numbers of extents, if lvm named them. */
  readonly space: Shortage | null;
  /** The signature that lvm asked about, or `null`. */
  readonly signature: Signature | null;
  /** What it was waiting for when it was ended, as far as could be seen. */
  readonly hindrance: Hindrance | null;

  constructor(reason: LvmReason, failure: LvmFailure) {
    super(messageOf(reason, failure), failure.cause === undefined ? undefined : { cause: failure.cause });
    failures.set(this, failure);
    this.reason = reason;
    this.code = `ERR_LVM_${reason.toUpperCase().replaceAll('-', '_')}`;
    this.command = failure.command;
    this.exitCode = failure.outcome?.exitCode ?? null;
    this.signal = failure.outcome?.signal ?? null;
    this.stderr = failure.outcome?.stderr ?? '';
    this.messages = (failure.entries ?? []).filter(({ type }) => type === 'error' || type === 'warn');
    this.object = failure.object ?? null;
    this.question = failure.question ?? null;
    this.changed = failure.changed ?? 'no';
    this.space = failure.space ?? null;
    this.signature = failure.signature ?? null;
    this.hindrance = failure.hindrance ?? null;
  }
}

/** A failure that was found here, before lvm ran or behind its back. */
export function lvmError(reason: LvmReason, failure: LvmFailure): LvmError {
  return new LvmError(reason, failure);
}

/** What kept another command from being run: the same failure, told as that command's. Anything else comes back as it is. */
export function failureOf(command: readonly string[], error: unknown): unknown {
  const failure = error instanceof LvmError ? failures.get(error) : undefined;
  return error instanceof LvmError && failure !== undefined
    ? new LvmError(error.reason, { ...failure, command })
    : error;
}

/** What to do about a question that is open: the option that allows it, if there is one. */
export function allowBy(consent: string | null): string | undefined {
  if (consent === null || consent === '') return undefined;
  return `Allow it by the option "${consent}", if that is what is wanted.`;
}

/** What the caller of lvm knows beyond what lvm said. */
export interface Circumstances {
  /** Default `unknown`. */
  readonly changed?: Changed | undefined;
  /** What lvm was expected to ask. */
  readonly questions?: readonly Asked[] | undefined;
}

/** A question that lvm was expected to ask. */
interface Asked {
  readonly consent: string;
  readonly granted: boolean;
}

/** Makes an error of a command that ran and did not succeed. Never throws, whatever lvm wrote. */
export function toLvmError(
  outcome: Outcome,
  entries: readonly LogEntry[],
  { changed = 'unknown', questions = [] }: Circumstances = {},
): LvmError {
  const asked = parsePrompts(outcome.stderr);
  const found = outcome.exitCode === 0 ? null : classify(entries, asked.lines);
  const reason = reasonOf(outcome, found, asked);
  const [prompt] = asked.prompts;
  const signature = asked.prompts.find((each) => each.signature !== null)?.signature ?? null;
  const question =
    prompt === undefined
      ? null
      : { text: prompt.text, consent: consentFor(questions, prompt.signature !== null) };
  return new LvmError(reason, {
    command: outcome.argv,
    message: wordsFor(reason, outcome, entries, found, asked),
    next: nextFor(reason, outcome, question),
    changed,
    outcome,
    entries,
    object: found?.object ?? failedObject(entries),
    question,
    space: found?.space,
    signature,
    hindrance: outcome.hindrance,
  });
}

function reasonOf(outcome: Outcome, found: Finding | null, { prompts }: Prompts): LvmReason {
  const { ended, hindrance, exitCode, signal, complete } = outcome;
  if (ended === 'timed-out') return hindrance?.kind ?? 'timed-out';
  if (ended === 'aborted') return 'aborted';
  if (exitCode === null) return signal === null ? 'other' : 'killed';
  // A question that was answered with no fails in words of its own; with a cause beside it, it was not that question.
  if (prompts.length > 0 && (found === null || !found.isCause || found.reason === 'has-signature'))
    return 'confirmation-required';
  if (found !== null) return found.reason;
  if (exitCode === 0 || !complete) return 'report-invalid';
  // Of the words in front of lvm: nsenter(1) and shells end so.
  if (exitCode === 126 || exitCode === 127) return 'no-lvm';
  if (exitCode > 128) return 'killed';
  // ENO_SUCH_CMD and EINVALID_CMD_LINE of lvm2's lib/commands/errors.h.
  return exitCode === 2 || exitCode === 3 ? 'command-invalid' : 'other';
}

function consentFor(questions: readonly Asked[], isSignature: boolean): string | null {
  const denied = questions.filter(({ granted }) => !granted).map(({ consent }) => consent);
  if (isSignature) return denied.find((consent) => consent === 'wipeSignatures') ?? null;
  return denied.find((consent) => consent !== 'wipeSignatures') ?? null;
}

function failedObject(entries: readonly LogEntry[]): LvmObject | null {
  const isFailure = ({ type, message }: LogEntry): boolean => type === 'status' && message === 'failure';
  return entries.find((entry) => isFailure(entry) && entry.object !== null)?.object ?? null;
}

function wordsFor(
  reason: LvmReason,
  { exitCode, signal, duration, hindrance, complete }: Outcome,
  entries: readonly LogEntry[],
  found: Finding | null,
  { prompts, lines }: Prompts,
): string {
  const said = found?.text ?? entries.find(({ type }) => type === 'error')?.message ?? lines.at(0) ?? null;
  const [prompt] = prompts;
  switch (reason) {
    case 'confirmation-required':
      return prompt?.text ?? said ?? 'it asked something';
    case 'udev-stuck':
      if (hindrance?.kind !== reason) break;
      return `it was ended after ${Math.round(duration)} ms, in which udev did not complete the cookie ${hindrance.cookies.join(', ')}`;
    case 'locked':
      if (hindrance?.kind !== reason) break;
      return `it was ended after ${Math.round(duration)} ms, in which ${holderOf(hindrance)} held ${hindrance.path}`;
    case 'timed-out':
    case 'aborted':
      return `it was ended after ${Math.round(duration)} ms${said === null ? '' : `: ${said}`}`;
    case 'killed':
      return signal === null ? `it ended with status ${exitCode}` : `it was ended by ${signal}`;
    case 'report-invalid':
      return `it ended with status ${exitCode}, but what it wrote ${complete ? 'cannot be read' : 'was cut off, or is not UTF-8'}`;
  }
  return said ?? `it ended with status ${exitCode} and said nothing`;
}

function holderOf({ pid, name }: Extract<Hindrance, { kind: 'locked' }>): string {
  if (pid === null) return 'another process';
  return `process ${pid}${name === '' ? '' : ` (${name})`}`;
}

function nextFor(reason: LvmReason, { running }: Outcome, question: OpenQuestion | null): string | undefined {
  if (running !== null)
    return `The process has not exited yet, as it waits where no signal reaches it. ${lvmReasons[reason].next}`.trim();
  return reason === 'confirmation-required' ? allowBy(question?.consent ?? null) : undefined;
}

function messageOf(reason: LvmReason, { command, message, object, next }: LvmFailure): string {
  const name = object ? (object.group === null ? object.name : `${object.group}/${object.name}`) : '';
  const about = name === '' || message.includes(object?.name ?? '') ? '' : ` of ${name}`;
  const advice = next ?? lvmReasons[reason].next;
  return `${subcommandOf(command)}${about}: ${sentence(message)}${advice === '' ? '' : ` ${advice}`}`;
}

// The command line starts with what leads to lvm, whose own name looks like one of its commands.
function subcommandOf(command: readonly string[]): string {
  const known = /^(?:(?:lv|vg|pv)[a-z]+|fullreport|segtypes|formats|version)$/;
  return command.find((word) => known.test(word) && word !== 'lvm') ?? command[0] ?? 'lvm';
}

function sentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const short = line.length > 500 ? `${line.slice(0, 500)}...` : line;
  return /[.?!]$/.test(short) ? short : `${short}.`;
}
