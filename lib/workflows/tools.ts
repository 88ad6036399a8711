import { abortError } from '../abort.ts';
import { invalidType, requireSignal } from '../arguments.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import type { Lvm } from '../lvm/lvm.ts';
import type { Plan } from './plan.ts';
import type { WorkflowProgress } from './progress.ts';

/** What workflows work with. Open `lvm` with the same `dm`: its jobs then see the kernel's progress and events. */
export interface Tools {
  readonly dm: DeviceMapper;
  readonly lvm: Lvm;
}

/** Options that every workflow takes. */
export interface WorkflowOptions {
  /** Stops it: what can be taken back is, and the error says what state is left. */
  readonly signal?: AbortSignal | undefined;
  /** Is told of each step, how far it is, of what is taken back, and of warnings. */
  readonly onProgress?: ((progress: WorkflowProgress) => void) | undefined;
  /**
   * The plan that was shown and approved: if other steps or lvm commands would be run by now, or something else would
   * change, nothing is done, and it rejects with `plan-changed`.
   */
  readonly expected?: Plan | undefined;
}

/** The keys of {@link WorkflowOptions} and `dryRun`, for checks of options. */
export const workflowKeys = ['signal', 'onProgress', 'expected', 'dryRun'] as const;

/** Throws a TypeError unless these are tools and the common options are what they should be. */
export function requireTools(
  tools: Tools,
  { signal, onProgress, expected }: WorkflowOptions,
  dryRun?: boolean | undefined,
): void {
  if (typeof (tools as { dm?: { monitor?: unknown } } | null)?.dm?.monitor !== 'function')
    throw invalidType('tools.dm', 'a DeviceMapper', (tools as { dm?: unknown } | null)?.dm);
  if (typeof (tools as { lvm?: { fullreport?: unknown } }).lvm?.fullreport !== 'function')
    throw invalidType('tools.lvm', 'an Lvm', (tools as { lvm?: unknown }).lvm);
  requireSignal(signal);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalidType('onProgress', 'a function', onProgress);
  if (expected !== undefined && !Array.isArray((expected as { steps?: unknown } | null)?.steps))
    throw invalidType('expected', 'a plan', expected);
  if (dryRun !== undefined && typeof dryRun !== 'boolean') throw invalidType('dryRun', 'a boolean', dryRun);
  if (signal?.aborted === true) throw abortError(signal);
}
