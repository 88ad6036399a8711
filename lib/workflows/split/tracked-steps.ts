import type { LvRow } from '../../lvm/columns/lv.ts';
import { trackedImage } from '../../lvm/commands/lvconvert-images.ts';
import type { LvchangeSyncActionOptions } from '../../lvm/commands/types.ts';
import type { Remainder } from '../errors.ts';
import { lookAtGroup, plannedCommand, requireVolumeIn } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { Tools } from '../tools.ts';
import type { SplitLook } from './split-look.ts';
import { marksOf, trackedTag } from './split-marks.ts';
import type { QuietPlan } from './split-quiet.ts';
import type { SplitCallback, SplitLeg, TrackedSplitOptions } from './split-types.ts';
import { type Compared, compareSuspect, unmark } from './tracked-compare.ts';
import { imageIndex } from './tracked-image.ts';
import { mergeImage, untilResynced, type Written } from './tracked-merge.ts';
import { mountSteps } from './tracked-mount.ts';
import { splitStep } from './tracked-split-step.ts';
import { useStep } from './tracked-use.ts';

/** A split for a while that is under way. */
export interface Tracked<T> {
  readonly tools: Tools;
  readonly look: SplitLook;
  /** The image that will be split off, as it was before. */
  readonly image: LvRow;
  readonly quiet: QuietPlan;
  readonly options: TrackedSplitOptions;
  readonly callback: SplitCallback<T>;
  /** What its steps have found out. */
  readonly found: Found<T>;
}

/** What the steps of a split for a while find out, one for the next. */
export interface Found<T> {
  leg?: SplitLeg;
  /** Sectors that had been written to the image when it was split off. */
  baseline?: number;
  value?: { readonly returned: T };
  written?: Written;
  compared?: Compared;
}

/** The steps of a split for a while, in their order. What one begins, its `undo` ends if a later one fails. */
export function trackedSteps<T>(tracked: Tracked<T>): readonly Step[] {
  const { mount, unmount } = mountSteps(tracked);
  return [
    markStep(tracked),
    splitStep(tracked),
    ...mount,
    useStep(tracked),
    ...unmount,
    mergeStep(tracked),
    compareStep(tracked),
    unmarkStep(tracked),
  ];
}

function markStep<T>({ tools, look, image }: Tracked<T>): Step {
  const volume = look.row.fullName;
  const options = { addTags: [trackedTag(imageIndex(image))] };
  const marking = plannedCommand(look.state, tools.lvm.lvchange.change, volume, options);
  return {
    name: 'mark',
    title: `Note in a tag of ${volume} that an image is split off it for a while`,
    commands: [marking.words],
    async perform({ signal }) {
      await marking.run(signal);
    },
    undo: {
      title: `Take that note off ${volume}`,
      async perform() {
        const { state } = await lookAtGroup(tools, look.row.vgName);
        const { suspect } = marksOf(requireVolumeIn(state, volume).tags);
        // As long as something is to be done the note is what the next call goes on by.
        if (trackedImage(state, volume) === undefined && suspect === null) await unmark(tools, volume);
        return null;
      },
    },
  };
}

function mergeStep<T>({ tools, look, image, found }: Tracked<T>): Step {
  const volume = look.row.fullName;
  return {
    name: 'merge',
    title: `Merge ${image.fullName} back into ${volume}, and wait until it is in sync`,
    commands: [plannedCommand(look.state, tools.lvm.lvconvert.mergeMirrors, image.fullName, {}).words],
    async perform(context) {
      const written = await mergeImage(tools, volume, found.baseline ?? null, context);
      if (written !== null) found.written = written;
      if (written !== null && written.doubt !== null)
        context.warn(`${image.fullName} may differ from the other images of ${volume}: ${written.doubt}.`);
      await untilResynced(tools, volume, context);
    },
    left: () => suspectLeft(tools, volume),
  };
}

const checking: LvchangeSyncActionOptions = { action: 'check' };

function compareStep<T>({ tools, look, image, found }: Tracked<T>): Step {
  const volume = look.row.fullName;
  return {
    name: 'compare',
    title: `Compare the images of ${volume}, and write ${image.fullName} anew if it differs`,
    commands: [plannedCommand(look.state, tools.lvm.lvchange.syncAction, volume, checking).words],
    when: 'something was written to the image, or it did not stay read-only',
    async perform(context) {
      const compared = await compareSuspect(tools, volume, context);
      if (compared === null) return;
      found.compared = compared;
      if (compared.mismatches > 0)
        context.warn(
          `${compared.mismatches} sectors of ${image.fullName} differed from the other images; it was written anew from them.`,
        );
    },
    left: () => suspectLeft(tools, volume),
  };
}

async function suspectLeft(tools: Tools, volume: string): Promise<Remainder | null> {
  const { state } = await lookAtGroup(tools, volume.split('/')[0] ?? '');
  const { suspect } = marksOf(requireVolumeIn(state, volume).tags);
  if (suspect === null) return null;
  return {
    state: `the image ${suspect.index} of ${volume} may differ from the others; it is read only if no other can be`,
    next: 'Call again: that compares them first.',
  };
}

function unmarkStep<T>({ tools, look, image }: Tracked<T>): Step {
  const volume = look.row.fullName;
  const options = { deleteTags: [trackedTag(imageIndex(image))] };
  return {
    name: 'unmark',
    title: `Take our tags off ${volume}`,
    commands: [plannedCommand(look.state, tools.lvm.lvchange.change, volume, options).words],
    async perform() {
      await unmark(tools, volume);
    },
  };
}
