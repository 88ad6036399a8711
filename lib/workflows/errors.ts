import type { Plan, WorkflowName } from './plan.ts';

/**
 * Why a workflow did not come to its end. `not-found`: no such group, volume or device. `wrong-type`: the volume is none
 * that this can be done with. `not-in-sync`: its copies do not hold the same. `not-enough-space`: also on the wrong
 * disks. `in-use`: mounted or open. `busy`: another workflow is at it. `plan-changed`: what would be done is
 * not what was `expected`. `foreign`: something is in the way that no
 * workflow has left. `unsafe`: it could cost data, or hang the program. `needs-consent`: something would be destroyed that
 * nobody allowed. `overflowed`: a snapshot's store was full. `diverged`: what should be equal is not. `failed`: a step
 * failed, `cause` says how. `aborted`: by the signal. `not-cleaned-up`: it was done, but something is left.
 */
export type WorkflowReason =
  | 'not-found'
  | 'wrong-type'
  | 'not-in-sync'
  | 'not-enough-space'
  | 'in-use'
  | 'busy'
  | 'plan-changed'
  | 'foreign'
  | 'unsafe'
  | 'needs-consent'
  | 'overflowed'
  | 'diverged'
  | 'failed'
  | 'aborted'
  | 'not-cleaned-up';

/** Something that is there and was not before, and what to do about it. */
export interface Remainder {
  /** What is left, in one sentence. */
  readonly state: string;
  /** What to do about it, in one sentence. */
  readonly next: string;
}

/** What is known of a failure when it is made into a {@link WorkflowError}. */
export interface WorkflowFailure {
  readonly workflow: WorkflowName;
  readonly reason: WorkflowReason;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do about it, besides about what is left. */
  readonly next?: string | undefined;
  /** The step that failed; none if nothing was begun. */
  readonly step?: string | undefined;
  readonly plan?: Plan | undefined;
  readonly undone?: readonly string[] | undefined;
  readonly left?: readonly Remainder[] | undefined;
  /** Whether a callback of the caller's was begun, of which nobody knows what it has done. */
  readonly calledBack?: boolean | undefined;
  readonly cause?: unknown;
}

/** A workflow that did not come to its end. The message says what is wrong, what state is left, and how to go on. */
export class WorkflowError extends Error {
  override readonly name = 'WorkflowError';
  readonly workflow: WorkflowName;
  readonly reason: WorkflowReason;
  /** `ERR_WORKFLOW_` and the reason: `ERR_WORKFLOW_NOT_IN_SYNC`; of one that was aborted `ABORT_ERR`, as Node's. */
  readonly code: string;
  /** The name of the step that failed; null if nothing was begun, so that nothing was changed. */
  readonly step: string | null;
  /** What was taken back or cleaned up, a sentence each. */
  readonly undone: readonly string[];
  /**
   * What is left, and what to do about it; empty: all is as it was before, but for what a callback of the caller's has
   * done. What is left by a workflow that such a callback called, and whose error it threw, is told here, too.
   */
  readonly left: readonly Remainder[];
  /** What was planned; null if it did not come to that. */
  readonly plan: Plan | null;

  constructor(failure: WorkflowFailure) {
    super(messageOf(failure), failure.cause === undefined ? undefined : { cause: failure.cause });
    failures.set(this, failure);
    this.workflow = failure.workflow;
    this.reason = failure.reason;
    this.code =
      failure.reason === 'aborted'
        ? 'ABORT_ERR'
        : `ERR_WORKFLOW_${failure.reason.toUpperCase().replaceAll('-', '_')}`;
    this.step = failure.step ?? null;
    this.undone = failure.undone ?? [];
    this.left = failure.left ?? [];
    this.plan = failure.plan ?? null;
  }
}

const failures = new WeakMap<WorkflowError, WorkflowFailure>();

/** The same error, which names more of what is left, each once; for who makes one workflow of several. Throws nothing. */
export function withLeft(error: WorkflowError, more: readonly Remainder[]): WorkflowError {
  const failure = failures.get(error);
  const unnamed = more.filter(({ state }) => error.left.every((one) => one.state !== state));
  if (failure === undefined || unnamed.length === 0) return error;
  return new WorkflowError({ ...failure, left: [...error.left, ...unnamed] });
}

/** A refusal: what is found before anything is begun, or by a step, told without the workflow's name. */
export class Refusal extends Error {
  readonly reason: WorkflowReason;
  readonly next: string | undefined;

  constructor(reason: WorkflowReason, message: string, next?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.next = next;
  }
}

/** What is left of all workflows that an error comes from: its own, and that of those that it has as its causes. */
export function leftBy(error: unknown): readonly Remainder[] {
  const found: Remainder[] = [];
  let one = error;
  // Causes may go in a circle.
  for (let depth = 0; one instanceof Error && depth < 10; depth++) {
    if (one instanceof WorkflowError) found.push(...one.left);
    one = one.cause;
  }
  return found.filter(({ state }, index) => found.findIndex((other) => other.state === state) === index);
}

/** The message of whatever was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function messageOf(failure: WorkflowFailure): string {
  const { workflow, step, message, next, undone = [] } = failure;
  const place = step === undefined ? workflow : `${workflow}, at the step "${step}"`;
  return [
    `${place}: ${sentence(message)}`,
    next === undefined ? '' : sentence(next),
    ...undone.map(sentence),
    step === undefined ? '' : stateOf(failure),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function stateOf({ message, left = [], calledBack = false }: WorkflowFailure): string {
  if (left.length === 0) return `All ${calledBack ? 'else ' : ''}is as it was before.`;
  // The message of a workflow that a callback called tells what that has left.
  const untold = left.filter(({ state }) => !message.includes(sentence(state)));
  return untold.map(({ state, next }) => `${sentence(state)} ${sentence(next)}`).join(' ');
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.?!]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
