import { onAbort } from '../abort.ts';
import { sheltered } from '../shelter.ts';
import { errorText, leftBy, Refusal, type Remainder, WorkflowError, type WorkflowReason } from './errors.ts';
import type { Plan } from './plan.ts';
import type { WorkflowProgress } from './progress.ts';
import type { Cleanup, Step, StepContext } from './step.ts';

/** What running steps needs. */
export interface Running {
  readonly plan: Plan;
  readonly steps: readonly Step[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: WorkflowProgress) => void) | undefined;
}

/**
 * Performs the steps in order, then releases what was only for their time, the last first. If one fails, what was begun
 * is released or taken back in the same order, and the promise rejects with a {@link WorkflowError} that says what is
 * left. Resolves with the warnings.
 */
export async function runSteps({ plan, steps, signal, onProgress }: Running): Promise<readonly string[]> {
  const warnings: string[] = [];
  const tell = (progress: WorkflowProgress): void => {
    try {
      onProgress?.(progress);
    } catch (error) {
      // A listener that fails must not leave a volume half-way, nor end the process, which would.
      const text = `onProgress threw: ${errorText(error)}`;
      if (!warnings.includes(text)) warnings.push(text);
    }
  };
  const warn = (step: string) => (text: string) => {
    warnings.push(text);
    tell({ kind: 'warning', step, text });
  };
  const stop = new AbortController();
  const forget = onAbort(signal, () => stop.abort(signal?.reason));
  const begun: Step[] = [];
  try {
    for (const [index, step] of steps.entries()) {
      const about = { step: step.name, title: step.title, index, count: steps.length };
      const context: StepContext = {
        signal: stop.signal,
        progress: (progress) => tell({ kind: 'step-progressed', ...about, ...progress }),
        warn: warn(step.name),
      };
      stop.signal.throwIfAborted();
      begun.push(step);
      tell({ kind: 'step-started', ...about });
      await step.perform(context);
      tell({ kind: 'step-finished', ...about });
    }
  } catch (error) {
    const { undone, left } = await takeBack(begun, 'failed', tell, warn);
    throw toError(plan, begun, error, signal, undone, left);
  } finally {
    forget();
  }
  const { left, undone, failure } = await takeBack(begun, 'done', tell, warn);
  if (failure !== undefined)
    throw new WorkflowError({
      workflow: plan.workflow,
      reason: 'not-cleaned-up',
      message: `all was done, but not all could be cleaned up: ${errorText(failure.error)}`,
      step: failure.step,
      plan,
      undone,
      left,
      cause: failure.error,
    });
  return warnings;
}

interface TakenBack {
  readonly undone: readonly string[];
  readonly left: readonly Remainder[];
  readonly failure: { readonly step: string; readonly error: unknown } | undefined;
}

async function takeBack(
  begun: readonly Step[],
  end: 'done' | 'failed',
  tell: (progress: WorkflowProgress) => void,
  warn: (step: string) => (text: string) => void,
): Promise<TakenBack> {
  const undone: string[] = [];
  const left: Remainder[] = [];
  let failure: TakenBack['failure'];
  for (const step of begun.toReversed()) {
    const cleanups: readonly (Cleanup | undefined)[] =
      end === 'failed' ? [step.release, step.undo] : [step.release];
    let isLeft = end === 'failed' && step.release === undefined && step.undo === undefined;
    for (const cleanup of cleanups) {
      if (cleanup === undefined) continue;
      const about = { step: step.name, title: cleanup.title };
      tell({ kind: 'cleanup-started', ...about });
      try {
        const did = await sheltered(async () => cleanup.perform({ warn: warn(step.name) }));
        if (did !== null) undone.push(did);
        tell({ kind: 'cleanup-finished', ...about });
      } catch (error) {
        failure ??= { step: step.name, error };
        isLeft = true;
        tell({ kind: 'cleanup-failed', ...about });
        left.push({ state: `${cleanup.title}: this failed`, next: errorText(error) });
      }
    }
    const remainder = isLeft ? await sheltered(() => remainderOf(step)) : null;
    if (remainder !== null) left.push(remainder);
  }
  return { undone, left, failure };
}

async function remainderOf(step: Step): Promise<Remainder | null> {
  try {
    return (await step.left?.()) ?? null;
  } catch (error) {
    return {
      state: `What is left of the step "${step.name}" (${step.title}) could not be looked at: ${errorText(error)}`,
      next: 'Look with "lvs -a", or call it again: it finds out and goes on',
    };
  }
}

function toError(
  plan: Plan,
  begun: readonly Step[],
  error: unknown,
  signal: AbortSignal | undefined,
  undone: readonly string[],
  left: readonly Remainder[],
): WorkflowError {
  const reason = reasonOf(error, signal);
  return new WorkflowError({
    workflow: plan.workflow,
    reason,
    message: reason === 'aborted' ? 'it was aborted' : errorText(error),
    next: error instanceof Refusal ? error.next : undefined,
    step: begun.at(-1)?.name,
    plan,
    undone,
    left: [...leftBy(error), ...left],
    calledBack: begun.some(({ callsBack }) => callsBack === true),
    cause: error instanceof Refusal ? error.cause : error,
  });
}

function reasonOf(error: unknown, signal: AbortSignal | undefined): WorkflowReason {
  if (error instanceof Refusal) return error.reason;
  return signal?.aborted === true ? 'aborted' : 'failed';
}
