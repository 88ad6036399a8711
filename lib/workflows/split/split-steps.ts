import { type LvmState, volumeOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, plannedCommand, requireVolumeIn } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import { lookAtSync } from '../sync.ts';
import { makeReadOnly } from '../system/read-only.ts';
import type { Tools } from '../tools.ts';
import { capital } from '../words.ts';
import { leftOf, takeBack } from './split-back.ts';
import { isSplitOff, type SplitLook } from './split-look.ts';
import { type QuietPlan, requireSameQuiet } from './split-quiet.ts';
import type { SplitOptions } from './split-types.ts';
import { pathOf } from './tracked-image.ts';
import { whileQuiet } from './while-quiet.ts';

/** Milliseconds that a file system may be frozen for a split if nothing else is said. */
export const defaultDeadline = 10_000;

/** The steps of a split for good: a note of what is under way, and the split itself. */
export function splitSteps(
  tools: Tools,
  { row, state, copies }: SplitLook,
  { name, readOnly = true, devices, deadline = defaultDeadline, quiesce }: SplitOptions,
  { quiet, tag }: { readonly quiet: QuietPlan; readonly tag: string },
): readonly Step[] {
  const { lvm } = tools;
  const volume = row.fullName;
  const copy = `${row.vgName}/${name}`;
  const noting = plannedCommand(state, lvm.lvchange.change, volume, { addTags: [tag] });
  // That there is less resilience afterwards is what the function is for, and what the plan's changes say.
  const splitting = plannedCommand(state, lvm.lvconvert.splitMirrors, volume, {
    ...{ images: 1, name, loseResilience: true, devices },
  });
  const mark: Step = {
    name: 'mark',
    title: `Note in a tag of ${volume} that ${copy} is being split off`,
    commands: [noting.words],
    async perform({ signal }) {
      await noting.run(signal);
    },
    undo: {
      title: `Take that note off ${volume}`,
      async perform() {
        const { state: now } = await lookAtGroup(tools, row.vgName);
        const is = requireVolumeIn(now, volume);
        // While the copy is there the note is what the next call finishes it by.
        if (!isSplitOff(volumeOf(now, copy), is) && is.tags.includes(tag))
          await lvm.lvchange.change(volume, { deleteTags: [tag] });
        return null;
      },
    },
  };
  let isBegun = false;
  const split: Step = {
    name: 'split',
    title: sentenceOf(
      quiet,
      `split ${copy} off ${volume}`,
      readOnly ? `make ${copy} read-only in the kernel` : null,
    ),
    commands: [splitting.words],
    async perform({ signal }) {
      await requireInSync(tools, volume, signal);
      await requireSameQuiet(tools, pathOf(row), quiesce, quiet);
      try {
        await whileQuiet(quiet, pathOf(row), { deadline, signal }, async (stop) => {
          isBegun = true;
          const { split: made } = await splitting.run(stop);
          if (made !== null && readOnly) await makeReadOnly(pathOf(made));
        });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { did, failure } = await takeBack(tools, row, copy, copies);
        throw new Refusal(error.reason, `${error.message}${did}`, error.next, error.cause ?? failure);
      }
    },
    left: async () => (isBegun ? leftOf(tools, volume, copy, copies) : null),
  };
  return [mark, split];
}

/** What one step does one after another, as an imperative sentence without its end. */
export function sentenceOf({ title, how }: QuietPlan, ...parts: readonly (string | null)[]): string {
  const all = [title, ...parts, title !== null && how === 'freeze' ? 'thaw' : null].filter(
    (part) => part !== null,
  );
  return capital(all.join(', '));
}

/** Rejects with a {@link Refusal} `not-in-sync` unless the copies of a volume are truly the same, now: gives what is seen. */
export async function requireInSync(tools: Tools, volume: string, signal: AbortSignal): Promise<LvmState> {
  const { state, found } = await lookAtSync(tools, volume, signal);
  if (found !== null) throw new Refusal('not-in-sync', found.message, found.next);
  return state;
}
