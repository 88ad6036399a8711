import { requireOnly } from '../../arguments.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { brokenBelow } from '../../lvm/commands/lvconvert-images.ts';
import { requireVolume } from '../../lvm/names.ts';
import type { GroupState, LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, requireVolumeIn } from '../lvm-step.ts';
import type { Done, Plan, Planned } from '../plan.ts';
import { type Tools, type WorkflowOptions, workflowKeys } from '../tools.ts';
import { type Prepared, planWorkflow, runWorkflow, type Workflow } from '../workflow.ts';
import { fillingChange, fillingIn, fillingTags } from './filling.ts';
import { fillingStep } from './filling-steps.ts';
import { type Growth, growthOf, growthSteps, mirrorResult, typeWarnings } from './mirror-grow.ts';
import { mirrorIn } from './mirror-legs.ts';
import {
  type CheckedChoices,
  checkChoices,
  type MirrorChoices,
  type MirrorKind,
  type MirrorResult,
  mirrorKeys,
} from './mirror-options.ts';
import type { MirrorRun } from './mirror-steps.ts';

interface Subject extends WorkflowOptions, MirrorChoices {
  /** `vg/lv` of a linear volume, or of a raid1 or mirror that is to have more copies. It stays in use. */
  readonly volume: string;
}

/**
 * Options of {@link addMirror}. Without a `type` a linear volume becomes a raid1, and a mirror stays what it is; `log` is
 * where a volume that is no mirror yet gets its log, and where one moves that is in memory.
 */
export type AddMirrorOptions = Subject & MirrorKind;

/**
 * Gives a volume copies on other disks, and waits until all are in sync; there is already what it asks for: it only
 * waits. Aborted while the kernel copies, that goes on: what is left says so, and calling it again waits on. Rejects with a
 * {@link WorkflowError}: `not-enough-space` says what is free on which disk, and what to add; throws a TypeError or
 * RangeError for wrong arguments.
 */
export function addMirror(
  tools: Tools,
  options: AddMirrorOptions & { readonly dryRun: true },
): Promise<Planned>;
export function addMirror(
  tools: Tools,
  options: AddMirrorOptions & { readonly dryRun?: false | undefined },
): Promise<Done<MirrorResult>>;
export async function addMirror(
  tools: Tools,
  options: AddMirrorOptions & { readonly dryRun?: boolean | undefined },
): Promise<Done<MirrorResult> | Planned> {
  return runWorkflow(tools, options, workflowOf(tools, options));
}

/** What {@link addMirror} would do. Rejects as it does. */
export async function planAddMirror(tools: Tools, options: AddMirrorOptions): Promise<Plan> {
  return planWorkflow(tools, options, workflowOf(tools, options));
}

function workflowOf(tools: Tools, options: AddMirrorOptions): Workflow<MirrorResult> {
  requireOnly(options, ['volume', ...mirrorKeys, ...workflowKeys]);
  const { vg, lv } = requireVolume('volume', options.volume);
  const choices = checkChoices(options);
  const volume = `${vg}/${lv}`;
  return {
    name: 'addMirror',
    subjects: [volume],
    prepare: (signal) => prepare(tools, volume, choices, signal),
  };
}

async function prepare(
  tools: Tools,
  volume: string,
  choices: CheckedChoices,
  signal: AbortSignal | undefined,
): Promise<Prepared<MirrorResult>> {
  const { state, group } = await lookAtGroup(tools, volume.split('/')[0] ?? '', signal);
  const row = requireVolumeIn(state, volume);
  requireMirrorable(state, row, choices);
  const { wait } = choices;
  const type = choices.type ?? (row.segtype === 'mirror' ? 'mirror' : 'raid1');
  const mirror = mirrorIn(state, volume);
  // Only who names the type has said where its log is to be.
  const movesLog = choices.type === 'mirror' && mirror !== null && mirror.logDevices.length === 0;
  const growth = await growthOf({ tools, state, group, row, choices, type, movesLog }, signal);
  const { bases, stages } = growth;
  const run: MirrorRun = {
    tools,
    workflow: 'addMirror',
    volume,
    type,
    state,
    bases,
    regionSize: choices.regionSize,
  };
  const noted = fillingIn(row.tags);
  const isNew = type === 'mirror' && mirror === null && stages.length > 0;
  const notes = isNew ? sourceTags(group, row).filter((tag) => !noted.includes(tag)) : [];
  const filling = notes.length === 0 ? [] : [fillingStep(run, notes)];
  const steps = [...filling, ...growthSteps(run, growth, { wait, tags: [...noted, ...notes] })];
  return {
    subject: volume,
    summary: summaryOf(volume, type, choices, growth),
    changes: [...changesOf(volume, row, type, growth), ...(isNew ? [fillingChange(volume)] : [])],
    warnings: [...growth.warnings, ...(stages.length === 0 ? [] : typeWarnings(type, choices))],
    steps,
    result: () => mirrorResult(tools, volume),
  };
}

function requireMirrorable(state: LvmState, row: LvRow, { type, log, copies }: CheckedChoices): void {
  const name = row.fullName;
  const refuse = (message: string, next: string): never => {
    throw new Refusal('wrong-type', message, next);
  };
  if (row.hidden || !row.role.includes('public'))
    refuse(`${name} is a part of ${row.parent ?? 'another volume'}`, 'Give that volume copies instead.');
  const is = row.role.includes('snapshot') ? 'snapshot' : row.segtype;
  if (is !== 'linear' && is !== 'raid1' && is !== 'mirror')
    refuse(`${name} is of type ${is}`, 'Copies can be added to a linear volume, a raid1 or a mirror.');
  if (type !== undefined && is !== 'linear' && is !== type)
    refuse(
      `${name} is a ${is}, not a ${type}`,
      `Leave out "type", or convert it first: "lvconvert --type ${type}".`,
    );
  if (log === 'core' && (mirrorIn(state, name)?.logDevices.length ?? 0) > 0)
    refuse(
      `the log of ${name} is on a disk, where it is safer`,
      'Leave out "log", or use lvm.lvconvert.mirrorLog.',
    );
  if (is === 'mirror' && copies > 8) refuse(`a mirror has at most 8 copies, not ${copies}`, 'Ask for fewer.');
  if (row.active !== true)
    refuse(
      `${name} is not active, so nothing can be copied`,
      `Activate it: "lvchange --activate y ${name}".`,
    );
  const broken = is === 'linear' ? brokenBelow(state, name) : null;
  if (broken !== null)
    throw new Refusal(
      'unsafe',
      `${name} is not whole: ${broken}`,
      'Bring the device back before it is copied.',
    );
}

function sourceTags({ pvSegs }: GroupState, { uuid }: LvRow): readonly string[] {
  return fillingTags(pvSegs.flatMap(({ lvUuid, pvUuid }) => (lvUuid === uuid ? [pvUuid] : [])));
}

function summaryOf(
  volume: string,
  type: string,
  { copies }: CheckedChoices,
  { stages, isBehind }: Growth,
): string {
  if (stages.length > 0) return `Make ${volume} a ${type} of ${copies} copies.`;
  return isBehind
    ? `${volume} has ${copies} copies or more, which get in sync.`
    : `${volume} has its copies already.`;
}

function changesOf(volume: string, row: LvRow, type: string, { stages }: Growth): readonly string[] {
  return stages.map((stage) => {
    const where = stage.devices.join(', ');
    if (stage.kind === 'log') return `The log of ${volume} is on ${where}.`;
    const was = row.segtype === type ? '' : `, a ${row.segtype} volume,`;
    return `${volume}${was} becomes a ${type} of ${stage.copies} copies; free extents of ${where} are written to.`;
  });
}
