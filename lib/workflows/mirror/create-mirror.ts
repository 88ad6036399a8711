import { invalidType, requireOnly } from '../../arguments.ts';
import { requireNewVolume } from '../../lvm/names.ts';
import { requireBoolean } from '../../lvm/option.ts';
import { type Bytes, type Extents, sizeArguments, toSectorBytes } from '../../lvm/sizes.ts';
import { volumeOf } from '../../lvm/state.ts';
import { lookAtGroup } from '../lvm-step.ts';
import type { Done, Plan, Planned } from '../plan.ts';
import { type Tools, type WorkflowOptions, workflowKeys } from '../tools.ts';
import { type Prepared, planWorkflow, runWorkflow, type Workflow } from '../workflow.ts';
import { existingMirror } from './create-mirror-found.ts';
import { createStep, createTag, settleStep } from './create-mirror-steps.ts';
import { fillingChange, fillingTags } from './filling.ts';
import { filledStep } from './filling-steps.ts';
import { extentsOf } from './mirror-extents.ts';
import { logWarnings, mirrorResult, stageSteps, typeWarnings } from './mirror-grow.ts';
import {
  type CheckedChoices,
  checkChoices,
  checkTags,
  type MirrorChoices,
  type MirrorKind,
  type MirrorResult,
  mirrorKeys,
} from './mirror-options.ts';
import { findRoom } from './mirror-room.ts';
import { stagesOf } from './mirror-stages.ts';
import type { MirrorRun } from './mirror-steps.ts';

interface Subject extends WorkflowOptions, MirrorChoices {
  /** `vg/lv` of the volume to make. */
  readonly volume: string;
  /** Its size: bytes, text such as `10GiB`, or `{ extents }`; LVM rounds up to whole extents. */
  readonly size: Bytes | Extents;
  /** Tags that it gets; none that begins with `devmapper.`. */
  readonly tags?: readonly string[] | undefined;
  /**
   * What to do with signatures of old contents on the extents it gets: wipe them, or leave them there. If left out, it
   * fails when lvm meets one.
   */
  readonly wipeSignatures?: boolean | undefined;
}

/** Options of {@link createMirror}. */
export type CreateMirrorOptions = Subject & MirrorKind;

/** What is made, checked. */
export interface NewMirror {
  readonly volume: string;
  readonly size: Bytes | Extents;
  readonly choices: CheckedChoices & { readonly type: 'raid1' | 'mirror' };
  readonly tags: readonly string[];
  readonly wipeSignatures: boolean | undefined;
}

/**
 * Makes a volume with copies on several disks, and waits until they are in sync; if there is just such a volume already,
 * it only waits. Aborted while the kernel synchronises, the volume stays and can be used, and calling it again waits on;
 * before that, it is removed again. Rejects with a {@link WorkflowError}: `not-enough-space` says what is free on which
 * disk, and what to add, `foreign` that another volume has the name; throws a TypeError or RangeError for wrong arguments.
 */
export function createMirror(
  tools: Tools,
  options: CreateMirrorOptions & { readonly dryRun: true },
): Promise<Planned>;
export function createMirror(
  tools: Tools,
  options: CreateMirrorOptions & { readonly dryRun?: false | undefined },
): Promise<Done<MirrorResult>>;
export async function createMirror(
  tools: Tools,
  options: CreateMirrorOptions & { readonly dryRun?: boolean | undefined },
): Promise<Done<MirrorResult> | Planned> {
  return runWorkflow(tools, options, workflowOf(tools, options));
}

/** What {@link createMirror} would do. Rejects as it does. */
export async function planCreateMirror(tools: Tools, options: CreateMirrorOptions): Promise<Plan> {
  return planWorkflow(tools, options, workflowOf(tools, options));
}

function workflowOf(tools: Tools, options: CreateMirrorOptions): Workflow<MirrorResult> {
  requireOnly(options, ['volume', 'size', 'tags', 'wipeSignatures', ...mirrorKeys, ...workflowKeys]);
  const { vg, lv } = requireNewVolume('volume', options.volume);
  const { size, tags, wipeSignatures } = options;
  const choices = checkChoices(options);
  if (typeof size === 'object' && size !== null && 'percent' in size)
    throw invalidType('size', 'bytes or { extents }', size);
  sizeArguments('size', size);
  const wanted: NewMirror = {
    volume: `${vg}/${lv}`,
    size,
    choices: { ...choices, type: choices.type ?? 'raid1' },
    tags: checkTags(tags),
    wipeSignatures:
      wipeSignatures === undefined ? undefined : requireBoolean('wipeSignatures', wipeSignatures),
  };
  return {
    name: 'createMirror',
    subjects: [wanted.volume],
    prepare: (signal) => prepare(tools, wanted, signal),
  };
}

async function prepare(
  tools: Tools,
  wanted: NewMirror,
  signal: AbortSignal | undefined,
): Promise<Prepared<MirrorResult>> {
  const { volume, choices, size } = wanted;
  const { type, copies, wait, regionSize } = choices;
  const { state, group } = await lookAtGroup(tools, volume.split('/')[0] ?? '', signal);
  const { extentSize } = group.vg;
  const extents =
    typeof size === 'object' ? size.extents : extentsOf(toSectorBytes('size', size), extentSize);
  const result = () => mirrorResult(tools, volume);
  const there = volumeOf(state, volume);
  if (there !== undefined)
    return {
      ...(await existingMirror({ tools, state, group, row: there, wanted, extents }, signal)),
      result,
    };
  const wantsLog = type === 'mirror' && choices.log !== 'core';
  const { placement, bases, metadata } = await findRoom({
    ...{ volume, state, group, choices, type, extents, wantsLog },
    ...{ legs: copies, taken: [], needsMetadata: false },
  });
  const stages = stagesOf({ placement, from: 'nothing', type, copies: 0, wantsLog, metadata });
  const run: MirrorRun = { tools, workflow: 'createMirror', volume, type, state, bases, regionSize };
  const isPartial = stages.length > 1;
  let isSyncing = false;
  const steps = stageSteps(run, stages, {
    create: (stage) => createStep(run, wanted, { stage, extents, isPartial, isKept: () => isSyncing }),
    settle: isPartial ? settleStep(run) : undefined,
    wait,
    filled: type === 'mirror' && wait ? filledStep(run, fillingTags()) : undefined,
    begun: () => {
      isSyncing = true;
    },
  });
  const where = placement.legs.map((leg) => [...new Set(leg.map(({ device }) => device))].join(' and '));
  return {
    subject: volume,
    summary: `Make ${volume}, a ${type} of ${copies} copies of ${extents} extents.`,
    changes: [
      `${volume} is new, with copies on ${where.join(' | ')}.`,
      ...(isPartial ? [`It has the tag ${createTag} until all of them are made.`] : []),
      ...(type === 'mirror' ? [fillingChange(volume)] : []),
    ],
    warnings: [...logWarnings(placement), ...typeWarnings(type, choices)],
    steps,
    result,
  };
}
