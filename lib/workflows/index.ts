export { type AddMirrorOptions, addMirror, planAddMirror } from './add-mirror.ts';
export { type CopyVolumeResult, copyVolume, planCopyVolume } from './copy-volume.ts';
export type { CopyChecksum, CopyVolumeOptions } from './copy-volume-options.ts';
export { type CreateMirrorOptions, createMirror, planCreateMirror } from './create-mirror.ts';
export { type Remainder, WorkflowError, type WorkflowReason } from './errors.ts';
export type { Guard, GuardEvent, GuardedPart } from './guard-events.ts';
export type { GuardLine } from './guard-options.ts';
export type { GuardLimit } from './guard-policy.ts';
export { type GuardPoolOptions, guardPool } from './guard-pool.ts';
export { type GuardSnapshotOptions, guardSnapshot } from './guard-snapshot.ts';
export type { MirrorLeg } from './mirror-legs.ts';
export type { LogChoice, MirrorChoices, MirrorKind, MirrorResult } from './mirror-options.ts';
export type { Done, Plan, Planned, PlannedStep, WorkflowName } from './plan.ts';
export type { StepProgress, WorkflowProgress } from './progress.ts';
export { planReplaceFailedDevice, replaceFailedDevice } from './replace.ts';
export type { ReplaceOptions } from './replace-options.ts';
export type { ReplaceResult } from './replace-result.ts';
export { planRollback, type RollbackResult, type RolledBack, rollback } from './rollback.ts';
export type { RollbackOptions } from './rollback-options.ts';
export type { RemountUse, RollbackCallbacks, RollbackUse } from './rollback-use.ts';
export type { SnapshotSize, WriteRate } from './snapshot-size.ts';
export { planSplitForBackup, splitForBackup } from './split-for-backup.ts';
export type {
  SplitCallback,
  SplitLeg,
  SplitOptions,
  SplitResult,
  TrackedSplitOptions,
  TrackedSplitResult,
} from './split-types.ts';
export type { Tools, WorkflowOptions } from './tools.ts';
export { watchAndRepair } from './watch-and-repair.ts';
export type { RepairEvent, RepairWatch, WatchAndRepairOptions } from './watch-and-repair-types.ts';
export { planWithSnapshot, withSnapshot } from './with-snapshot.ts';
export type { WithSnapshotOptions } from './with-snapshot-options.ts';
export type { Snapshot, SnapshotCallback, TakenSnapshot, WithSnapshotResult } from './with-snapshot-types.ts';
