import type { LvRow } from '../../lvm/columns/lv.ts';
import { trackedImage } from '../../lvm/commands/lvconvert-images.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, plannedCommand, requireVolumeIn } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import { mountsOf } from '../system/mounts.ts';
import { makeReadOnly, writtenSectors } from '../system/read-only.ts';
import { contentsOf } from './split-copy.ts';
import { requireSameQuiet } from './split-quiet.ts';
import { defaultDeadline, requireInSync, sentenceOf } from './split-steps.ts';
import type { SplitLeg } from './split-types.ts';
import { compareSuspect } from './tracked-compare.ts';
import { numberOf, pathOf } from './tracked-image.ts';
import { mergeBack } from './tracked-merge.ts';
import type { Tracked } from './tracked-steps.ts';
import { whileQuiet } from './while-quiet.ts';

/** The step that splits the image off while the file system is quiet, and makes it read-only before anybody sees it. */
export function splitStep<T>({ tools, look, image, quiet, options, found }: Tracked<T>): Step {
  const { row, state } = look;
  const volume = row.fullName;
  const { devices, deadline = defaultDeadline, quiesce } = options;
  const splitting = plannedCommand(state, tools.lvm.lvconvert.trackSplit, volume, {
    ...{ images: 1, loseResilience: true, devices },
  });
  return {
    name: 'split',
    title: sentenceOf(quiet, `split ${image.fullName} off ${volume}`, 'make it read-only in the kernel'),
    commands: [splitting.words],
    async perform({ signal }) {
      const now = requireVolumeIn(await requireInSync(tools, volume, signal), image.fullName);
      await requireSameQuiet(tools, pathOf(row), quiesce, quiet);
      let leg: LvRow | null = null;
      await whileQuiet(quiet, pathOf(row), { deadline, signal }, async (stop) => {
        // Before anybody sees it; what md writes to it still arrives (measured on Linux 6.1).
        await makeReadOnly(pathOf(now));
        if (quiet.state === 'frozen') found.baseline = await writtenSectors(numberOf(now));
        leg = (await splitting.run(stop)).image;
        if (leg === null) throw new Error('lvm does not tell which image it has split off');
        await makeReadOnly(pathOf(leg));
        // What was written to the volume until now is not to count.
        found.baseline ??= await writtenSectors(numberOf(leg));
      });
      if (leg !== null) found.leg = await legOf(leg, quiet.state, signal);
    },
    undo: {
      title: `Merge ${image.fullName} back into ${volume}, and wait until it is in sync`,
      async perform({ warn }) {
        const before = await lookAtGroup(tools, row.vgName);
        const was = trackedImage(before.state, volume);
        const follow = { signal: new AbortController().signal, progress: () => {} };
        const written = await mergeBack(tools, volume, found.baseline ?? null, follow);
        if (written?.doubt !== null && written !== null)
          warn(`${image.fullName} may differ from the other images of ${volume}: ${written.doubt}.`);
        // Once merged, comparing is a step of its own, which may take hours and tells what it leaves.
        const compared = found.written === undefined ? await compareSuspect(tools, volume, follow) : null;
        if (compared !== null && compared.mismatches > 0)
          warn(`${compared.mismatches} sectors of ${image.fullName} differed; it was written anew.`);
        if (was === undefined) return null;
        return `${was.fullName} was merged back into ${volume}, which is in sync`;
      },
    },
    left: async () => {
      const now = await lookAtGroup(tools, row.vgName);
      const leg = trackedImage(now.state, volume);
      if (leg === undefined) return null;
      return {
        state: `${leg.fullName} is still split off ${volume}, which tracks what changes meanwhile`,
        next: `When nobody has it open, call again, which merges it back first, or run "lvconvert --mergemirrors ${leg.fullName}", and then check: "lvchange --syncaction check ${volume}".`,
      };
    },
  };
}

async function legOf(
  row: LvRow,
  state: 'frozen' | 'synced' | 'unknown',
  signal: AbortSignal,
): Promise<SplitLeg> {
  const path = pathOf(row);
  const device = numberOf(row);
  const mounts = await mountsOf(device);
  if (mounts.length > 0)
    throw new Refusal(
      'in-use',
      `${row.fullName} was mounted by somebody on ${mounts.map(({ target }) => target).join(', ')} as soon as it was there`,
      'Keep what mounts new devices by itself from doing so.',
    );
  const contents = await contentsOf(path, 'read-only', state, signal);
  return { volume: row.fullName, path, device, size: row.size, mounted: null, ...contents };
}
