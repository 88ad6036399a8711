import type { Done, Plan } from '../plan.ts';
import type { WorkflowProgress } from '../progress.ts';
import type { ReplaceResult } from './replace-result.ts';

/** Options of {@link watchAndRepair}. */
export interface WatchAndRepairOptions {
  /** The volume group. */
  readonly vg: string;
  /**
   * Paths of the disks that may take the place of one that fails, in order; those that are in use already, or hold
   * something that may not be wiped, are passed over. One is used if one will do, else as many of the first ones as it
   * takes. One that could not be taken into the group comes last from then on.
   */
  readonly spares: readonly string[];
  /** Is asked before each repair, with what would be done. True: it is not. The signal fires when the watch is closed. */
  readonly veto?: ((plan: Plan, signal: AbortSignal) => boolean | Promise<boolean>) | undefined;
  /**
   * Milliseconds between the beginnings of two repairs at least, one that was vetoed included; default 600,000. Keeps a
   * bad cable from using up all spares.
   */
  readonly minInterval?: number | undefined;
  /**
   * Milliseconds from a failure to the look at it, so that what fails together is seen together; default 2000. A
   * dm-mirror is looked at once: its writers wait. What the kernel did not tell of is looked at twice, that long apart,
   * so that a disk that is away for a moment costs no spare.
   */
  readonly settle?: number | undefined;
  /**
   * Milliseconds between two looks at lvm's report, which alone tells of a disk that is gone and not yet missed by the
   * kernel; default 60,000. Failures that the kernel notices are seen at once.
   */
  readonly interval?: number | undefined;
  /** Leave to wipe what is on the spares, as that of {@link replaceFailedDevice}. */
  readonly wipeSignatures?: boolean | undefined;
  /** Closes it when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** Is told of each repair's steps. */
  readonly onProgress?: ((progress: WorkflowProgress) => void) | undefined;
}

/** What a watch tells. `at` is in milliseconds since the epoch. */
export type RepairEvent =
  /** A copy is lost, or a disk; told again only when it is something else. */
  | { readonly kind: 'degraded'; readonly at: number; readonly message: string }
  /** `spares`: paths of the disks that are used; none if none is needed. */
  | {
      readonly kind: 'repairing';
      readonly at: number;
      readonly plan: Plan;
      readonly spares: readonly string[];
    }
  /** Told when all that this repair was of is in sync. Other failures are seen and repaired before that, too. */
  | { readonly kind: 'repaired'; readonly at: number; readonly result: Done<ReplaceResult> }
  | { readonly kind: 'vetoed'; readonly at: number; readonly plan: Plan }
  /**
   * A repair failed, and is tried again after `minInterval`; or it was done, and a volume does not get in sync; or none can
   * be planned, told again only when it is for another reason; or lvm or the kernel could not be asked, which is tried
   * again after a second, and then ever less often.
   */
  | { readonly kind: 'failed'; readonly at: number; readonly error: Error }
  /** It is not repaired before `until`, in milliseconds since the epoch. */
  | { readonly kind: 'rate-limited'; readonly at: number; readonly until: number }
  /** No spare can take what was lost; `message` says why for each. Told again only when it says something else. */
  | { readonly kind: 'out-of-spares'; readonly at: number; readonly message: string };

/** A watch over a group; iterating it gives its events and ends when it is closed. */
export interface RepairWatch extends AsyncIterable<RepairEvent>, AsyncDisposable {
  /** Resolves when it is closed; rejects if devices can no longer be watched. */
  readonly done: Promise<void>;
  /** Calls `listener` with each event; the returned function ends that. */
  on(listener: (event: RepairEvent) => void): () => void;
  /**
   * Ends it. A repair whose commands run is first brought to the point from which the kernel goes on by itself; a wait
   * for the sync is ended. May be called again.
   */
  close(): Promise<void>;
}
