import { WorkflowError } from '../errors.ts';
import type { Plan } from '../plan.ts';
import type { Tools } from '../tools.ts';
import { namesIn } from '../words.ts';
import { planReplaceFailedDevice } from './replace.ts';

/** What a watch would do now. */
export type NextRepair =
  /** `message`: what is lost for good, so that nothing can be done about it; null if all is well. */
  | { readonly kind: 'none'; readonly message: string | null }
  | { readonly kind: 'repair'; readonly plan: Plan; readonly spares: readonly string[] }
  | { readonly kind: 'out-of-spares'; readonly message: string; readonly summary: string }
  | { readonly kind: 'failed'; readonly error: WorkflowError };

/** What a watch may do to a group. */
export interface WatchedGroup {
  readonly vg: string;
  readonly spares: readonly string[];
  readonly wipeSignatures: boolean;
}

/**
 * Looks at a group and decides on the repair, with the first spare that can take what was lost, or if none can by itself,
 * with as many of the first ones as it takes. Volumes without a copy are left as they are. Rejects with what asking failed
 * with.
 */
export async function nextRepair(
  tools: Tools,
  { vg, spares, wipeSignatures }: WatchedGroup,
  signal: AbortSignal,
): Promise<NextRepair> {
  const plan = (given: readonly string[] | undefined): Promise<Plan | WorkflowError> =>
    planReplaceFailedDevice(tools, {
      ...{ vg, with: given, keepLost: true, wipeSignatures, signal },
      // As it will be run; a wait for what is in sync soon is no repair either.
      wait: false,
    }).catch((error: unknown) => {
      if (error instanceof WorkflowError) return error;
      throw error;
    });
  const free = await plan(undefined);
  if (free instanceof WorkflowError && free.reason !== 'not-enough-space')
    return { kind: 'failed', error: free };
  if (!(free instanceof WorkflowError)) {
    if (free.steps.length === 0)
      return { kind: 'none', message: free.warnings.length === 0 ? null : free.warnings.join(' ') };
    if (!free.steps.some(({ name }) => needsRoom.test(name)))
      return { kind: 'repair', plan: free, spares: [] };
  }
  const refusals: string[] = [];
  const small: string[] = [];
  for (const spare of spares) {
    const found = await plan([spare]);
    if (!(found instanceof WorkflowError)) return { kind: 'repair', plan: found, spares: [spare] };
    if (found.reason === 'not-enough-space') small.push(spare);
    refusals.push(`${spare}: ${found.message}`);
  }
  for (let count = 2; count <= small.length; count++) {
    const some = small.slice(0, count);
    const found = await plan(some);
    if (!(found instanceof WorkflowError)) return { kind: 'repair', plan: found, spares: some };
    if (count === small.length) refusals.push(`${namesIn(some)} together: ${found.message}`);
  }
  const message = refusals.length === 0 ? 'there are no spares' : refusals.join(' ');
  return {
    kind: 'out-of-spares',
    message,
    summary: free instanceof WorkflowError ? free.message : free.summary,
  };
}

/**
 * The spares in the order in which they are tried: as they were given, and then those that could not be taken into the
 * group, of which `rejected` names the last one at the end. Pure.
 */
export function inTurn(spares: readonly string[], rejected: readonly string[]): readonly string[] {
  return spares.toSorted((a, b) => rejected.indexOf(a) - rejected.indexOf(b));
}

// The steps that put something on a disk.
const needsRoom = /^(?:repair|replace|remirror|relog):/;
