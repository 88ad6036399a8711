export type { BoundTree } from './bind.ts';
export { LvmError } from './errors.ts';
export { Lvm, type LvmOptions } from './lvm.ts';
export { LvmNameError } from './names.ts';
export type { CallOptions } from './operation.ts';
export { type LvmReason, lvmReasons } from './reasons.ts';
export type { LvmResult } from './result.ts';
export type { Bytes, Extents, Percent, Size } from './sizes.ts';
