import type { Done, Plan, Planned } from '../plan.ts';
import type { Tools } from '../tools.ts';
import { planWorkflow, runWorkflow, type Workflow } from '../workflow.ts';
import { type CopyVolumeOptions, requireCopyOptions } from './copy-volume-options.ts';
import { lookAtSource } from './copy-volume-source.ts';
import { type CopyFound, copySteps } from './copy-volume-steps.ts';
import { lookAtTarget } from './copy-volume-target.ts';

/** A copy of a volume. */
export interface CopyVolumeResult {
  /** `vg/lv` of what was copied. */
  readonly source: string;
  readonly to: string;
  /** Size of the copy, its holes included. */
  readonly bytes: number;
  /** Bytes of zeros that were not written. */
  readonly holes: number;
  /** Of all bytes, in lower-case hexadecimal digits; null if none was wanted. */
  readonly checksum: string | null;
}

/**
 * Copies a volume byte by byte to a file or a block device, such as a snapshot or an image that is split off. A file is
 * there only when it is whole. A snapshot that overflows meanwhile fails it, even if all could be read. Rejects with a
 * {@link WorkflowError}, with an `AbortError` if nothing was begun, and before anything is looked at with a TypeError,
 * RangeError or `LvmNameError`.
 */
export function copyVolume(
  tools: Tools,
  options: CopyVolumeOptions & { readonly dryRun: true },
): Promise<Planned>;
export function copyVolume(
  tools: Tools,
  options: CopyVolumeOptions & { readonly dryRun?: false | undefined },
): Promise<Done<CopyVolumeResult>>;
export async function copyVolume(
  tools: Tools,
  options: CopyVolumeOptions & { readonly dryRun?: boolean | undefined },
): Promise<Done<CopyVolumeResult> | Planned> {
  return runWorkflow(tools, options, workflowOf(tools, options));
}

/** What {@link copyVolume} would do now. Rejects as that does, before it begins anything. */
export async function planCopyVolume(tools: Tools, options: CopyVolumeOptions): Promise<Plan> {
  return planWorkflow(tools, options, workflowOf(tools, options));
}

/**
 * The plan of a copy of what will only be taken of the source, such as a snapshot: who uses the source does not count.
 * Rejects as {@link planCopyVolume}.
 */
export async function planFutureCopy(tools: Tools, options: CopyVolumeOptions): Promise<Plan> {
  return planWorkflow(tools, options, workflowOf(tools, { ...options, live: true }, true));
}

function workflowOf(tools: Tools, options: CopyVolumeOptions, future = false): Workflow<CopyVolumeResult> {
  const settings = requireCopyOptions(options);
  const { source: name, to } = settings;
  return {
    name: 'copyVolume',
    subjects: [name],
    async prepare(signal) {
      const source = await lookAtSource(tools, name, settings.live, signal);
      const target = await lookAtTarget(tools, source, settings);
      const found: CopyFound = {};
      return {
        subject: name,
        summary: `Copy ${name} to ${to}`,
        changes: target.changes,
        warnings: [...(future ? [] : source.warnings), ...target.warnings],
        steps: copySteps(tools, source, target, settings, found),
        result() {
          const { bytes = 0, holes = 0, checksum = null } = found.copied ?? {};
          return { source: name, to, bytes, holes, checksum };
        },
      };
    },
  };
}
