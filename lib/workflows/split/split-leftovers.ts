import { trackedImage } from '../../lvm/commands/lvconvert-images.ts';
import type { LvchangeSyncActionOptions } from '../../lvm/commands/types.ts';
import { volumeOf } from '../../lvm/state.ts';
import { Refusal, type Remainder } from '../errors.ts';
import { lookAtGroup, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import { removeDirectory, unmountAll } from '../system/mounting.ts';
import { type Mount, mountsOf } from '../system/mounts.ts';
import type { Tools } from '../tools.ts';
import { finishSplit } from './split-finish.ts';
import { isSplitOff, type SplitLook } from './split-look.ts';
import { compareSuspect, unmark } from './tracked-compare.ts';
import { numberOf, pathOf } from './tracked-image.ts';
import { mergeBack, untilResynced } from './tracked-merge.ts';
import { mountPointOf } from './tracked-mount.ts';

/**
 * The steps that finish what earlier calls have left half done with a volume, as they were killed. `except` is the split
 * that the present call finishes itself, `directory` where it mounts. Rejects with a {@link Refusal} `in-use` if the image
 * that they had split off is used by somebody else.
 */
export async function leftoverSteps(
  tools: Tools,
  look: SplitLook,
  {
    except,
    directory,
  }: { readonly except?: string | undefined; readonly directory?: string | undefined } = {},
): Promise<readonly Step[]> {
  const { row, marks, tracked, leftover, state } = look;
  const volume = row.fullName;
  const steps: Step[] = [];
  if (tracked !== undefined) {
    const mounts = await mountsOf(numberOf(tracked));
    const others = mounts.filter(({ target }) => target !== mountPointOf(volume) && target !== directory);
    if (others.length > 0)
      throw new Refusal(
        'in-use',
        `an earlier call was killed and left ${tracked.fullName} split off, which is mounted on ${others.map(({ target }) => target).join(', ')}`,
        'Unmount it and call again: it is merged back first then.',
      );
    if (mounts.length > 0)
      steps.push({
        name: 'unmount-leftover',
        title: `Unmount ${tracked.fullName}, which an earlier call has left`,
        async perform() {
          await unmountAll(pathOf(tracked));
        },
        left: () => unmountedLeft(tools, volume, mounts),
      });
    steps.push({
      name: 'merge-leftover',
      title: `Merge ${tracked.fullName} back, which an earlier call has left split off`,
      commands: [plannedCommand(state, tools.lvm.lvconvert.mergeMirrors, tracked.fullName, {}).words],
      async perform(context) {
        await mergeBack(tools, volume, null, context);
      },
      left: () => ({
        state: `${tracked.fullName} is still split off ${volume}`,
        next: 'Call again: that goes on with it.',
      }),
    });
  }
  if (leftover !== null) steps.push(...settleSteps(tools, look));
  for (const pending of marks.pending) {
    if (pending.name === except) continue;
    const copy = `${row.vgName}/${pending.name}`;
    const isThere = isSplitOff(volumeOf(state, copy), row);
    steps.push({
      name: `finish-${pending.name}`,
      title: isThere
        ? `Finish the split of ${copy}, which an earlier call has begun`
        : `Forget the split of ${copy}, which an earlier call has not come to`,
      async perform({ signal }) {
        await finishSplit(tools, volume, { ...pending, tags: [] }, signal);
      },
      left: () =>
        isThere
          ? {
              state: `${copy} is split off ${volume}, but not finished`,
              next: 'Call again: that finishes it.',
            }
          : null,
    });
  }
  return steps.map(untilDone);
}

// What is left of these steps is left only if they did not come to their end.
function untilDone(step: Step): Step {
  let isDone = false;
  return {
    ...step,
    async perform(context) {
      await step.perform(context);
      isDone = true;
    },
    left: () => (isDone ? null : (step.left?.() ?? null)),
  };
}

async function unmountedLeft(
  tools: Tools,
  volume: string,
  before: readonly Mount[],
): Promise<Remainder | null> {
  const { state } = await lookAtGroup(tools, volume.split('/')[0] ?? '');
  const image = trackedImage(state, volume);
  if (image === undefined) return null;
  const now = (await mountsOf(numberOf(image))).map(({ target }) => target);
  const gone = before.map(({ target }) => target).filter((target) => !now.includes(target));
  if (gone.length === 0) return null;
  return {
    state: `${image.fullName}, which an earlier call has left split off, is no longer mounted on ${gone.join(', ')}`,
    next: 'Call again: that merges it back.',
  };
}

const checking: LvchangeSyncActionOptions = { action: 'check' };

function settleSteps(tools: Tools, { row, state, marks }: SplitLook): readonly Step[] {
  const volume = row.fullName;
  const { lvchange } = tools.lvm;
  const check: Step = {
    name: 'compare-leftover',
    title: `Compare the images of ${volume}, as nobody knows what was written to the one that was split off`,
    commands: [plannedCommand(state, lvchange.syncAction, volume, checking).words],
    async perform(context) {
      await untilResynced(tools, volume, context);
      // It may have been written to, and merged back by hand, since.
      const found = await compareSuspect(tools, volume, context, marks.tracked?.index);
      if (found !== null && found.mismatches > 0)
        context.warn(
          `${found.mismatches} sectors of ${volume} differed between its images since an earlier call; the one that was split off was written anew.`,
        );
    },
    left: () => ({
      state: `an image of ${volume} may differ from the others; it is read only if no other can be`,
      next: 'Call again: that compares them first.',
    }),
  };
  const ours = [marks.tracked, marks.suspect].flatMap((mark) => (mark === null ? [] : [mark.tag]));
  const settle: Step = {
    name: 'settle',
    title: `Wait until ${volume} is in sync, and take our tags off it`,
    commands: [plannedCommand(state, lvchange.change, volume, { deleteTags: ours }).words],
    async perform(context) {
      await untilResynced(tools, volume, context);
      // Of a call that was killed between its umount and its rmdir.
      await removeDirectory(mountPointOf(volume));
      await unmark(tools, volume);
    },
    left: () => ({
      state: `what an earlier call has left of a split of ${volume} is not tidied up: our tags may still be on it`,
      next: 'Call again: that goes on with it.',
    }),
  };
  return [check, settle];
}
