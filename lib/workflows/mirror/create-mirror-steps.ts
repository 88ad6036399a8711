import { LvmError } from '../../lvm/errors.ts';
import { volumeOf } from '../../lvm/state.ts';
import type { VolumeResult } from '../../lvm/verify.ts';
import { lookAtGroup, type PlannedCommand, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { NewMirror } from './create-mirror.ts';
import { fillingTags } from './filling.ts';
import type { Stage } from './mirror-stages.ts';
import { commandStep, type MirrorRun, requireApart, runPlaced, withVolume } from './mirror-steps.ts';

/** The tag of a volume that createMirror has made and not finished. */
export const createTag = 'devmapper.createMirror';

/** What a step that makes the volume has to know. */
export interface Creation {
  readonly stage: Stage & { readonly kind: 'create' };
  readonly extents: number;
  /** Whether more stages follow: it has the tag until they are done. */
  readonly isPartial: boolean;
  /** Whether the wait for its sync has begun, so that it may be in use. */
  readonly isKept: () => boolean;
}

/**
 * The step that makes the volume. It is removed again if a step fails, unless the wait for its sync has begun: from then
 * on it may hold data.
 */
export function createStep(run: MirrorRun, wanted: NewMirror, creation: Creation): Step {
  const { tools, volume, type } = run;
  const { stage, isKept } = creation;
  const command = createCommand(run, wanted, creation);
  const what = stage.copies === 1 ? 'the first copy of' : `a ${type} of ${stage.copies} copies,`;
  let made: Made = { by: 'nobody' };
  return {
    name: 'create',
    title: `Make ${what} ${volume} on ${stage.devices.join(', ')}`,
    commands: [command.words],
    async perform({ signal }) {
      try {
        const result = await runPlaced(command, run, signal);
        made = result.volume === null ? { by: 'perhaps us' } : { by: 'us', uuid: result.volume.uuid };
      } catch (error) {
        if (mayHaveMade(error)) made = { by: 'perhaps us' };
        throw error;
      }
      await requireApart(run);
    },
    undo: {
      title: `Remove ${volume}`,
      async perform() {
        if (made.by === 'nobody' || isKept()) return null;
        const { state } = await lookAtGroup(tools, volume.split('/')[0] ?? '');
        const there = volumeOf(state, volume);
        if (there === undefined) return null;
        if (made.by === 'us' && made.uuid !== there.uuid) return null;
        if (made.by === 'perhaps us' && !there.tags.includes(createTag))
          throw new Error(
            `it is not certain that this call has made the volume ${volume} that is there; if it is as asked for, createMirror called again takes it, and if it holds nothing, "lvremove ${volume}"`,
          );
        await tools.lvm.lvremove(volume);
        return `${volume} was removed again`;
      },
    },
  };
}

// Who has made the volume of the name that was free when it was planned.
type Made =
  | { readonly by: 'nobody' | 'perhaps us' }
  | {
      readonly by: 'us';
      /** LVM's, by which it is known from another of its name. */
      readonly uuid: string;
    };

// That the reports differ shows no more than that something has changed, perhaps by somebody else.
function mayHaveMade(error: unknown): boolean {
  return error instanceof LvmError && error.changed !== 'no' && error.reason !== 'exists';
}

/** The step that takes the tag off: from now on nothing of it is taken back. */
export function settleStep({ tools, volume, state }: MirrorRun): Step {
  const options = { deleteTags: [createTag] } as const;
  const command = plannedCommand(withVolume(state, volume), tools.lvm.lvchange.change, volume, options);
  return commandStep('settle', `Take the tag ${createTag} off ${volume}`, command, {
    state: `${volume} may have the tag ${createTag} still`,
    next: `Call createMirror again, or run "lvm ${command.words.join(' ')}"`,
  });
}

function createCommand(
  { tools, volume, type, state, regionSize }: MirrorRun,
  { tags, wipeSignatures }: NewMirror,
  { stage: { copies, devices, log }, extents, isPartial }: Creation,
): PlannedCommand<VolumeResult> {
  const { lvcreate } = tools.lvm;
  // lvm copies the tags of a new raid1 to its metadata volumes, where nothing takes them off again.
  const given = [...tags, ...(isPartial ? [createTag] : []), ...(type === 'mirror' ? fillingTags() : [])];
  const common = { size: { extents }, devices, tags: given.length === 0 ? undefined : given, wipeSignatures };
  if (copies === 1) return plannedCommand(state, lvcreate.linear, volume, common);
  const mirrors = copies - 1;
  if (type === 'raid1')
    return plannedCommand(state, lvcreate.raid1, volume, { ...common, mirrors, regionSize });
  const mirrorLog = log ?? 'core';
  return plannedCommand(state, lvcreate.mirror, volume, { ...common, mirrors, mirrorLog, regionSize });
}
