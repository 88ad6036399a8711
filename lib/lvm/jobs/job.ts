import type { Count } from '../../units.ts';
import type { LvRow } from '../columns/lv.ts';

/**
 * What goes on after a command has ended. `mirror`: the copy to new images of a mirror. `raid`: a resync, recovery or
 * reshape. `repair`: what fills the replacement of a lost image. `merge`: a snapshot's way back into its origin.
 * `scrub`: a check of an array.
 */
export type JobKind = 'pvmove' | 'mirror' | 'raid' | 'repair' | 'merge' | 'scrub';

/**
 * `waiting`: a merge that begins when its origin is no longer open, or active again. `finishing`: the kernel is done,
 * and lvm makes it final.
 */
export type JobPhase =
  | 'starting'
  | 'waiting'
  | 'running'
  | 'finishing'
  | 'done'
  | 'failed'
  | 'cancelling'
  | 'cancelled'
  | 'detached';

/** How far a job is. */
export interface JobProgress {
  /** 0 to 1. Of a merge the share of the snapshot's store that is free, as lvm counts it, so that it begins above 0. */
  readonly ratio: number;
  /** How much is done, exactly as it was told. */
  readonly done: Count;
  /** What `done` is at the end. */
  readonly total: Count;
  /** Of `done` and `total`: regions of a mirror, sectors of 512 bytes (of an array those of one device), or percent. */
  readonly unit: 'regions' | 'sectors' | 'percent';
  /** Bytes a second, of an array those of one device; null until it can be told. */
  readonly bytesPerSecond: number | null;
  /** Milliseconds that it will take by its speed so far, see `forecast`; null until it can be told. */
  readonly remaining: number | null;
  /** The volume that is converted, `vg/lv`, or the device that is emptied. */
  readonly converting: string;
  /** What is done to it: the kernel's word of an array (`resync`, `recover`, `check`...), else `move`, `copy`, `merge`. */
  readonly action: string;
  /** Who says so. */
  readonly source: 'kernel' | 'lvm';
}

/** How a job ended. */
export interface JobResult {
  /** The volume as it is now; null if there is none, as of a pvmove. */
  readonly volume: LvRow | null;
  /** Sectors that a scrub found to differ, or repaired; null for all else. */
  readonly mismatches: number | null;
}

/** How long to wait for a cancellation. */
export interface CancelOptions {
  /** Ends it with SIGTERM if it has begun; the job goes on if it has not. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until it is ended likewise, its wait for other commands included; default is that of the instance. */
  readonly timeout?: number | undefined;
}

/** What came of a cancellation. */
export interface CancelOutcome {
  /** `cancelled`: it is undone as `meaning` says. `ended`: it had come to its end before; see the job's result. */
  readonly outcome: 'cancelled' | 'ended';
  /** What is where now, in one sentence. */
  readonly meaning: string;
  /** pvmove: extents that stay where they were moved to; null for all else. */
  readonly extentsMoved: number | null;
  /** pvmove: extents that are on their old device again, or still; null for all else. */
  readonly extentsBack: number | null;
}

/**
 * Something long that the kernel does for lvm. Iterating it gives its progress, the newest each time, and ends with the
 * job: rejecting if `result` does. Nothing of it is lost when this process dies: `lvm.jobs.find` finds it again.
 */
export interface Job<R extends object = JobResult> extends AsyncIterable<JobProgress> {
  /** Kind and volume: the same in every process. */
  readonly id: string;
  readonly kind: JobKind;
  /** `vg/lv`; of a pvmove `vg/pvmove0`, and its device until it has started. */
  readonly volume: string;
  readonly phase: JobPhase;
  /**
   * How it ended. Rejects with an {@link LvmError} if it failed or was cancelled, and with an `AbortError` if it is no
   * longer waited for: then it goes on. A rejection that nobody waits for does not end the process.
   */
  readonly result: Promise<R>;
  /** The newest progress; null before the first. */
  progress(): JobProgress | null;
  /**
   * Ends it in the way that there is for its kind, and says what that means: a pvmove by `pvmove --abort`, a mirror to
   * which images are added by taking out those that this job added, or that lvm itself still keeps apart. Rejects with
   * an {@link LvmError}, `unsupported` if there is no way (arrays, merges, a mirror that gets in sync for the first time
   * or anew, an instance with `test`), which tells what to do instead; the job goes on then. A second call waits for
   * what the first has begun.
   */
  cancel(options?: CancelOptions): Promise<CancelOutcome>;
  /** Stops waiting; the kernel goes on. Does nothing once it has ended. */
  detach(): void;
}

/** How to watch a job. */
export interface JobOptions {
  /**
   * Milliseconds between two looks at its progress; default 1000, of a merge 200, as the kernel does not tell when one
   * ends.
   */
  readonly progressInterval?: number | undefined;
}
