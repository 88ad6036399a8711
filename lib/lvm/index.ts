export type { BoundTree } from './bind.ts';
export { LvmError } from './errors.ts';
export type { FindOptions, Jobs } from './jobs/find.ts';
export type {
  CancelOutcome,
  Job,
  JobKind,
  JobOptions,
  JobPhase,
  JobProgress,
  JobResult,
} from './jobs/job.ts';
export { Lvm, type LvmOptions } from './lvm.ts';
export { LvmNameError } from './names.ts';
export type { CallOptions } from './operation.ts';
export { type LvmReason, lvmReasons } from './reasons.ts';
export type { LvmResult } from './result.ts';
export type { Bytes, Extents, Percent, Size } from './sizes.ts';
