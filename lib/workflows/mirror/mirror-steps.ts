import { lvColumns } from '../../lvm/columns/lv.ts';
import { readRow } from '../../lvm/columns/row.ts';
import { LvmError } from '../../lvm/errors.ts';
import { groupOf, type LvmState, volumeOf } from '../../lvm/state.ts';
import { Refusal, type Remainder } from '../errors.ts';
import { lookAtGroup, type PlannedCommand, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import { lookAtSync } from '../sync.ts';
import type { Tools } from '../tools.ts';
import { fillingText } from './filling.ts';
import { legsTogether, mirrorIn } from './mirror-legs.ts';
import type { Stage } from './mirror-stages.ts';
import type { Bases } from './placement-disks.ts';

/** What the steps of one call have in common. */
export interface MirrorRun {
  readonly tools: Tools;
  /** `createMirror` or `addMirror`, which goes on when it is called again. */
  readonly workflow: 'createMirror' | 'addMirror';
  /** `vg/lv`. */
  readonly volume: string;
  readonly type: 'raid1' | 'mirror';
  /** What was seen when it was planned. */
  readonly state: LvmState;
  readonly bases: Bases;
  readonly regionSize: bigint | undefined;
}

/** The step that makes an image, or several, for a volume that is there. */
export function addStep(run: MirrorRun, stage: Stage & { readonly kind: 'add' }): Step {
  const { volume, type } = run;
  const command = addCommand(run, stage);
  return {
    name: `add-copies-${stage.copies}`,
    title: `Make ${volume} a ${type} of ${stage.copies} copies, with new ones on ${stage.devices.join(', ')}`,
    commands: [command.words],
    async perform({ signal }) {
      await runPlaced(command, run, signal);
      await requireApart(run);
    },
    left: () => copiesLeft(run),
  };
}

/** The step that moves the log of a mirror from memory to a disk. */
export function logStep(
  { tools, volume, state }: MirrorRun,
  { devices }: Stage & { readonly kind: 'log' },
): Step {
  const { lvm } = tools;
  const options = { mirrorLog: 'disk', devices } as const;
  const command = plannedCommand(withVolume(state, volume), lvm.lvconvert.mirrorLog, volume, options);
  return commandStep('log', `Put the log of ${volume} on ${devices.join(', ')}`, command, {
    state: `The log of ${volume} may be in memory still, so that the next activation copies everything anew`,
    next: `Run "lvm ${command.words.join(' ')}"`,
  });
}

/** Runs a command that a place was found for. Rejects with a {@link Refusal} `busy` if that has gone meanwhile. */
export async function runPlaced<R>(
  command: PlannedCommand<R>,
  { volume, workflow }: MirrorRun,
  signal: AbortSignal,
): Promise<R> {
  try {
    return await command.run(signal);
  } catch (error) {
    if (!(error instanceof LvmError) || error.reason !== 'not-enough-space') throw error;
    throw new Refusal(
      'busy',
      `somebody has taken extents of ${volume.split('/')[0]} that were free when this was planned: ${error.message}`,
      `Call ${workflow} again, which looks for others`,
      error,
    );
  }
}

/** A volume's state with a linear volume of this name in it, for commands that are planned before it is there. */
export function withVolume(state: LvmState, volume: string): LvmState {
  const [vg = '', lv = ''] = volume.split('/');
  if (groupOf(state, vg) === undefined || volumeOf(state, volume) !== undefined) return state;
  const cells = { lv_name: lv, lv_full_name: volume, vg_name: vg, segtype: 'linear' };
  const { row } = readRow(lvColumns, cells);
  return {
    ...state,
    groups: state.groups.map((group) =>
      group.vg.name === vg ? { ...group, lvs: [...group.lvs, row] } : group,
    ),
  };
}

/** Rejects with a {@link Refusal} if two copies are on one disk. */
export async function requireApart({ tools, volume, bases }: MirrorRun): Promise<void> {
  const { state } = await lookAtGroup(tools, volume.split('/')[0] ?? '');
  const wrong = legsTogether(mirrorIn(state, volume)?.legs ?? [], bases);
  if (wrong === null) return;
  throw new Refusal(
    'failed',
    `lvm has put two copies of ${volume} on one disk: ${wrong}`,
    `Move one off it: "pvmove --name ${volume.split('/')[1] ?? ''}".`,
  );
}

function addCommand(
  run: MirrorRun,
  { copies, devices, log }: Stage & { readonly kind: 'add' },
): PlannedCommand<object> {
  const { tools, volume, type, regionSize } = run;
  const state = withVolume(run.state, volume);
  const { lvconvert } = tools.lvm;
  const mirrors = copies - 1;
  // With its type given, lvm takes the same words for a linear volume and for a raid1 of fewer images.
  if (type === 'raid1')
    return plannedCommand(state, lvconvert.raid1, volume, { mirrors, regionSize, devices });
  if (log === null) return plannedCommand(state, lvconvert.mirrors, volume, { mirrors, devices });
  const options = { mirrors, mirrorLog: log, regionSize, devices };
  return plannedCommand(state, lvconvert.mirror, volume, options);
}

async function copiesLeft({ tools, workflow, volume, state }: MirrorRun): Promise<Remainder | null> {
  const before = mirrorIn(state, volume)?.legs.length ?? 1;
  const { state: now, row, found } = await lookAtSync(tools, volume);
  const mirror = mirrorIn(now, volume);
  if (mirror === null || mirror.legs.length === before) return null;
  const sync = found?.kind === 'syncing' ? ', and the kernel copies to the new ones' : '';
  return {
    state: `${volume} is a ${mirror.type} of ${mirror.legs.length} copies now${sync}${fillingText(row.tags)}`,
    next: `Call ${workflow} again, which goes on from here`,
  };
}

/** A step that runs one command, and of which something is left only if that did not succeed. */
export function commandStep(
  name: string,
  title: string,
  command: PlannedCommand<object>,
  remainder: Remainder,
): Step {
  let isDone = false;
  return {
    name,
    title,
    commands: [command.words],
    async perform({ signal }) {
      await command.run(signal);
      isDone = true;
    },
    left: () => (isDone ? null : remainder),
  };
}
