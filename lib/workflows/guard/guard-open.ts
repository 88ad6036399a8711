import { abortError, onAbort } from '../../abort.ts';
import { Refusal, WorkflowError } from '../errors.ts';
import type { WorkflowName } from '../plan.ts';
import { lockSubject } from '../system/lock.ts';
import type { Guard } from './guard-events.ts';

/** What a guard is opened with: `begin` looks, and starts it. */
export interface Opening {
  readonly workflow: WorkflowName;
  /** `vg/lv`: two guards of one volume would both extend it. */
  readonly subject: string;
  readonly signal: AbortSignal | undefined;
  begin(release: () => Promise<void>): Promise<Guard>;
}

/** Opens a guard under the lock of its volume. Rejects with a {@link WorkflowError} if it cannot be guarded. */
export async function openGuard({ workflow, subject, signal, begin }: Opening): Promise<Guard> {
  const lock = await lockSubject(`${subject} guard`, workflow);
  if (!('release' in lock))
    throw new WorkflowError({
      workflow,
      reason: 'busy',
      message: `${subject} is guarded already: ${lock.holder}`,
      next: 'Close that guard first.',
    });
  try {
    const guard = await begin(() => lock.release());
    const forget = onAbort(signal, () => void guard.close());
    guard.done.then(forget, forget);
    return guard;
  } catch (error) {
    await lock.release();
    if (signal?.aborted === true) throw abortError(signal);
    if (!(error instanceof Refusal)) throw error;
    const { reason, message, next, cause } = error;
    throw new WorkflowError({ workflow, reason, message, next, cause });
  }
}
