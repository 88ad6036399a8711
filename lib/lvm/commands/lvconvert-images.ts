import type { LvRow } from '../columns/lv.ts';
import type { SegRow } from '../columns/seg.ts';
import type { Before, Refusal } from '../operation.ts';
import { groupOf, type LvmState, segmentsOf, volumeOf } from '../state.ts';
import { nameOf } from '../verify.ts';
import { present } from './lvconvert-common.ts';

/** Whether a segment type is one of dm-raid's. */
export function isRaid(type: string | null | undefined): boolean {
  return type?.startsWith('raid') === true;
}

/**
 * The images of a mirror or RAID, with those that a conversion under way adds: until it ends they are beside a hidden
 * mirror of the old ones (`_mimagetmp_`). Empty for any other volume.
 */
export function imagesOf(state: LvmState, name: string): readonly LvRow[] {
  const volume = volumeOf(state, name);
  if (volume === undefined) return [];
  return segmentsOf(state, volume).flatMap((segment) =>
    segment.segtype === 'mirror' || isRaid(segment.segtype)
      ? segment.devices.flatMap((place) => {
          const image = place.name === null ? undefined : volumeOf(state, `${volume.vgName}/${place.name}`);
          if (image === undefined) return [];
          return image.name.includes('_mimagetmp_') ? imagesOf(state, image.fullName) : [image];
        })
      : [],
  );
}

/** How many copies a mirror or raid1 has, 1 for a volume that is neither. */
export function imageCount(state: LvmState, name: string): number {
  return Math.max(1, imagesOf(state, name).length);
}

/** The segments of a volume and of all that it is made of. */
export function segmentsBelow(state: LvmState, name: string): readonly SegRow[] {
  const seen = new Set<string>();
  const visit = (one: string): readonly SegRow[] => {
    const volume = volumeOf(state, one);
    if (volume === undefined || seen.has(one)) return [];
    seen.add(one);
    const segments = segmentsOf(state, volume);
    const below = [
      ...segments.flatMap(({ devices, metadataDevices }) => [...devices, ...metadataDevices]),
      ...[volume.mirrorLog, volume.dataLv, volume.metadataLv, volume.poolLv].map((lv) => ({ name: lv })),
    ];
    const names = new Set(below.map((part) => part.name).filter((part) => part !== null));
    return [...segments, ...[...names].flatMap((part) => visit(`${volume.vgName}/${part}`))];
  };
  return visit(name);
}

/** What is broken below a volume, in words: a missing device, or one that vgreduce replaced by errors; else null. */
export function brokenBelow(state: LvmState, name: string): string | null {
  for (const { lvName, segtype, devices } of segmentsBelow(state, name)) {
    if (segtype === 'error') return `${lvName} has only errors in place of a device`;
    if (devices.some((place) => place.name === null)) return `a device of ${lvName} is missing`;
  }
  return null;
}

/** The image that a raid1 tracks the changes for, after a split with `--trackchanges`. */
export function trackedImage(state: LvmState, name: string): LvRow | undefined {
  return imagesOf(state, name).find((image) => isRaid(volumeOf(state, name)?.segtype) && !image.hidden);
}

/** Why nothing can be converted while a split image is tracked. */
export function refuseTracking({ place, before }: Before<object>): Refusal | null {
  const image = trackedImage(before, nameOf(place));
  if (image === undefined) return null;
  return {
    reason: 'tracking-split',
    message: `${nameOf(place)} tracks changes for ${image.fullName}, which was split off; merge that back first`,
  };
}

/**
 * Why the images are no copies of each other. What the report says of synchronisation is not enough: a volume made
 * with `--nosync` shows 100 percent in it, and the kernel calls its images healthy.
 */
export function refuseUnsynchronised(call: Before<{ unsynchronised?: boolean | undefined }>): Refusal | null {
  const volume = present(call);
  if (volume === undefined || imagesOf(call.before, volume.fullName).length === 0) return null;
  const type = volume.attributes.volumeType;
  const never = type === 'raid-without-initial-sync' || type === 'mirrored-without-initial-sync';
  if (never && call.options.unsynchronised !== true)
    return {
      reason: 'not-in-sync',
      message: `${volume.fullName} was made without synchronising its images, so one is no copy of the other; synchronise it first (lvchange --resync)`,
    };
  const { raidSyncAction: action, copyPercent } = volume;
  if (action !== null && action !== 'idle')
    return { reason: 'not-in-sync', message: `${volume.fullName} is at a ${action}; wait until it is done` };
  const image = imagesOf(call.before, volume.fullName).find(({ imageSynced }) => imageSynced === false);
  if (copyPercent !== null && copyPercent < 100)
    return {
      reason: 'not-in-sync',
      message: `${copyPercent} percent of ${volume.fullName} are in sync; wait until all are`,
    };
  if (image === undefined || never || volume.active !== true) return null;
  return {
    reason: 'not-in-sync',
    message: `${image.fullName} is not in sync; wait until it is, or repair ${volume.fullName}`,
  };
}

/** The images of the group that are raid's and visible, by the name of the volume that they were split from. */
export function imageParent(state: LvmState, name: string): LvRow | undefined {
  const [vg = '', lv = ''] = name.split('/');
  const parent = /^(.+)_rimage_\d+$/.exec(lv)?.[1];
  return groupOf(state, vg)?.lvs.find((row) => row.name === parent);
}
