import type { LvmState } from '../../lvm/state.ts';
import { plannedCommand } from '../lvm-step.ts';
import type { Bases } from '../mirror/placement-disks.ts';
import type { Step } from '../step.ts';
import { untilInSync } from '../sync.ts';
import type { Tools } from '../tools.ts';
import { namesIn } from '../words.ts';
import type { LostVolume } from './degraded.ts';
import { checkWhole, remainderOf } from './replace-check.ts';
import type { FailedDisk } from './replace-find.ts';
import type { Repairs } from './replace-plan.ts';
import {
  destroySteps,
  letGoSteps,
  type MakeStep,
  markStep,
  removeStep,
  unmarkStep,
} from './replace-remove-steps.ts';
import { repairStep } from './replace-repair-step.ts';
import type { Repair } from './replace-repairs.ts';
import { type Refresh, refreshStep } from './replace-stale.ts';
import { type Telling, tellStep } from './replace-tell.ts';

/** All that is decided before anything is done. */
export interface Replacement {
  readonly vg: string;
  readonly state: LvmState;
  readonly disks: readonly FailedDisk[];
  /** Paths of disks that come into the group. */
  readonly add: readonly string[];
  readonly wipeSignatures: boolean;
  /** Which disks the group's PVs and those that come into it stand on. */
  readonly bases: Bases;
  /** Those of the disks whose label is wiped, `failing` as they were found; in `disks` they are `missing`. */
  readonly letGo: readonly FailedDisk[];
  /** Paths of disks that are there again. */
  readonly returned: readonly string[];
  /** What is loaded anew, for RAID volumes with a leg that is back. */
  readonly stale: readonly Refresh[];
  /** What the kernel is told before the repairs. */
  readonly tell: readonly Telling[];
  readonly repairs: Repairs;
  /** What is destroyed: the volumes that are named to lvm, and what goes with them. */
  readonly destroy: readonly string[];
  readonly destroyWith: readonly string[];
  /** Spares for the metadata of pools that are removed. */
  readonly poolSpares: readonly string[];
  /** Volumes that have lost data and stay. */
  readonly kept: readonly LostVolume[];
  /** Volumes, `vg/lv`, that stay without a copy. */
  readonly blocked: readonly string[];
  /** Whether the disks are taken out of the group. */
  readonly remove: boolean;
  /** Mirrors and RAID volumes, active ones, that are waited for. */
  readonly await: readonly string[];
}

/** The steps, in an order in which lvm does each, and blocked writers wait for as little as possible. */
export function replaceSteps(tools: Tools, plan: Replacement): readonly Step[] {
  const { vg, state, repairs, add, returned, stale, wipeSignatures } = plan;
  const { lvm } = tools;
  const step: MakeStep = (name, title, commands) => ({
    name,
    title,
    commands: commands.map(({ words }) => words),
    async perform({ signal }) {
      for (const command of commands) await command.run(signal);
    },
  });
  const consent = wipeSignatures ? { wipeSignatures } : {};
  const repair = (one: Repair): Step => repairStep(tools, state, one);
  // Not before the dm-mirrors, whose writers wait: directly before the first repair of what it is for.
  const tellBefore = (index: number): readonly Step[] =>
    plan.tell.flatMap((telling) => {
      const first = repairs.before.findIndex(({ volume }) =>
        telling.raids.some(({ name }) => name === volume),
      );
      return first === index ? [tellStep(tools, state, telling)] : [];
    });
  const steps: (Step | null)[] = [
    markStep(tools, plan, step),
    repairs.notes.length === 0
      ? null
      : step(
          'note',
          `Note on ${namesIn(repairs.notes.map(({ volume }) => volume))} what mirror it is, and where its copy is`,
          repairs.notes.map(({ volume, tags }) =>
            plannedCommand(state, lvm.lvchange.change, volume, { addTags: tags }),
          ),
        ),
    add.length === 0
      ? null
      : step('extend', `Take ${namesIn(add)} into ${vg}`, [
          plannedCommand(state, lvm.vgextend, vg, { devices: add, ...consent }),
        ]),
    returned.length === 0
      ? null
      : step('restore', `Take ${namesIn(returned)} back into ${vg}, as it can be read again`, [
          plannedCommand(state, lvm.vgextend, vg, { devices: returned, restoreMissing: true }),
        ]),
    ...letGoSteps(tools, plan),
    ...repairs.before.flatMap((one, index) => [...tellBefore(index), repair(one)]),
    ...stale.map((leg) => refreshStep(tools, state, leg)),
    ...destroySteps(tools, plan, step),
    plan.remove ? removeStep(tools, plan, step) : null,
    unmarkStep(tools, plan, step),
    ...repairs.after.map(repair),
    plan.await.length === 0 ? null : syncStep(tools, plan.await),
    repairs.forget.length === 0
      ? null
      : step(
          'forget',
          `Remove the note from ${namesIn(repairs.forget.map(({ volume }) => volume))}`,
          repairs.forget.map(({ volume, tags }) =>
            plannedCommand(state, lvm.lvchange.change, volume, { deleteTags: tags }),
          ),
        ),
  ];
  const [first, ...others] = steps.filter((one) => one !== null);
  if (first === undefined) return [];
  const check: Step = {
    name: 'check',
    title: `Check that ${vg} misses nothing and no copy is lost`,
    perform: ({ signal }) => checkWhole(tools, plan, signal),
  };
  return [{ ...first, left: () => remainderOf(tools, vg) }, ...others, check];
}

function syncStep(tools: Tools, volumes: readonly string[]): Step {
  return {
    name: 'sync',
    title: `Wait until ${namesIn(volumes)} ${volumes.length === 1 ? 'is' : 'are'} in sync`,
    async perform({ signal, progress }) {
      for (const [index, volume] of volumes.entries())
        await untilInSync(tools, volume, {
          signal,
          // What a copy is filled from is as good as it was.
          nosync: true,
          // One bar for all of them, of which each is as long as the others.
          progress: (of) =>
            progress({
              ...of,
              ratio: of.ratio === null ? null : (index + of.ratio) / volumes.length,
              detail: `${volume}${of.detail ? ` (${of.detail})` : ''}`,
            }),
        });
    },
  };
}
