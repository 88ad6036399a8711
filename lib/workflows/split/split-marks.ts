const prefix = 'devmapper.splitForBackup';

/** What splitForBackup has noted in a volume's tags, so that the next call can go on where one was killed. */
export interface SplitMarks {
  /** An image was to be split off it for a while, and merged back. */
  readonly tracked: TrackedSplit | null;
  /** Splits for good that were not finished. */
  readonly pending: readonly PendingSplit[];
  /** An image of it that may differ from the others, and is to be compared. */
  readonly suspect: SuspectImage | null;
  /** What it was split off from, if it is a copy. */
  readonly copy: CopyMark | null;
}

/** A split for a while that is under way, or was when the process died. */
export interface TrackedSplit {
  readonly tag: string;
  /** The number at the end of the image's name. */
  readonly index: number;
}

/** A split for good that is under way, or was when the process died. */
export interface PendingSplit {
  readonly tag: string;
  /** What the copy is to be called, without its group. */
  readonly name: string;
  readonly readOnly: boolean;
  /** LVM's uuid of the image that was to be split off, which the copy keeps. */
  readonly image: string;
}

/** An image that may hold something else than the others. */
export interface SuspectImage {
  readonly tag: string;
  /** The number at the end of the image's name. */
  readonly index: number;
  /** Whether it was write-mostly before, and is to stay so. */
  readonly writeMostly: boolean;
}

/** What a copy's tag says. */
export interface CopyMark {
  /** Name of the volume that it was split off from, without its group. */
  readonly of: string;
  /** LVM's uuid of that volume. */
  readonly uuid: string;
  /** When the call was begun that split it off. */
  readonly at: Date;
}

/** The tag of a raid1 while this image of it is split off by splitForBackup and tracked. */
export function trackedTag(index: number): string {
  return `${prefix}.image:${index}`;
}

/** The tag of a volume while this image is split off it for good. */
export function pendingTag(name: string, readOnly: boolean, image: string): string {
  return `${prefix}.to:${name}:${readOnly ? 'r' : 'rw'}:${image}`;
}

/** The tag of a raid1 until one of its images was compared with the others. */
export function suspectTag(index: number, writeMostly: boolean): string {
  return `${prefix}.suspect:${index}:${writeMostly ? 'keep' : 'clear'}`;
}

/** The lasting tag of a copy: what it was split off from, and when. */
export function copyTag(of: string, uuid: string, at: Date): string {
  return `${prefix}.of:${of}:${uuid}:${Math.floor(at.getTime() / 1000)}`;
}

/** Reads the tags of a volume. Tags that are none of splitForBackup's are left out; throws nothing. */
export function marksOf(tags: readonly string[]): SplitMarks {
  const [tracked] = tags.flatMap((tag) => {
    const [, index] = /^devmapper\.splitForBackup\.image:(\d{1,3})$/.exec(tag) ?? [];
    return index === undefined ? [] : [{ tag, index: Number(index) }];
  });
  const pending = tags.flatMap((tag) => {
    const [, name, access, image] =
      /^devmapper\.splitForBackup\.to:([^:]+):(rw?):([A-Za-z0-9-]+)$/.exec(tag) ?? [];
    return name === undefined || image === undefined ? [] : [{ tag, name, readOnly: access === 'r', image }];
  });
  const [suspect] = tags.flatMap((tag) => {
    const [, index, then] = /^devmapper\.splitForBackup\.suspect:(\d{1,3}):(keep|clear)$/.exec(tag) ?? [];
    return index === undefined ? [] : [{ tag, index: Number(index), writeMostly: then === 'keep' }];
  });
  const [copy] = tags.flatMap((tag) => {
    const [, of, uuid, seconds] =
      /^devmapper\.splitForBackup\.of:([^:]+):([A-Za-z0-9-]+):(\d{1,11})$/.exec(tag) ?? [];
    return of === undefined || uuid === undefined ? [] : [{ of, uuid, at: new Date(Number(seconds) * 1000) }];
  });
  return { tracked: tracked ?? null, pending, suspect: suspect ?? null, copy: copy ?? null };
}
