import { invalidType } from '../../arguments.ts';
import type { Done, Plan, Planned } from '../plan.ts';
import type { Tools } from '../tools.ts';
import { planWorkflow, runWorkflow, type Workflow } from '../workflow.ts';
import { toSettings, type WithSnapshotOptions, type WithSnapshotSettings } from './with-snapshot-options.ts';
import { prepareSnapshots } from './with-snapshot-prepare.ts';
import type { SnapshotCallback, WithSnapshotResult } from './with-snapshot-types.ts';

/**
 * Takes snapshots of volumes, mounts them for reading, calls `callback` with them, and unmounts and removes them in any
 * case. What an earlier run has left, as it was killed, is removed first. If a snapshot is lost meanwhile (its store was
 * full), the callback's signal fires and the call rejects with reason `overflowed`, whatever the callback returns: what it
 * has read may come from the page cache in part. Rejects with a `WorkflowError`, before anything happens with a TypeError or
 * RangeError for wrong options, with an `AbortError`, or with what lvm or the kernel failed with when they were asked.
 */
export function withSnapshot(
  tools: Tools,
  options: WithSnapshotOptions & { readonly dryRun: true },
  callback?: SnapshotCallback<unknown>,
): Promise<Planned>;
export function withSnapshot<T>(
  tools: Tools,
  options: WithSnapshotOptions & { readonly dryRun?: false | undefined },
  callback: SnapshotCallback<T>,
): Promise<Done<WithSnapshotResult<T>>>;
export async function withSnapshot<T>(
  tools: Tools,
  options: WithSnapshotOptions & { readonly dryRun?: boolean | undefined },
  callback?: SnapshotCallback<T>,
): Promise<Done<WithSnapshotResult<T>> | Planned> {
  const settings = toSettings(options);
  if (typeof callback !== 'function' && (callback !== undefined || options.dryRun !== true))
    throw invalidType('callback', 'a function', callback);
  return runWorkflow(tools, options, workflowOf(tools, settings, callback ?? neverCalled));
}

/** What {@link withSnapshot} would do now. Rejects as it does. */
export async function planWithSnapshot(tools: Tools, options: WithSnapshotOptions): Promise<Plan> {
  return planWorkflow(tools, options, workflowOf(tools, toSettings(options), neverCalled));
}

function workflowOf<T>(
  tools: Tools,
  settings: WithSnapshotSettings,
  callback: SnapshotCallback<T>,
): Workflow<WithSnapshotResult<T>> {
  return {
    name: 'withSnapshot',
    // The names too, as runs for different volumes may want the same one; but what the callback does with the snapshot,
    // such as copyVolume, takes the lock of its name itself.
    subjects: settings.volumes.flatMap(({ origin: { vg, lv }, snapshot }) => [
      `${vg}/${lv}`,
      `${snapshot} as a snapshot`,
    ]),
    prepare: (signal) => prepareSnapshots(tools, settings, callback, signal),
  };
}

function neverCalled(): never {
  throw new Error('a plan calls nothing');
}
