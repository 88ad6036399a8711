export type { LvAttributes, PvAttributes, UnknownLetter, VgAttributes } from './attributes.ts';
export type { Bound, BoundTree } from './bind.ts';
export type { Capabilities } from './capabilities.ts';
export type { Shortage } from './classify.ts';
export type { Extent, ExtentRange } from './columns/kinds.ts';
export type { LvRow } from './columns/lv.ts';
export type { PvRow } from './columns/pv.ts';
export type { PvSegRow } from './columns/pvseg.ts';
export type { SegRow } from './columns/seg.ts';
export type { VgRow } from './columns/vg.ts';
export type * from './commands/types.ts';
export { type Changed, LvmError, type OpenQuestion } from './errors.ts';
export type { FindOptions, Jobs } from './jobs/find.ts';
export type {
  CancelOptions,
  CancelOutcome,
  Job,
  JobKind,
  JobOptions,
  JobPhase,
  JobProgress,
  JobResult,
} from './jobs/job.ts';
export type { LogEntry, LvmObject } from './log.ts';
export { Lvm, type LvmOptions } from './lvm.ts';
export { LvmNameError } from './names.ts';
export type { CallOptions } from './operation.ts';
export type { Signature } from './questions.ts';
export { type LvmReason, lvmReasons } from './reasons.ts';
export type { ReportOptions } from './report.ts';
export type { FullreportOptions, Limits, Report, Reports, VolumesOptions } from './reports.ts';
export type { LvmResult } from './result.ts';
export type { Bytes, Extents, Percent, Size } from './sizes.ts';
export type { GroupState, LvmState } from './state.ts';
export type { Hindrance, LockHindrance, UdevHindrance } from './stuck.ts';
export type { GroupResult, VolumeResult } from './verify.ts';
export type { Volume } from './volumes.ts';
