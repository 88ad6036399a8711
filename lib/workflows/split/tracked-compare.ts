import { imagesOf } from '../../lvm/commands/lvconvert-images.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, requireVolumeIn } from '../lvm-step.ts';
import type { StepContext } from '../step.ts';
import { untilInSync } from '../sync.ts';
import { makeWritable } from '../system/read-only.ts';
import type { Tools } from '../tools.ts';
import { marksOf, type SuspectImage } from './split-marks.ts';
import { deviceOfImage, imageOfIndex } from './tracked-image.ts';

/** What came of a comparison. */
export interface Compared {
  /** Sectors that differed between the images. */
  readonly mismatches: number;
  /** Whether the image was written anew from the others. */
  readonly rebuilt: boolean;
}

type Follow = Pick<StepContext, 'signal' | 'progress'>;

/**
 * Compares the images of a raid1 if one of them is noted as one that may differ, or `otherwise` is the number of one, and
 * if it does, has it written anew from the others. (lvm's own repair takes the first image for the right one, which this
 * may be.) Resolves with null if none is. Rejects with a {@link Refusal} `diverged` if they differ even then.
 */
export async function compareSuspect(
  tools: Tools,
  volume: string,
  follow: Follow,
  otherwise?: number | undefined,
): Promise<Compared | null> {
  const { state } = await lookAtGroup(tools, groupName(volume), follow.signal);
  const { suspect } = marksOf(requireVolumeIn(state, volume).tags);
  const index = suspect?.index ?? otherwise;
  const image = index === undefined ? undefined : imageOfIndex(state, volume, index);
  if (image === undefined) return null;
  const mismatches = await check(tools, volume, follow);
  if (mismatches === 0) return { mismatches, rebuilt: false };
  const devices = [deviceOfImage(state, image)];
  await followed(tools.lvm.lvchange.rebuild.job(volume, { devices, signal: follow.signal }), follow);
  await untilInSync(tools, volume, follow);
  const left = await check(tools, volume, follow);
  if (left === 0) return { mismatches, rebuilt: true };
  throw new Refusal(
    'diverged',
    `${left} sectors of ${volume} differ between its images even after ${image.fullName} was written anew`,
    `Look at the disks (dmesg), and check again: "lvchange --syncaction check ${volume}".`,
  );
}

/**
 * Takes all notes of a tracked split off a volume, and has its image read and written as before. Resolves with false if
 * there were none. Call it when its images are merged and compared.
 */
export async function unmark(tools: Tools, volume: string): Promise<boolean> {
  const { state } = await lookAtGroup(tools, groupName(volume));
  const { tags } = requireVolumeIn(state, volume);
  const { suspect, tracked } = marksOf(tags);
  const image = suspect === null ? undefined : imageOfIndex(state, volume, suspect.index);
  if (
    suspect !== null &&
    image !== undefined &&
    isToClear(suspect) &&
    image.attributes.health === 'writemostly'
  )
    await tools.lvm.lvchange.raid1(volume, { writeMostly: { [deviceOfImage(state, image)]: 'n' } });
  // Of a split that was prepared and did not come about; one that was merged back has a device anew.
  for (const { hidden, active, dmPath } of imagesOf(state, volume))
    if (tracked !== null && hidden && active === true && dmPath !== null) await makeWritable(dmPath);
  const ours = [tracked, suspect].flatMap((mark) => (mark === null ? [] : [mark.tag]));
  if (ours.length > 0) await tools.lvm.lvchange.change(volume, { deleteTags: ours });
  return ours.length > 0;
}

function isToClear({ writeMostly }: SuspectImage): boolean {
  return !writeMostly;
}

async function check({ lvm }: Tools, volume: string, follow: Follow): Promise<number> {
  const job = lvm.lvchange.syncAction.job(volume, { action: 'check', signal: follow.signal });
  const { mismatches } = await followed(job, follow);
  if (mismatches !== null) return mismatches;
  throw new Refusal(
    'failed',
    `the kernel does not tell what a check of ${volume} found`,
    `Check it by hand: "lvchange --syncaction check ${volume}".`,
  );
}

async function followed<R extends object>(
  job: AsyncIterable<{
    readonly ratio: number;
    readonly bytesPerSecond: number | null;
    readonly remaining: number | null;
    readonly action: string;
  }> & { readonly result: Promise<R> },
  { progress }: Follow,
): Promise<R> {
  // A failure is told by the result as well.
  try {
    for await (const { ratio, bytesPerSecond, remaining, action } of job)
      progress({ ratio, bytesPerSecond, remaining, detail: action });
  } catch {}
  return job.result;
}

function groupName(volume: string): string {
  return volume.split('/')[0] ?? '';
}
