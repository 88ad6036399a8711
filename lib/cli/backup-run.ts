import { type CopyVolumeResult, copyVolume, planFutureCopy } from '../workflows/copy/copy-volume.ts';
import type { CopyVolumeOptions } from '../workflows/copy/copy-volume-options.ts';
import { type Remainder, WorkflowError, withLeft } from '../workflows/errors.ts';
import type { Done, Plan } from '../workflows/plan.ts';
import { planWithSnapshot, withSnapshot } from '../workflows/snapshot/with-snapshot.ts';
import type { WithSnapshotOptions } from '../workflows/snapshot/with-snapshot-options.ts';
import { planSplitForBackup, splitForBackup } from '../workflows/split/split-for-backup.ts';
import type { TrackedSplitOptions } from '../workflows/split/split-types.ts';
import type { Tools, WorkflowOptions } from '../workflows/tools.ts';

/** A backup: which volume, where to, and what of it is copied. */
export interface Backup {
  readonly volume: string;
  readonly copy: Omit<CopyVolumeOptions, 'source' | keyof WorkflowOptions>;
  /** Only of a raid1 can an image be split off for a while. */
  readonly by: 'snapshot' | 'split';
  readonly size: WithSnapshotOptions['size'];
}

/** What a backup came to. */
export interface BackupResult {
  readonly by: 'snapshot' | 'split';
  readonly copy: Done<CopyVolumeResult>;
}

/** The plan of both, as it is shown, of what is done around the copy, and of the copy, as if of the volume itself. */
export interface BackupPlan {
  readonly shown: Plan;
  readonly outer: Plan;
  readonly inner: Plan;
}

/** Plans both: of what is copied, and in the middle of it of the copy. */
export async function planBackup(tools: Tools, backup: Backup, common: WorkflowOptions): Promise<BackupPlan> {
  const { volume, copy, by } = backup;
  const outer =
    by === 'snapshot'
      ? await planWithSnapshot(tools, { ...snapshotOptions(backup), ...common })
      : await planSplitForBackup(tools, { ...splitOptions(backup), ...common });
  // The copy's source is not there yet: where to it goes can be looked at with the volume itself.
  const inner = await planFutureCopy(tools, { ...copy, source: volume, ...common });
  // In place of the step that calls back.
  const at = outer.steps.findIndex(({ name }) => name === 'use');
  const steps = outer.steps.toSpliced(at, at < 0 ? 0 : 1, ...inner.steps);
  const shown: Plan = {
    ...outer,
    summary: `Copy ${volume} to ${copy.to}, from ${by === 'snapshot' ? 'a snapshot' : 'an image that is split off for that time'}`,
    changes: [...outer.changes, ...inner.changes],
    warnings: [...outer.warnings, ...inner.warnings],
    steps,
  };
  return { shown, outer, inner };
}

/**
 * Copies a volume as it is at one moment. Rejects as the workflows do, also with `plan-changed` if it is not what was
 * `expected`; what is left names where to it was copied, if that was begun.
 */
export async function runBackup(
  tools: Tools,
  backup: Backup,
  common: Omit<WorkflowOptions, 'expected'>,
  expected?: Pick<BackupPlan, 'outer' | 'inner'> | undefined,
): Promise<Done<BackupResult>> {
  const { by } = backup;
  const options = { ...common, expected: expected?.outer };
  let isCopied = false;
  const copyOf = async (source: string, signal: AbortSignal): Promise<Done<CopyVolumeResult>> => {
    const { onProgress } = common;
    // What was shown is of the volume itself, as nothing was taken of it then.
    const planned = expected && { ...expected.inner, subject: source };
    const done = await copyVolume(tools, { ...backup.copy, source, signal, onProgress, expected: planned });
    isCopied = true;
    return done;
  };
  try {
    if (by === 'snapshot') {
      const { value, ...done } = await withSnapshot(
        tools,
        { ...snapshotOptions(backup), ...options },
        ([snapshot], signal) => copyOf(snapshot?.name ?? '', signal),
      );
      return { ...done, by, copy: value };
    }
    const { value, ...done } = await splitForBackup(
      tools,
      { ...splitOptions(backup), ...options },
      (leg, signal) => copyOf(leg.volume, signal),
    );
    return { ...done, by, copy: value };
  } catch (error) {
    // A copy that failed has said itself what is left of it.
    throw isCopied && error instanceof WorkflowError ? withLeft(error, [wholeCopy(backup, error)]) : error;
  }
}

function wholeCopy({ volume, copy }: Backup, { reason }: WorkflowError): Remainder {
  return {
    state: `${copy.to} has the copy of ${volume} now, whatever it had before`,
    next:
      reason === 'overflowed'
        ? 'Throw it away: it may be anything.'
        : 'It was copied to its end; what went wrong came after it.',
  };
}

function snapshotOptions({ volume, size }: Backup): WithSnapshotOptions {
  return { volumes: volume, size, mount: false };
}

function splitOptions({ volume }: Backup): TrackedSplitOptions {
  return { volume, tracked: true };
}
