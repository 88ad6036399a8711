import type { LvRow } from '../columns/lv.ts';
import { requireFitting, requireNewVolumeName } from '../names.ts';
import {
  type After,
  type Before,
  type NoOptions,
  type Operation,
  operation,
  type Question,
  type Refusal,
  type Waits,
} from '../operation.ts';
import { consent, integer, newVolumeName, type OptionsOf, type OptionTable, required } from '../option.ts';
import { volumeOf } from '../state.ts';
import { volume } from '../subject.ts';
import { namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { allocationOptions, asked, loseResilience, present } from './lvconvert-common.ts';
import {
  imageCount,
  imageParent,
  imagesOf,
  refuseTracking,
  refuseUnsynchronised,
  trackedImage,
} from './lvconvert-images.ts';

/** The result of a split for reading. */
export interface TrackSplitResult extends VolumeResult {
  /** The image that can be read on its own now; null if it was only tested. */
  readonly image: LvRow | null;
}

const splitOptions = {
  /** Devices whose images are to be split off; default is the last ones. */
  devices: allocationOptions.devices,
  /** Leave to have fewer copies of the data afterwards. */
  loseResilience,
  /** Leave to split images that were never synchronised: what is split off is no copy. */
  unsynchronised: consent('what is split off is no copy of the rest'),
} as const satisfies OptionTable;

const ownSplitMirrorsOptions = {
  /** How many images to split off (`--splitmirrors`); of a raid1 one at once. */
  images: required(integer('--splitmirrors', 1, 7)),
  /** Name of the volume that they become (`--name`). */
  name: required(newVolumeName('--name')),
} as const satisfies OptionTable;

const splitMirrorsOptions: typeof ownSplitMirrorsOptions & typeof splitOptions = {
  ...ownSplitMirrorsOptions,
  ...splitOptions,
};

/** Options of `lvm.lvconvert.splitMirrors`. */
export interface LvconvertSplitMirrorsOptions extends OptionsOf<typeof splitMirrorsOptions> {}

/**
 * Splits images off a mirror or raid1, as a volume of their own. What is still in memory and not yet written is in
 * neither: flush a mounted file system first (measured: a file written just before was not in the copy).
 */
export const splitMirrors: Operation<string, LvconvertSplitMirrorsOptions, SplitMirrorsResult> = operation({
  command: 'lvconvert',
  fixed: [],
  summary: 'Splits images off a mirror or raid1, as a volume of their own.',
  subject: volume,
  options: splitMirrorsOptions,
  arrange(place, { name }) {
    const vg = place.groups[0] ?? '';
    requireFitting('name', name, { vg, lv: requireNewVolumeName('name', name) });
    return place;
  },
  refuse: (call) => refuseTracking(call) ?? refuseUnsynchronised(call),
  asks: (call) => asksLess(call, call.options.images),
  verify: verifySplit,
  result: splitResult,
});

const ownTrackSplitOptions = {
  /** Always one (`--splitmirrors`). */
  images: required(integer('--splitmirrors', 1, 1)),
} as const satisfies OptionTable;

const trackSplitOptions: typeof ownTrackSplitOptions & typeof splitOptions = {
  ...ownTrackSplitOptions,
  ...splitOptions,
};

/** Options of `lvm.lvconvert.trackSplit`. */
export interface LvconvertTrackSplitOptions extends OptionsOf<typeof trackSplitOptions> {}

/**
 * Splits an image off a raid1 for reading, and keeps track of what changes so that it can be merged back
 * (`--trackchanges`). lvm calls the image read-only, but its device can be written to: mounting it without `ro,noload`
 * is enough to make the images differ unnoticed.
 */
export const trackSplit: Operation<string, LvconvertTrackSplitOptions, TrackSplitResult> = operation({
  command: 'lvconvert',
  fixed: ['--trackchanges'],
  summary: 'Splits an image off a raid1 for reading, to be merged back later.',
  subject: volume,
  options: trackSplitOptions,
  refuse: (call) => refuseTracking(call) ?? refuseUnsynchronised(call),
  asks: (call) => asksLess(call, 1),
  verify: (call) =>
    trackedImage(call.after, nameOf(call.place)) === undefined ? 'no image was split off' : null,
  result: ({ place, after }) => ({
    volume: namedVolume(place, after) ?? null,
    image: trackedImage(after, nameOf(place)) ?? null,
  }),
});

/** Merges an image that was split off with `trackSplit` back into its raid1; what changed meanwhile is copied to it. */
export const mergeMirrors: Operation<string, NoOptions, VolumeResult> & Waits<'raid'> = operation({
  command: 'lvconvert',
  fixed: ['--mergemirrors'],
  summary: 'Merges an image that was split off for reading back into its raid1.',
  subject: volume,
  options: {},
  waits: 'raid',
  refuse: refuseOpenImage,
  verify: ({ place, after }) =>
    present({ place, before: after })?.hidden === true ? null : `${nameOf(place)} is apart still`,
  result: ({ place, after }) => ({ volume: imageParent(after, nameOf(place)) ?? null }),
});

/** The result of a split. */
export interface SplitMirrorsResult extends VolumeResult {
  /** The volume that was split off; null if it was only tested. */
  readonly split: LvRow | null;
}

// lvm asks this if nothing redundant is left of a raid1; a mirror it splits without a word, as its name says.
function asksLess(
  call: Before<{ loseResilience?: boolean | undefined }>,
  images: number,
): readonly Question[] {
  const row = present(call);
  if (row?.segtype !== 'raid1' || imageCount(call.before, row.fullName) - images > 1) return [];
  const what = `one image of ${row.fullName} is left, and what is written to it is on no other`;
  return [asked('loseResilience', call.options.loseResilience, what)];
}

function splitName({ place, options }: After<OptionsOf<typeof splitMirrorsOptions>>): string {
  return `${place.groups[0] ?? ''}/${options.name}`;
}

function verifySplit(call: After<OptionsOf<typeof splitMirrorsOptions>>): string | null {
  const { place, options, before, after } = call;
  const [name, split] = [nameOf(place), splitName(call)];
  if (volumeOf(after, split) === undefined) return `there is no volume ${split}`;
  const left = imageCount(before, name) - options.images;
  if (imageCount(after, name) !== left) return `${name} has ${imageCount(after, name)} images`;
  return imageCount(after, split) === options.images
    ? null
    : `${split} has ${imageCount(after, split)} images`;
}

function splitResult(call: After<OptionsOf<typeof splitMirrorsOptions>>): SplitMirrorsResult {
  const { place, after } = call;
  return { volume: namedVolume(place, after) ?? null, split: volumeOf(after, splitName(call)) ?? null };
}

function refuseOpenImage(call: Before<object>): Refusal | null {
  const image = present(call);
  if (image === undefined) return null;
  const parent = imageParent(call.before, image.fullName);
  const isImage =
    parent !== undefined && imagesOf(call.before, parent.fullName).some(({ uuid }) => uuid === image.uuid);
  if (!isImage || image.hidden)
    return {
      reason: 'not-tracked',
      message: `${image.fullName} is no image that was split off with trackSplit`,
    };
  // lvm fails over it too, but leaves the image's metadata volume inactive.
  if (image.deviceOpen === true)
    return { reason: 'in-use', message: `${image.fullName} is open; unmount or close it first` };
  return null;
}
