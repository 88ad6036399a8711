export { type CopyVolumeResult, copyVolume, planCopyVolume } from './copy/copy-volume.ts';
export type { CopyChecksum, CopyVolumeOptions } from './copy/copy-volume-options.ts';
export { type Remainder, WorkflowError, type WorkflowReason } from './errors.ts';
export type { Guard, GuardEvent, GuardedPart } from './guard/guard-events.ts';
export type { GuardLine } from './guard/guard-options.ts';
export type { GuardLimit } from './guard/guard-policy.ts';
export { type GuardPoolOptions, guardPool } from './guard/guard-pool.ts';
export { type GuardSnapshotOptions, guardSnapshot } from './guard/guard-snapshot.ts';
export { type AddMirrorOptions, addMirror, planAddMirror } from './mirror/add-mirror.ts';
export { type CreateMirrorOptions, createMirror, planCreateMirror } from './mirror/create-mirror.ts';
export type { MirrorLeg } from './mirror/mirror-legs.ts';
export type { LogChoice, MirrorChoices, MirrorKind, MirrorResult } from './mirror/mirror-options.ts';
export type { Done, Plan, Planned, PlannedStep, WorkflowName } from './plan.ts';
export type { StepProgress, WorkflowProgress } from './progress.ts';
export { planReplaceFailedDevice, replaceFailedDevice } from './replace/replace.ts';
export type { ReplaceOptions } from './replace/replace-options.ts';
export type { ReplaceResult } from './replace/replace-result.ts';
export { watchAndRepair } from './replace/watch-and-repair.ts';
export type { RepairEvent, RepairWatch, WatchAndRepairOptions } from './replace/watch-and-repair-types.ts';
export { planRollback, type RollbackResult, type RolledBack, rollback } from './rollback/rollback.ts';
export type { RollbackOptions } from './rollback/rollback-options.ts';
export type { RemountUse, RollbackCallbacks, RollbackUse } from './rollback/rollback-use.ts';
export type { SnapshotSize, WriteRate } from './snapshot/snapshot-size.ts';
export { planWithSnapshot, withSnapshot } from './snapshot/with-snapshot.ts';
export type { WithSnapshotOptions } from './snapshot/with-snapshot-options.ts';
export type {
  Snapshot,
  SnapshotCallback,
  TakenSnapshot,
  WithSnapshotResult,
} from './snapshot/with-snapshot-types.ts';
export { planSplitForBackup, splitForBackup } from './split/split-for-backup.ts';
export type {
  SplitCallback,
  SplitLeg,
  SplitOptions,
  SplitResult,
  TrackedSplitOptions,
  TrackedSplitResult,
} from './split/split-types.ts';
export type { Tools, WorkflowOptions } from './tools.ts';
