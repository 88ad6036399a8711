import { abortError } from '../abort.ts';
import { errorText, Refusal, WorkflowError } from './errors.ts';
import type { Done, Plan, Planned, PlannedStep, WorkflowName } from './plan.ts';
import { runSteps } from './run-steps.ts';
import type { Step } from './step.ts';
import { lockSubject } from './system/lock.ts';
import { requireTools, type Tools, type WorkflowOptions } from './tools.ts';

/** What a workflow has found out before it changes anything. */
export interface Prepared<R extends object> {
  readonly subject: string;
  readonly summary: string;
  readonly changes: readonly string[];
  readonly warnings: readonly string[];
  /** Empty if all is as wanted already. */
  readonly steps: readonly Step[];
  /** What the result tells, asked when all steps are done. */
  result(): R | Promise<R>;
}

/** A workflow with its options. */
export interface Workflow<R extends object> {
  readonly name: WorkflowName;
  /** What no other workflow may be at meanwhile: `vg/lv`, or a group. Checked options, nothing is looked at. */
  readonly subjects: readonly string[];
  /**
   * Looks at what is there and says what would be done. Changes nothing. Throws a {@link Refusal} if it cannot be done,
   * or whatever asking failed with.
   */
  prepare(signal: AbortSignal | undefined): Promise<Prepared<R>>;
}

/** The plan of a workflow. Rejects with a {@link WorkflowError} if it cannot be done, or with what asking failed with. */
export async function planWorkflow<R extends object>(
  tools: Tools,
  options: WorkflowOptions,
  workflow: Workflow<R>,
): Promise<Plan> {
  requireTools(tools, options);
  return planOf(workflow.name, await prepared(workflow, options.signal));
}

/** Runs a workflow, or with `dryRun` plans it only. Rejects with a {@link WorkflowError}, an `AbortError` if nothing was begun. */
export async function runWorkflow<R extends object>(
  tools: Tools,
  options: WorkflowOptions & { readonly dryRun?: boolean | undefined },
  workflow: Workflow<R>,
): Promise<Done<R> | Planned> {
  requireTools(tools, options, options.dryRun);
  if (options.dryRun === true)
    return { outcome: 'planned', plan: planOf(workflow.name, await prepared(workflow, options.signal)) };
  const begun = performance.now();
  const locks = await lockAll(workflow);
  try {
    const ready = await prepared(workflow, options.signal);
    const plan = planOf(workflow.name, ready);
    const { signal, onProgress, expected } = options;
    requireExpected(plan, expected);
    const warned = await runSteps({ plan, steps: ready.steps, signal, onProgress });
    return {
      ...(await resultOf(plan, ready)),
      outcome: ready.steps.length === 0 ? 'already' : 'done',
      plan,
      warnings: [...plan.warnings, ...warned],
      duration: performance.now() - begun,
    };
  } finally {
    for (const lock of locks) await lock.release();
  }
}

/** The plan of what was prepared: its steps, and behind them what is released in any case, the last first. */
function planOf<R extends object>(workflow: WorkflowName, prepared: Prepared<R>): Plan {
  const { subject, summary, changes, warnings, steps } = prepared;
  const releases = steps
    .toReversed()
    .flatMap(({ name, release }): readonly PlannedStep[] =>
      release === undefined
        ? []
        : [{ name: `${name}-release`, title: release.title, commands: release.commands ?? [], when: null }],
    );
  const planned = steps.map(
    ({ name, title, commands = [], when = null }): PlannedStep => ({ name, title, commands, when }),
  );
  return { workflow, subject, summary, changes, warnings, steps: [...planned, ...releases] };
}

function requireExpected(plan: Plan, expected: Plan | undefined): void {
  // What has come to its end meanwhile needs no leave.
  if (expected === undefined || plan.steps.length === 0) return;
  const commandsOf = ({ name, commands }: PlannedStep) => [name, commands] as const;
  const names = new Set(plan.steps.map(({ name }) => name));
  // Nor what was to be done under a condition only that holds no more.
  const isLeft = ({ name, when }: PlannedStep): boolean => when === null || names.has(name);
  // A tag may hold the second at which the plan was made, and what will be lost grows while it is read.
  const essence = ({ subject, changes, steps }: Plan): string =>
    JSON.stringify([subject, changes, steps.filter(isLeft).map(commandsOf)]).replace(
      /:\d{10}\b|\d+(?:\.\d+)? (?:[KMGTPE]i)?B\b/g,
      '',
    );
  if (essence(plan) === essence(expected)) return;
  throw new WorkflowError({
    workflow: plan.workflow,
    reason: 'plan-changed',
    message: `what would be done for ${plan.subject} now is not what was planned: something has changed meanwhile`,
    next: 'Look at the new plan, which this error carries, and decide again.',
    plan,
  });
}

// All is done by then; that it cannot be told is no failure of what was done. It has a step, if there was one: something
// was changed.
async function resultOf<R extends object>(plan: Plan, { result, steps }: Prepared<R>): Promise<R> {
  try {
    return await result();
  } catch (cause) {
    throw new WorkflowError({
      workflow: plan.workflow,
      reason: cause instanceof Refusal ? cause.reason : 'failed',
      message: `all steps were done, but what came of it could not be told: ${errorText(cause)}`,
      ...(steps.length === 0
        ? { next: 'Call it again: it finds out.' }
        : {
            step: steps.at(-1)?.name,
            left: [{ state: 'What was planned is done', next: 'Call it again: it finds out' }],
          }),
      plan,
      cause,
    });
  }
}

async function prepared<R extends object>(
  { name, prepare }: Workflow<R>,
  signal: AbortSignal | undefined,
): Promise<Prepared<R>> {
  try {
    return await prepare(signal);
  } catch (error) {
    if (signal?.aborted === true) throw abortError(signal);
    if (!(error instanceof Refusal)) throw error;
    const { reason, message, next, cause } = error;
    throw new WorkflowError({ workflow: name, reason, message, next, cause });
  }
}

async function lockAll<R extends object>({ name, subjects }: Workflow<R>) {
  const held: { release(): Promise<void> }[] = [];
  // In one order, so that two workflows do not hold what the other needs; neither waits anyway.
  try {
    for (const subject of [...new Set(subjects)].sort()) {
      const lock = await lockSubject(subject, name);
      if (!('release' in lock))
        throw new WorkflowError({
          workflow: name,
          reason: 'busy',
          message: `another workflow is at ${subject}: ${lock.holder}`,
          next: 'Wait until it has ended, or stop it, and call again.',
        });
      held.push(lock);
    }
    return held;
  } catch (error) {
    for (const one of held) await one.release();
    throw error;
  }
}
