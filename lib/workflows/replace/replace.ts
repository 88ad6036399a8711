import type { Done, Plan, Planned } from '../plan.ts';
import type { Tools } from '../tools.ts';
import { planWorkflow, runWorkflow, type Workflow } from '../workflow.ts';
import { type CheckedReplace, checkReplace, type ReplaceOptions } from './replace-options.ts';
import { prepareReplace } from './replace-prepare.ts';
import type { ReplaceResult } from './replace-result.ts';

/**
 * Replaces the failed or missing disk of a group: gives every mirror and RAID volume that has lost a copy a new one on
 * other disks, takes the failed disk out, and waits until all is in sync. Finds the disk by itself; also finds what
 * `vgreduce --removemissing` hides, and goes on with what an earlier run has left.
 *
 * Of an image that is lost without the kernel's notice that is told first, by a refresh of its volume: otherwise it can call
 * the new one in sync that it has not filled.
 *
 * A disk that is there, fails, and has the first copy of a dm-mirror loses its label, as the plan's `changes` say: only so
 * lvm lets go of it. That is done without further leave, but only if all else on that disk has a good copy elsewhere or
 * is named in `allowDestroy`, and if directly before the path is that disk still.
 *
 * The group is locked against other replacements, not against workflows of single volumes: do not run those meanwhile.
 * Rejects with a `WorkflowError`, before anything is changed if a volume does not survive, there is no room, or the disk
 * that is named is well.
 */
export function replaceFailedDevice(
  tools: Tools,
  options: ReplaceOptions & { readonly dryRun: true },
): Promise<Planned>;
export function replaceFailedDevice(
  tools: Tools,
  options: ReplaceOptions & { readonly dryRun?: false | undefined },
): Promise<Done<ReplaceResult>>;
export async function replaceFailedDevice(
  tools: Tools,
  options: ReplaceOptions & { readonly dryRun?: boolean | undefined },
): Promise<Done<ReplaceResult> | Planned> {
  return runWorkflow(tools, options, workflowOf(tools, checkReplace(options)));
}

/** What {@link replaceFailedDevice} would do now. Changes nothing; rejects as that does. */
export async function planReplaceFailedDevice(tools: Tools, options: ReplaceOptions): Promise<Plan> {
  return planWorkflow(tools, options, workflowOf(tools, checkReplace(options)));
}

function workflowOf(tools: Tools, options: CheckedReplace): Workflow<ReplaceResult> {
  return {
    name: 'replaceFailedDevice',
    subjects: [options.vg],
    prepare: (signal) => prepareReplace(tools, options, signal),
  };
}
