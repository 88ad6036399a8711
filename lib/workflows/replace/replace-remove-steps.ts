import { groupOf } from '../../lvm/state.ts';
import { type PlannedCommand, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { Tools } from '../tools.ts';
import { namesIn } from '../words.ts';
import { letGoStep } from './replace-let-go.ts';
import { lookAgain, requireLost } from './replace-look-again.ts';
import { diskName } from './replace-names.ts';
import { failingPvs, failingTag } from './replace-note.ts';
import type { Replacement } from './replace-steps.ts';

/** Makes a step that runs commands, of its name, title and commands. */
export type MakeStep = (name: string, title: string, commands: readonly PlannedCommand<object>[]) => Step;

/** The step that notes in the group which disks are replaced although they are there; null if none is, or all are noted. */
export function markStep(
  tools: Tools,
  { vg, state, disks, remove }: Replacement,
  step: MakeStep,
): Step | null {
  const noted = failingPvs(groupOf(state, vg)?.vg.tags ?? []);
  const failing = disks.filter(({ kind, uuid }) => kind === 'failing' && !noted.includes(uuid));
  if (!remove || failing.length === 0) return null;
  const addTags = failing.map(({ uuid }) => failingTag(uuid));
  return step('mark', `Note in ${vg} that ${namesIn(failing.map(diskName))} is to leave it`, [
    plannedCommand(state, tools.lvm.vgchange.change, vg, { addTags }),
  ]);
}

/** The step that takes such notes off a group: of disks that are leaving, and of those that have left it. Null if there are none. */
export function unmarkStep(
  tools: Tools,
  { vg, state, disks, remove }: Replacement,
  step: MakeStep,
): Step | null {
  const group = groupOf(state, vg);
  const noted = failingPvs(group?.vg.tags ?? []);
  const gone = noted.filter((one) => !group?.pvs.some(({ uuid }) => uuid === one));
  // One that an earlier call has noted can be missing by now.
  const isNoted = ({ kind, uuid }: Replacement['disks'][number]): boolean =>
    kind === 'failing' || noted.includes(uuid);
  const leaving = remove ? disks.filter(isNoted).map(({ uuid }) => uuid) : [];
  const deleteTags = [...new Set([...gone, ...leaving])].map(failingTag);
  if (deleteTags.length === 0) return null;
  return step('unmark', `Remove that note from ${vg}`, [
    plannedCommand(state, tools.lvm.vgchange.change, vg, { deleteTags }),
  ]);
}

/** The steps that make lvm count failing disks as missing. */
export function letGoSteps(
  tools: Tools,
  { vg, disks, letGo, destroy, destroyWith }: Replacement,
): readonly Step[] {
  const found = disks.map((disk) => letGo.find(({ uuid }) => uuid === disk.uuid) ?? disk);
  const doomed = new Set([...destroy, ...destroyWith]);
  return letGo.flatMap((disk) =>
    disk.path === null ? [] : [letGoStep(tools, vg, found, { ...disk, path: disk.path }, doomed)],
  );
}

/** The steps that remove what is lost, each after a look whether it still is. */
export function destroySteps(tools: Tools, plan: Replacement, step: MakeStep): readonly Step[] {
  const { lvm } = tools;
  const { vg, state, disks, destroy, destroyWith, poolSpares } = plan;
  const all = [...destroy, ...destroyWith];
  const leave = destroyWith.length === 0 ? {} : { allowDestroy: destroyWith };
  return [
    ...(destroy.length === 0
      ? []
      : [
          after(
            async (signal) => requireLost((await lookAgain(tools, vg, disks, signal)).damage, state, all),
            step('destroy', `Remove ${namesIn(all)}, whose data is lost`, [
              plannedCommand(state, lvm.lvremove, destroy, leave),
            ]),
          ),
        ]),
    ...(poolSpares.length === 0
      ? []
      : [
          step('remove-pool-spare', `Remove ${namesIn(poolSpares)}, the spare for metadata of pools`, [
            plannedCommand(state, lvm.lvremove, poolSpares, { allowNoSpare: true }),
          ]),
        ]),
  ];
}

/** The step that takes the disks out of the group, after a look whether they still are as they were. */
export function removeStep(tools: Tools, { vg, state, disks }: Replacement, step: MakeStep): Step {
  const { lvm } = tools;
  const failing = disks.flatMap(({ kind, path }) => (kind === 'failing' && path !== null ? [path] : []));
  const isMissing = disks.some(({ kind }) => kind === 'missing');
  return after(
    (signal) => lookAgain(tools, vg, disks, signal),
    step('remove', `Take ${namesIn(disks.map(diskName))} out of ${vg}`, [
      ...(isMissing ? [plannedCommand(state, lvm.vgreduce.removeMissing, vg, {})] : []),
      ...(failing.length === 0
        ? []
        : [plannedCommand(state, lvm.vgreduce.devices, vg, { devices: failing })]),
    ]),
  );
}

// The step with a look before it, which throws if it must not be done any more.
function after(look: (signal: AbortSignal) => Promise<unknown>, step: Step): Step {
  return {
    ...step,
    async perform(context) {
      await look(context.signal);
      await step.perform(context);
    },
  };
}
