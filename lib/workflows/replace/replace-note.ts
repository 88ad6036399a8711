/**
 * What a dm-mirror was before its failed images were taken away: without them lvm knows it as a linear volume, and
 * nothing tells that it was a mirror. Kept as a tag of the volume until it is one again.
 */
export interface MirrorNote {
  /** Copies of the data that it had, 2 or more. */
  readonly images: number;
  readonly log: 'core' | 'disk';
  /** Uuid of the PV that its log was on; null if that is not to be used again, or the log was in memory. */
  readonly logPv: string | null;
}

/** The tag: `devmapper.replace:mirror:2:disk:UUID`. Pure. */
export function noteTag({ images, log, logPv }: MirrorNote): string {
  return [prefix, 'mirror', images, log, ...(logPv === null ? [] : [logPv])].join(':');
}

/** What a tag of that form says; null for any other tag. Never throws. */
export function parseNote(tag: string): MirrorNote | null {
  const [, images, log, logPv = null] =
    /^devmapper\.replace:mirror:([2-8]):(core|disk)(?::([0-9A-Za-z#!]{6}(?:-[0-9A-Za-z#!]{4}){5}-[0-9A-Za-z#!]{6}))?$/.exec(
      tag,
    ) ?? [];
  if (images === undefined || (log !== 'core' && log !== 'disk')) return null;
  return { images: Number(images), log, logPv };
}

/** The tag of a RAID whose leg on this PV was taken back: if it dies again, the disk is one to be replaced. Pure. */
export function refreshTag(pvUuid: string): string {
  return `${prefix}:refreshed:${pvUuid}`;
}

/** The PVs, by their uuids, that such tags name. Never throws. */
export function refreshedPvs(tags: readonly string[]): readonly string[] {
  const start = refreshTag('');
  return tags.flatMap((tag) => (tag.startsWith(start) ? [tag.slice(start.length)] : []));
}

/**
 * The tag of a group while a disk that is there, but bad, is replaced: when its volumes have left it nothing else tells
 * which one it was. Pure.
 */
export function failingTag(pvUuid: string): string {
  return `${prefix}:failing:${pvUuid}`;
}

/** The PVs, by their uuids, that such tags of a group name. Never throws. */
export function failingPvs(tags: readonly string[]): readonly string[] {
  const start = failingTag('');
  return tags.flatMap((tag) => (tag.startsWith(start) ? [tag.slice(start.length)] : []));
}

/** The tags of a volume that this workflow has left, those that cannot be read too. Pure. */
export function noteTags(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => tag.startsWith(`${prefix}:`));
}

const prefix = 'devmapper.replace';
