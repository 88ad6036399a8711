import { type CopyVolumeResult, copyVolume, planCopyVolume } from '../workflows/copy/copy-volume.ts';
import type { CopyVolumeOptions } from '../workflows/copy/copy-volume-options.ts';
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

/** The plan of both, as it is shown, and of what is done around the copy. */
export interface BackupPlan {
  readonly shown: Plan;
  readonly outer: Plan;
}

/** Plans both: of what is copied, and in the middle of it of the copy. */
export async function planBackup(tools: Tools, backup: Backup, common: WorkflowOptions): Promise<BackupPlan> {
  const { volume, copy, by } = backup;
  const outer =
    by === 'snapshot'
      ? await planWithSnapshot(tools, { ...snapshotOptions(backup), ...common })
      : await planSplitForBackup(tools, { ...splitOptions(backup), ...common });
  // The copy's source is not there yet: where to it goes can be looked at with the volume itself.
  const inner = await planCopyVolume(tools, { ...copy, source: volume, live: true, ...common });
  // In place of the step that calls back.
  const at = outer.steps.findIndex(({ name }) => name === 'use');
  const steps = outer.steps.toSpliced(at, at < 0 ? 0 : 1, ...inner.steps);
  const shown: Plan = {
    ...outer,
    summary: `Copy ${volume} to ${copy.to}, from ${by === 'snapshot' ? 'a snapshot' : 'an image that is split off for that time'}`,
    changes: [...outer.changes, ...inner.changes],
    steps,
  };
  return { shown, outer };
}

/** Copies a volume as it is at one moment. Rejects as the workflows do. */
export async function runBackup(
  tools: Tools,
  backup: Backup,
  common: WorkflowOptions,
): Promise<Done<BackupResult>> {
  const { by } = backup;
  const copyOf = (source: string, signal: AbortSignal) =>
    copyVolume(tools, { ...backup.copy, source, signal, onProgress: common.onProgress });
  if (by === 'snapshot') {
    const { value, ...done } = await withSnapshot(
      tools,
      { ...snapshotOptions(backup), ...common },
      ([snapshot], signal) => copyOf(snapshot?.name ?? '', signal),
    );
    return { ...done, by, copy: value };
  }
  const { value, ...done } = await splitForBackup(
    tools,
    { ...splitOptions(backup), ...common },
    (leg, signal) => copyOf(leg.volume, signal),
  );
  return { ...done, by, copy: value };
}

function snapshotOptions({ volume, size }: Backup): WithSnapshotOptions {
  return { volumes: volume, size, mount: false };
}

function splitOptions({ volume }: Backup): TrackedSplitOptions {
  return { volume, tracked: true };
}
