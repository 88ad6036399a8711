import type { LvmState } from '../lvm/state.ts';
import type { LostVolume } from './degraded.ts';
import { type PlannedCommand, plannedCommand } from './lvm-step.ts';
import { checkWhole, remainderOf } from './replace-check.ts';
import type { FailedDisk } from './replace-find.ts';
import { letGoStep } from './replace-let-go.ts';
import type { Repair, Repairs } from './replace-plan.ts';
import { repairStep } from './replace-repair-step.ts';
import type { Step } from './step.ts';
import { untilInSync } from './sync.ts';
import type { Tools } from './tools.ts';

/** All that is decided before anything is done. */
export interface Replacement {
  readonly vg: string;
  readonly state: LvmState;
  readonly disks: readonly FailedDisk[];
  /** Paths of disks that come into the group. */
  readonly add: readonly string[];
  readonly wipeSignatures: boolean;
  /** Those of the disks whose label is wiped. */
  readonly letGo: readonly FailedDisk[];
  /** Paths of disks that are there again. */
  readonly returned: readonly string[];
  /** RAID volumes whose table is loaded anew. */
  readonly stale: readonly string[];
  readonly repairs: Repairs;
  /** What is destroyed: the volumes that are named to lvm, and what goes with them. */
  readonly destroy: readonly string[];
  readonly destroyWith: readonly string[];
  /** Spares for the metadata of pools that are removed. */
  readonly poolSpares: readonly string[];
  /** Volumes that have lost data and stay. */
  readonly kept: readonly LostVolume[];
  /** Whether the disks are taken out of the group. */
  readonly remove: boolean;
  /** Mirrors and RAID volumes, active ones, that are waited for. */
  readonly await: readonly string[];
}

/** The steps, in an order in which lvm does each, and blocked writers wait for as little as possible. */
export function replaceSteps(tools: Tools, plan: Replacement): readonly Step[] {
  const { vg, state, repairs, add, returned, stale, wipeSignatures } = plan;
  const { lvm } = tools;
  const step = (name: string, title: string, commands: readonly PlannedCommand<object>[]): Step => ({
    name,
    title,
    commands: commands.map(({ words }) => words),
    async perform({ signal }) {
      for (const command of commands) await command.run(signal);
    },
  });
  const consent = wipeSignatures ? { wipeSignatures } : {};
  const repair = (one: Repair): Step => repairStep(tools, state, one);
  const steps: (Step | null)[] = [
    repairs.notes.length === 0
      ? null
      : step(
          'note',
          `note on ${namesIn(repairs.notes.map(({ volume }) => volume))} what mirror it is`,
          repairs.notes.map(({ volume, tag }) =>
            plannedCommand(state, lvm.lvchange.change, volume, { addTags: [tag] }),
          ),
        ),
    add.length === 0
      ? null
      : step('extend', `take ${namesIn(add)} into ${vg}`, [
          plannedCommand(state, lvm.vgextend, vg, { devices: add, ...consent }),
        ]),
    returned.length === 0
      ? null
      : step('restore', `take ${namesIn(returned)} back into ${vg}, as it can be read again`, [
          plannedCommand(state, lvm.vgextend, vg, { devices: returned, restoreMissing: true }),
        ]),
    plan.letGo.length === 0 ? null : letGoStep(plan.letGo),
    ...repairs.before.map(repair),
    ...stale.map((volume) =>
      step(`refresh:${short(volume)}`, `have ${volume} use its leg again that is back`, [
        plannedCommand(state, lvm.lvchange.refresh, volume, {}),
      ]),
    ),
    ...destroySteps(tools, plan, step),
    plan.remove ? removeStep(tools, plan, step) : null,
    ...repairs.after.map(repair),
    plan.await.length === 0 ? null : syncStep(tools, plan.await),
    repairs.forget.length === 0
      ? null
      : step(
          'forget',
          `remove the note from ${namesIn(repairs.forget.map(({ volume }) => volume))}`,
          repairs.forget.map(({ volume, tags }) =>
            plannedCommand(state, lvm.lvchange.change, volume, { deleteTags: tags }),
          ),
        ),
  ];
  const [first, ...others] = steps.filter((one) => one !== null);
  if (first === undefined) return [];
  const check: Step = {
    name: 'check',
    title: `check that ${vg} misses nothing and no copy is lost`,
    perform: ({ signal }) => checkWhole(tools, vg, plan.kept.length > 0, signal),
  };
  return [{ ...first, left: () => remainderOf(tools, vg) }, ...others, check];
}

type MakeStep = (name: string, title: string, commands: readonly PlannedCommand<object>[]) => Step;

function destroySteps({ lvm }: Tools, plan: Replacement, step: MakeStep): readonly Step[] {
  const { state, destroy, destroyWith, poolSpares } = plan;
  const all = [...destroy, ...destroyWith];
  const leave = destroyWith.length === 0 ? {} : { allowDestroy: destroyWith };
  return [
    ...(destroy.length === 0
      ? []
      : [
          step('destroy', `remove ${namesIn(all)}, whose data is lost`, [
            plannedCommand(state, lvm.lvremove, destroy, leave),
          ]),
        ]),
    ...(poolSpares.length === 0
      ? []
      : [
          step('remove-pool-spare', `remove ${namesIn(poolSpares)}, the spare for metadata of pools`, [
            plannedCommand(state, lvm.lvremove, poolSpares, { allowNoSpare: true }),
          ]),
        ]),
  ];
}

function removeStep({ lvm }: Tools, { vg, state, disks }: Replacement, step: MakeStep): Step {
  const failing = disks.flatMap(({ kind, path }) => (kind === 'failing' && path !== null ? [path] : []));
  const isMissing = disks.some(({ kind }) => kind === 'missing');
  return step('remove', `take ${namesIn(disks.map(diskName))} out of ${vg}`, [
    ...(isMissing ? [plannedCommand(state, lvm.vgreduce.removeMissing, vg, {})] : []),
    ...(failing.length === 0 ? [] : [plannedCommand(state, lvm.vgreduce.devices, vg, { devices: failing })]),
  ]);
}

function syncStep(tools: Tools, volumes: readonly string[]): Step {
  return {
    name: 'sync',
    title: `wait until ${namesIn(volumes)} ${volumes.length === 1 ? 'is' : 'are'} in sync`,
    async perform({ signal, progress }) {
      for (const [index, volume] of volumes.entries())
        await untilInSync(tools, volume, {
          signal,
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

/** How a disk is called in a sentence. */
export function diskName({ path, uuid }: Pick<FailedDisk, 'path' | 'uuid'>): string {
  return path ?? `the disk with the PV ${uuid}`;
}

/** Names as they stand in a sentence. */
export function namesIn(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** The name of a volume without its group. */
export function short(volume: string): string {
  return volume.slice(volume.indexOf('/') + 1);
}
