import type { LvRow } from '../../lvm/columns/lv.ts';
import { imagesOf } from '../../lvm/commands/lvconvert-images.ts';
import { type LvmState, segmentsOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';

/** The number of an image: 1 of `lv_rimage_1`; -1 of what is no image. */
export function imageIndex({ name }: Pick<LvRow, 'name'>): number {
  return Number(/_[rm]image_(\d+)$/.exec(name)?.[1] ?? -1);
}

/** The devices that a volume's extents are on; none of those that are missing. */
function devicesUnder(state: LvmState, row: LvRow): readonly string[] {
  const places = segmentsOf(state, row).flatMap(({ devices }) => devices);
  return [...new Set(places.flatMap(({ name }) => (name?.startsWith('/') === true ? [name] : [])))];
}

/**
 * The image that lvm will split off: the last one, or the last on the devices that are named. Throws a {@link Refusal}
 * `wrong-type` if none is on those.
 */
export function imageToSplit(state: LvmState, volume: LvRow, devices: readonly string[] = []): LvRow {
  const images = imagesOf(state, volume.fullName);
  const found = images.findLast(
    (image) =>
      devices.length === 0 || devicesUnder(state, image).some((path) => devices.some((one) => one === path)),
  );
  if (found !== undefined) return found;
  const where = images.flatMap((image) => devicesUnder(state, image)).join(', ');
  throw new Refusal(
    'wrong-type',
    `${volume.fullName} has no image on ${devices.join(', ')}`,
    `Its images are on ${where}.`,
  );
}

/** The image of this number. */
export function imageOfIndex(state: LvmState, volume: string, index: number): LvRow | undefined {
  return imagesOf(state, volume).find((image) => imageIndex(image) === index);
}

/** The device whose name stands for an image in lvm's commands. Throws a {@link Refusal} `failed` if it is missing. */
export function deviceOfImage(state: LvmState, image: LvRow): string {
  const [device] = devicesUnder(state, image);
  if (device !== undefined) return device;
  throw new Refusal(
    'failed',
    `the device of ${image.fullName} is missing`,
    'Replace it with replaceFailedDevice.',
  );
}

/** The device number of an active volume, `major:minor`. Throws a {@link Refusal} `failed` if it has none. */
export function numberOf({ fullName, kernelMajor, kernelMinor }: LvRow): string {
  if (kernelMajor !== null && kernelMinor !== null && kernelMajor >= 0)
    return `${kernelMajor}:${kernelMinor}`;
  throw new Refusal(
    'failed',
    `${fullName} has no device`,
    `Activate it: "lvchange --activate y ${fullName}".`,
  );
}

/** The path of a volume's device. Throws a {@link Refusal} `failed` if lvm names none. */
export function pathOf({ fullName, dmPath }: LvRow): string {
  if (dmPath !== null) return dmPath;
  throw new Refusal('failed', `lvm does not tell where the device of ${fullName} is`);
}
