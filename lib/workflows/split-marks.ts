/** The tag of a raid1 while one of its images is split off by splitForBackup and tracked. */
export const trackedTag = 'devmapper.splitForBackup';

/** What splitForBackup has noted in a volume's tags, so that the next call can go on where one was killed. */
export interface SplitMarks {
  /** An image was to be split off it for a while, and merged back. */
  readonly tracked: boolean;
  /** Splits for good that were not finished. */
  readonly pending: readonly PendingSplit[];
  /** An image of it that may differ from the others, and is to be compared. */
  readonly suspect: SuspectImage | null;
  /** What it was split off from, if it is a copy. */
  readonly copy: CopyMark | null;
}

/** A split for good that is under way, or was when the process died. */
export interface PendingSplit {
  readonly tag: string;
  /** What the copy is to be called, without its group. */
  readonly name: string;
  readonly readOnly: boolean;
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
  /** When the call was begun that split it off. */
  readonly at: Date;
}

/** The tag of a volume while a copy is split off it for good. */
export function pendingTag(name: string, readOnly: boolean): string {
  return `${trackedTag}.to:${name}:${readOnly ? 'r' : 'rw'}`;
}

/** The tag of a raid1 until one of its images was compared with the others. */
export function suspectTag(index: number, writeMostly: boolean): string {
  return `${trackedTag}.suspect:${index}:${writeMostly ? 'keep' : 'clear'}`;
}

/** The lasting tag of a copy: what it was split off from, and when. */
export function copyTag(of: string, at: Date): string {
  return `${trackedTag}.of:${of}:${Math.floor(at.getTime() / 1000)}`;
}

/** Reads the tags of a volume. Tags that are none of splitForBackup's are left out; throws nothing. */
export function marksOf(tags: readonly string[]): SplitMarks {
  const pending = tags.flatMap((tag) => {
    const [, name, access] = /^devmapper\.splitForBackup\.to:([^:]+):(rw?)$/.exec(tag) ?? [];
    return name === undefined ? [] : [{ tag, name, readOnly: access === 'r' }];
  });
  const [suspect] = tags.flatMap((tag) => {
    const [, index, then] = /^devmapper\.splitForBackup\.suspect:(\d{1,3}):(keep|clear)$/.exec(tag) ?? [];
    return index === undefined ? [] : [{ tag, index: Number(index), writeMostly: then === 'keep' }];
  });
  const [copy] = tags.flatMap((tag) => {
    const [, of, seconds] = /^devmapper\.splitForBackup\.of:([^:]+):(\d{1,11})$/.exec(tag) ?? [];
    return of === undefined ? [] : [{ of, at: new Date(Number(seconds) * 1000) }];
  });
  return { tracked: tags.includes(trackedTag), pending, suspect: suspect ?? null, copy: copy ?? null };
}
