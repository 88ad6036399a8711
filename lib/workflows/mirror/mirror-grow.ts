import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import type { Step } from '../step.ts';
import { lookAtSync, statusOf } from '../sync.ts';
import { outOfSync } from '../sync-refusal.ts';
import type { Tools } from '../tools.ts';
import { filledStep } from './filling-steps.ts';
import { legsOf, legsTogether, mirrorIn } from './mirror-legs.ts';
import type { CheckedChoices, MirrorResult } from './mirror-options.ts';
import { findRoom } from './mirror-room.ts';
import { type Stage, stagesOf } from './mirror-stages.ts';
import { addStep, logStep, type MirrorRun } from './mirror-steps.ts';
import { syncStep } from './mirror-sync-step.ts';
import type { Placement } from './placement.ts';
import { type Bases, basesOf } from './placement-disks.ts';

/** A volume that is to have more copies, as it was seen. */
export interface GrowthRequest {
  readonly tools: Tools;
  readonly state: LvmState;
  readonly group: GroupState;
  readonly row: LvRow;
  readonly choices: CheckedChoices;
  readonly type: 'raid1' | 'mirror';
  /** Whether a log in memory is to be moved to a disk. */
  readonly movesLog: boolean;
}

/** How it gets them. */
export interface Growth {
  readonly bases: Bases;
  /** Whether it has to get in sync before anything can be done with it. */
  readonly isBehind: boolean;
  readonly stages: readonly Stage[];
  readonly warnings: readonly string[];
}

/**
 * Finds out how a linear volume, mirror or raid1 gets the copies that it lacks. Rejects with a {@link Refusal} if there is
 * no room, or if what is there is not in sync and will not be by itself.
 */
export async function growthOf(request: GrowthRequest, signal: AbortSignal | undefined): Promise<Growth> {
  const { tools, state, group, row, choices, type, movesLog } = request;
  const volume = row.fullName;
  const mirror = mirrorIn(state, volume);
  const found = mirror === null ? null : outOfSync(state, row, await statusOf(tools, row, signal));
  if (found !== null && found.kind !== 'syncing') throw new Refusal('not-in-sync', found.message, found.next);
  const there = legsOf(state, row);
  const legs = Math.max(0, choices.copies - there.length);
  const wantsLog = type === 'mirror' && choices.log !== 'core' && (mirror === null || movesLog);
  const bases = await basesOf(group);
  const together = legsTogether(there, bases);
  const warnings = together === null ? [] : [`Two copies of ${volume} are on one disk: ${together}.`];
  const isBehind = found !== null;
  if (legs === 0 && !wantsLog) return { bases, isBehind, stages: [], warnings };
  const taken = there.flatMap(({ devices }) => devices);
  const needsMetadata = type === 'raid1' && mirror === null;
  const extents = Number(row.size / group.vg.extentSize);
  const room = { volume, state, group, choices, type, extents, legs, wantsLog, taken, needsMetadata };
  const { placement } = await findRoom(room);
  const from = mirror === null ? 'linear' : 'mirror';
  const stages = stagesOf({ placement, from, type, copies: there.length, wantsLog });
  return { bases, isBehind, stages, warnings: [...warnings, ...logWarnings(placement)] };
}

/** What a caller should know of where the log is. */
export function logWarnings({ log, logIsShared }: Placement): readonly string[] {
  if (log === null || !logIsShared) return [];
  return [`The log is on ${log.device}, a disk with a copy: if that fails, both are lost at once.`];
}

/** What is different about a mirror of the older kind. */
export function typeWarnings(type: 'raid1' | 'mirror', { log, wait }: CheckedChoices): readonly string[] {
  return [
    ...(type === 'mirror'
      ? [
          'When a disk of a mirror of this type fails, its writers wait until it is repaired, as watchAndRepair does.',
        ]
      : []),
    ...(type === 'mirror' && log === 'core'
      ? ['Its log is in memory: each activation copies everything anew.']
      : []),
    ...(wait ? [] : ['Until it is in sync, the first copy is the only one.']),
    ...(wait || type !== 'mirror'
      ? []
      : [
          'It keeps its tag devmapper.filling, with which it is not repaired if it loses its first copy: call this again when it is in sync.',
        ]),
  ];
}

/** What comes around the stages. */
export interface Around {
  /** Makes the step of a stage that makes the volume. */
  readonly create?: ((stage: Stage & { readonly kind: 'create' }) => Step) | undefined;
  /** What is done when all stages are, before the last wait. */
  readonly settle?: Step | undefined;
  readonly wait: boolean;
  /** What is done when all copies are in sync. */
  readonly filled?: Step | undefined;
  /** Called when the first wait begins. */
  readonly begun?: (() => void) | undefined;
}

/** The steps of stages: between two of them all copies get in sync, as lvm adds none before. */
export function stageSteps(run: MirrorRun, stages: readonly Stage[], around: Around): readonly Step[] {
  const { create, settle, wait, filled, begun } = around;
  const steps = stages.flatMap((stage, index): readonly Step[] => {
    const step = stepOf(run, stage, create);
    const isLast = index === stages.length - 1;
    const isPlain = stage.kind === 'create' && stage.copies === 1;
    return isLast || isPlain ? [step] : [step, syncStep(run, `sync-after-${step.name}`, begun)];
  });
  return [
    ...steps,
    ...(settle === undefined ? [] : [settle]),
    ...(wait ? [syncStep(run, 'sync', begun)] : []),
    ...(filled === undefined ? [] : [filled]),
  ];
}

/** What a volume that is there needs around its stages. */
export interface Growing {
  readonly wait: boolean;
  readonly settle?: Step | undefined;
  /** The tags by which it is known that its copies are being filled, those that it is given at first too. */
  readonly tags: readonly string[];
}

/** The steps by which a volume that is there gets what it lacks; empty if there is nothing to do. */
export function growthSteps(
  run: MirrorRun,
  { isBehind, stages }: Growth,
  { wait, settle, tags }: Growing,
): readonly Step[] {
  const isGrown = stages.length === 0;
  const isFilled = tags.length > 0 && (wait || (isGrown && !isBehind));
  if (isGrown && settle === undefined && !isFilled && (!isBehind || !wait)) return [];
  const before = isBehind && !isGrown ? [syncStep(run, 'sync-before')] : [];
  const filled = isFilled ? filledStep(run, tags) : undefined;
  return [...before, ...stageSteps(run, stages, { wait, settle, filled })];
}

/** What the result of both functions tells, seen now. Rejects with a {@link Refusal} if there is no such mirror. */
export async function mirrorResult(tools: Tools, volume: string): Promise<MirrorResult> {
  const { state, row, found } = await lookAtSync(tools, volume);
  const mirror = mirrorIn(state, volume);
  if (mirror === null) throw new Refusal('wrong-type', `${volume} is of type ${row.segtype} now`);
  return { volume: row, inSync: found === null, legs: mirror.legs, logDevices: mirror.logDevices };
}

function stepOf(run: MirrorRun, stage: Stage, create: Around['create']): Step {
  if (stage.kind === 'add') return addStep(run, stage);
  if (stage.kind === 'log') return logStep(run, stage);
  if (create === undefined) throw new TypeError('there is nothing to make the volume with');
  return create(stage);
}
