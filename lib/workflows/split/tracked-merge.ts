import { setTimeout as sleep } from 'node:timers/promises';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { brokenBelow, imagesOf, trackedImage } from '../../lvm/commands/lvconvert-images.ts';
import type { LvmState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, requireVolumeIn } from '../lvm-step.ts';
import type { StepContext } from '../step.ts';
import { untilInSync } from '../sync.ts';
import { isReadOnly, writtenSectors } from '../system/read-only.ts';
import { usersOf } from '../system/users.ts';
import type { Tools } from '../tools.ts';
import { suspectTag } from './split-marks.ts';
import { deviceOfImage, imageIndex, numberOf, pathOf } from './tracked-image.ts';

/** What is known of the writes to an image since it was split off. */
export interface Written {
  readonly sectors: number;
  /** Why it may differ from the others, in words; null if it cannot. */
  readonly doubt: string | null;
}

/** Whether an image was written to, by its counter at the split (`major:minor` and sectors); null: nobody knows. */
async function writtenSince(image: LvRow, baseline: number | null): Promise<Written> {
  const now = await writtenSectors(numberOf(image));
  if (baseline === null)
    return {
      sectors: 0,
      doubt: 'an earlier call that was killed had split it off, so nobody knows its writes',
    };
  const sectors = Math.max(0, now - baseline);
  if (sectors > 0) return { sectors, doubt: `${sectors} sectors were written to it` };
  const guarded = await isReadOnly(pathOf(image));
  return { sectors, doubt: guarded ? null : 'it was no longer read-only in the kernel' };
}

/** Merges an image back as {@link mergeImage} does, and waits until all are in sync. */
export async function mergeBack(
  tools: Tools,
  volume: string,
  baseline: number | null,
  follow: Follow,
): Promise<Written | null> {
  const written = await mergeImage(tools, volume, baseline, follow);
  await untilResynced(tools, volume, follow);
  return written;
}

/**
 * Merges the image that a raid1 tracks back into it. Resolves with what was written to it, or null if none is split off.
 * One that may differ is noted in a tag and made write-mostly before, so that nobody reads from it until it was compared.
 * Rejects with a {@link Refusal} `in-use` while somebody has it open.
 */
export async function mergeImage(
  tools: Tools,
  volume: string,
  baseline: number | null,
  { signal }: Pick<Follow, 'signal'>,
): Promise<Written | null> {
  const { state } = await lookAtGroup(tools, groupName(volume), signal);
  const image = trackedImage(state, volume);
  if (image === undefined) return null;
  requireOthers(state, volume, image);
  await untilClosed(tools, image);
  const written = await writtenSince(image, baseline);
  if (written.doubt !== null) await suspect(tools, state, volume, image);
  await tools.lvm.lvconvert.mergeMirrors(image.fullName, { signal });
  return written;
}

type Follow = Pick<StepContext, 'signal' | 'progress'>;

/** Waits until nothing is left to copy; that an earlier check found images to differ is left to the comparison. */
export async function untilResynced(tools: Tools, volume: string, follow: Follow): Promise<void> {
  await untilInSync(tools, volume, follow).catch((error: unknown) => {
    if (!(error instanceof Refusal) || error.reason !== 'diverged') throw error;
  });
}

// The kernel does not call the last image failed, whatever its disk does; lvm's metadata tell.
function requireOthers(state: LvmState, volume: string, image: LvRow): void {
  const others = imagesOf(state, volume).filter(({ uuid }) => uuid !== image.uuid);
  const broken = others.map(({ fullName }) => brokenBelow(state, fullName));
  const [lost] = broken.filter((one) => one !== null);
  if (lost === undefined || broken.includes(null)) return;
  throw new Refusal(
    'failed',
    `${image.fullName} is not merged back into ${volume}, as that has no other good image: ${lost}`,
    `${image.fullName} holds what ${volume} held when it was split off, and may be all that is left: copy it with copyVolume first.`,
  );
}

/** Rejects with a {@link Refusal} `in-use` that names who has an image open, if it is not closed within some seconds. */
async function untilClosed({ dm }: Tools, image: LvRow): Promise<void> {
  const device = { name: pathOf(image).replace('/dev/mapper/', '') };
  for (let attempt = 0; ; attempt++) {
    const { openCount } = await dm.info(device);
    if (openCount === 0) return;
    // A moment may be somebody's who only looks at new devices, such as udev.
    if (attempt >= mostLooks) throw await inUse(image, openCount);
    await sleep(100);
  }
}

/** The error of an image that cannot be merged back as it is in use. */
async function inUse(image: LvRow, openCount: number): Promise<Refusal> {
  const users = await usersOf(pathOf(image), openCount);
  return new Refusal(
    'in-use',
    `${image.fullName} cannot be merged back: it ${users.map(({ text }) => text).join('; ')}`,
    'Unmount or close it.',
  );
}

const mostLooks = 30;

async function suspect(tools: Tools, state: LvmState, volume: string, image: LvRow): Promise<void> {
  const keep = image.attributes.health === 'writemostly';
  const tag = suspectTag(imageIndex(image), keep);
  // The tag first: whoever goes on after a kill has to know that the image is not to be trusted.
  if (!requireVolumeIn(state, volume).tags.some((one) => one.includes('.suspect:')))
    await tools.lvm.lvchange.change(volume, { addTags: [tag] });
  if (!keep) await tools.lvm.lvchange.raid1(volume, { writeMostly: { [deviceOfImage(state, image)]: 'y' } });
}

function groupName(volume: string): string {
  return volume.split('/')[0] ?? '';
}
