import { invalidType } from '../../arguments.ts';
import type { Done, Plan, Planned } from '../plan.ts';
import type { Tools } from '../tools.ts';
import { planWorkflow, runWorkflow, type Workflow } from '../workflow.ts';
import { prepareSplit } from './split-named.ts';
import { requireSplitOptions } from './split-options.ts';
import type {
  SplitCallback,
  SplitOptions,
  SplitResult,
  TrackedSplitOptions,
  TrackedSplitResult,
} from './split-types.ts';
import { prepareTracked } from './tracked-split.ts';

/**
 * Splits a copy off a mirror or raid1, once its copies are truly the same and its file system is quiet. With a `name` the
 * copy is a volume of its own for good, read-only. With `tracked: true` an image of a raid1 is handed to `callback`, and
 * merged back when that has ended, however it did. A call after one that was killed goes on with what that left, or finds
 * it done. Rejects with a {@link WorkflowError}, with an `AbortError` if nothing was begun, and before anything is looked
 * at with a TypeError, RangeError or `LvmNameError`.
 */
export function splitForBackup(
  tools: Tools,
  options: SplitOptions & { readonly dryRun: true },
): Promise<Planned>;
export function splitForBackup(
  tools: Tools,
  options: SplitOptions & { readonly dryRun?: false | undefined },
): Promise<Done<SplitResult>>;
export function splitForBackup<T>(
  tools: Tools,
  options: TrackedSplitOptions & { readonly dryRun: true },
  callback?: SplitCallback<T>,
): Promise<Planned>;
export function splitForBackup<T>(
  tools: Tools,
  options: TrackedSplitOptions & { readonly dryRun?: false | undefined },
  callback: SplitCallback<T>,
): Promise<Done<TrackedSplitResult<T>>>;
export async function splitForBackup<T>(
  tools: Tools,
  options: (SplitOptions | TrackedSplitOptions) & { readonly dryRun?: boolean | undefined },
  callback?: SplitCallback<T>,
): Promise<Done<SplitResult> | Done<TrackedSplitResult<T>> | Planned> {
  requireSplitOptions(options);
  if (options.tracked !== true) return runWorkflow(tools, options, named(tools, options));
  if (options.dryRun === true) return { outcome: 'planned', plan: await planSplitForBackup(tools, options) };
  if (typeof callback !== 'function') throw invalidType('callback', 'a function', callback);
  return runWorkflow(tools, options, tracked(tools, options, callback));
}

/** What {@link splitForBackup} would do now. Rejects as that does, before it begins anything. */
export async function planSplitForBackup(
  tools: Tools,
  options: SplitOptions | TrackedSplitOptions,
): Promise<Plan> {
  requireSplitOptions(options);
  return options.tracked === true
    ? planWorkflow(tools, options, plannable(tools, options))
    : planWorkflow(tools, options, named(tools, options));
}

function named(tools: Tools, options: SplitOptions): Workflow<SplitResult> {
  return {
    name: 'splitForBackup',
    subjects: [options.volume],
    prepare: (signal) => prepareSplit(tools, options, signal),
  };
}

function tracked<T>(
  tools: Tools,
  options: TrackedSplitOptions,
  callback: SplitCallback<T>,
): Workflow<TrackedSplitResult<T>> {
  return {
    name: 'splitForBackup',
    subjects: [options.volume],
    prepare: (signal) => prepareTracked(tools, options, callback, signal),
  };
}

function plannable(tools: Tools, options: TrackedSplitOptions): Workflow<TrackedSplitResult<undefined>> {
  return tracked(tools, options, () => undefined);
}
