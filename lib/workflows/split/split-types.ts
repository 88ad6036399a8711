import type { Filesystem } from '../system/filesystem.ts';
import type { Quiesce } from '../system/quiesce.ts';
import type { WorkflowOptions } from '../tools.ts';

/** What both ways of splitting take. */
interface CommonSplitOptions extends WorkflowOptions {
  /** The mirror or raid1, `vg/lv`. */
  readonly volume: string;
  /**
   * What is done to the file system on it first: frozen, its memory written out, or nothing. Default: `freeze` where
   * that is safe, else `sync`; the plan says which, why, and who else writes. An explicit `freeze` is refused (`unsafe`) if
   * it is not safe, or others use the volume, too.
   */
  readonly quiesce?: Quiesce | undefined;
  /** Milliseconds that a file system may be frozen for the split; default 10,000. Then it is thawed, and the split taken back. */
  readonly deadline?: number | undefined;
  /** Devices whose image is to be split off; default is the last image. */
  readonly devices?: readonly string[] | undefined;
}

/** How to split an image off for good. */
export interface SplitOptions extends CommonSplitOptions {
  /** Name of the volume that the image becomes, in the same group. */
  readonly name: string;
  /** Left out: it becomes a volume of its own. */
  readonly tracked?: undefined;
  /** Whether it is made read-only in the kernel and in lvm's metadata; default true. */
  readonly readOnly?: boolean | undefined;
  /** Tags that it gets beside our own. */
  readonly tags?: readonly string[] | undefined;
}

/** How to split an image off for a while; it is merged back afterwards. Only a raid1 can. */
export interface TrackedSplitOptions extends CommonSplitOptions {
  /** What makes it a split for a while. */
  readonly tracked: true;
  /** Left out: the image keeps its name. */
  readonly name?: undefined;
  /**
   * Whether its file system is mounted for the callback, read-only: on a directory of our own (`true`), or on this one,
   * which has to be there. Default false.
   */
  readonly mount?: boolean | string | undefined;
}

/** What was split off for good. */
export interface SplitResult {
  /** What it was split off from, `vg/lv`. */
  readonly volume: string;
  /** The copy, `vg/name`. */
  readonly copy: string;
  /** `/dev/mapper/...` of the copy: the link in `/dev/vg` is made by udev. */
  readonly path: string;
  /** Bytes. */
  readonly size: bigint;
  readonly readOnly: boolean;
  /** How many copies of its data the volume has now. */
  readonly copiesLeft: number;
  /** What was done to its file system before; `unknown` if an earlier call split it off, which did not come to its end. */
  readonly quiesced: Quiesce | 'unknown';
  /** The file system on the copy, which has the uuid of the original's; null if there is none. */
  readonly filesystem: Filesystem | null;
  /** How to mount it beside the original; null if it must not be, or there is no file system: see `warnings`. */
  readonly mountOptions: readonly string[] | null;
}

/** An image that is split off for a while. */
export interface SplitLeg {
  /** `vg/lv_rimage_1`. */
  readonly volume: string;
  /** `/dev/mapper/...`: there may be no link in `/dev/vg`. Read-only in the kernel. */
  readonly path: string;
  /** `major:minor`. */
  readonly device: string;
  /** Bytes. */
  readonly size: bigint;
  /** Where it is mounted; null if it is not. */
  readonly mounted: string | null;
  /** The file system on it, which has the uuid of the original's; null if there is none. */
  readonly filesystem: Filesystem | null;
  /** How to mount it beside the original; null if it must not be, or there is no file system. */
  readonly mountOptions: readonly string[] | null;
  /** What to know of what is on it. */
  readonly warnings: readonly string[];
}

/** What came of a split for a while. */
export interface TrackedSplitResult<T> {
  /** What the callback returned. */
  readonly value: T;
  /** The raid1, `vg/lv`; it has all its images again, in sync. */
  readonly volume: string;
  /** The image that was split off, `vg/lv_rimage_1`. */
  readonly leg: string;
  readonly quiesced: Quiesce;
  /** Sectors of 512 bytes that were written to the image meanwhile, read-only or not; 0 is as it should be. */
  readonly writtenSectors: number;
  /** Sectors that a check then found to differ; null: there was no reason to check. */
  readonly mismatches: number | null;
  /** Whether the image was written anew from the others therefore. */
  readonly rebuilt: boolean;
}

/** What is done with the image while it is split off. It is merged back when the promise settles; `signal` asks to end. */
export type SplitCallback<T> = (leg: SplitLeg, signal: AbortSignal) => T | Promise<T>;
