import type { DeviceIdentity, DeviceInfo, StatusSegment } from '../device.ts';
import type { DmError } from '../errors.ts';
import type { Status } from '../targets/index.ts';

/** How a monitor watches. */
export interface MonitorOptions {
  /** Milliseconds between two looks at what can move without an event; default 1000. Nothing live costs no call. */
  readonly interval?: number | undefined;
  /** Milliseconds that a device may take to answer before it counts as stale; default 1000. */
  readonly deadline?: number | undefined;
  /** Device-mapper names to watch, `*` standing for any text; default all. */
  readonly include?: readonly string[] | undefined;
  /** Names not to watch, in the same form; goes before `include`. */
  readonly exclude?: readonly string[] | undefined;
  /** Fill ratios, 0 to 1, whose crossing is a change; default 0.8, 0.9 and 0.95. */
  readonly thresholds?: readonly number[] | undefined;
  /** How far, 0 to 1, a ratio must fall below a threshold before it counts as crossed downwards; default 0.02. */
  readonly hysteresis?: number | undefined;
  /** Extent size for the percentages of LVM mirrors, see `StatusOptions`. */
  readonly extentSectors?: number | undefined;
  /**
   * Whether the monitor keeps the process alive; default false. `ready`, `refresh` and `until` do anyway while they are
   * pending; an iteration does not.
   */
  readonly keepAlive?: boolean | undefined;
  /** Closes the monitor when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** A device as a monitor knows it now. Times are milliseconds since the epoch. */
export interface WatchedDevice extends DeviceIdentity {
  /** The newest answer. */
  readonly info: DeviceInfo;
  /** The status of its targets, as it was at `readAt`. */
  readonly segments: readonly StatusSegment[];
  /** When the newest answer came. */
  readonly readAt: number;
  /** Since when the device has not answered; null if it has. Its state is then the last known one. */
  readonly staleSince: number | null;
  /** Why it has not answered; null if it has. */
  readonly error: DmError | null;
  /** Its value can move without an event, so it is read every interval. */
  readonly live: boolean;
}

/** What a fill ratio is of: the sectors of a snapshot's store, the data or the metadata of a pool or cache. */
export type UsageKind = 'snapshot' | 'data' | 'metadata';

/** What is progressing: a sync in the kernel's word for it (`resync`, `recover`, `sync`...), a merge, a hydration. */
export type ProgressKind = 'sync' | 'merge' | 'hydration';

interface Occurrence {
  /** When it was seen, in milliseconds since the epoch. */
  readonly at: number;
  readonly device: DeviceIdentity;
}

interface Transition<K extends string, V> extends Occurrence {
  readonly kind: K;
  readonly before: V;
  readonly after: V;
}

interface SegmentTransition<K extends string> extends Occurrence {
  readonly kind: K;
  /** Which target of the device, by its place in the table. */
  readonly segment: number;
  readonly before: Status;
  readonly after: Status;
}

/** Something that changed between two looks, with before and after. A union by `kind`. */
export type Change =
  | (Occurrence & { readonly kind: 'device-added'; readonly after: WatchedDevice })
  | (Occurrence & { readonly kind: 'device-removed'; readonly before: WatchedDevice })
  | Transition<'device-renamed', string>
  /** Sectors of 512 bytes. */
  | Transition<'device-resized', number>
  | Transition<'device-suspended' | 'device-resumed', DeviceInfo>
  /** Other targets, or the same on other places. */
  | Transition<'table-replaced', readonly StatusSegment[]>
  /** A leg of a mirror or raid, or a stripe, counted from 0; it has recovered when it no longer counts as failed. */
  | (SegmentTransition<'leg-failed' | 'leg-recovered'> & { readonly leg: number })
  /** A leg has failed or is absent; and: none is any more, though one may have to be rebuilt yet, see `in-sync`. */
  | SegmentTransition<'degraded' | 'redundant'>
  /** The dirty log of a mirror or the journal of a raid; and: it works again. */
  | SegmentTransition<'log-failed' | 'log-recovered'>
  | SegmentTransition<'sync-started' | 'in-sync' | 'out-of-sync'>
  | (SegmentTransition<'progressed'> & {
      readonly progress: ProgressKind;
      /** 0 to 1; of a merge the share of the snapshot's store that is free, so that it begins above 0. */
      readonly ratio: number;
    })
  | SegmentTransition<'snapshot-invalid' | 'snapshot-overflowed' | 'merge-started' | 'merge-failed'>
  /** The merge is done: the snapshot is gone from the table. */
  | (Occurrence & { readonly kind: 'merge-finished'; readonly before: Status })
  | SegmentTransition<
      | 'mode-changed'
      | 'out-of-data-space'
      | 'needs-check'
      | 'metadata-low'
      | 'target-failed'
      | 'target-recovered'
    >
  | (SegmentTransition<'path-failed' | 'path-restored'> & { readonly path: string })
  | SegmentTransition<'corrupted' | 'mismatches-found'>
  | (Occurrence & {
      readonly kind: 'usage-above' | 'usage-below';
      readonly segment: number;
      readonly usage: UsageKind;
      /** The threshold that was crossed, 0 to 1. */
      readonly threshold: number;
      /** The ratio now, 0 to 1. */
      readonly ratio: number;
    })
  | (Occurrence & { readonly kind: 'stale'; readonly since: number; readonly error: DmError })
  | (Occurrence & { readonly kind: 'fresh'; readonly since: number })
  /** Told to one slow consumer in place of the oldest changes it has missed, with how many and when the last was. */
  | { readonly kind: 'overflowed'; readonly at: number; readonly dropped: number };

/** The name of a change. */
export type ChangeKind = Change['kind'];

/** Watches devices; made by `dm.monitor()`. Iterating it ends when it is closed. */
export interface Monitor extends AsyncIterable<Change>, AsyncDisposable {
  /** The newest state of every watched device, by name. A new object after every look that changed something. */
  readonly current: ReadonlyMap<string, WatchedDevice>;
  /** How it learns of changes: from the kernel, or, before ioctl version 4.37, by looking every interval. */
  readonly source: 'events' | 'polling';
  /** How often the kernel has told of events so far; several may be told as one. Stays 0 where it looks by itself. */
  readonly wakeups: number;
  /** Resolves when the first look is done; rejects with a {@link DmError} if there is nothing to look at. */
  readonly ready: Promise<void>;
  /** Looks at everything now; resolves with the new state, rejects with a {@link DmError} if it could not be asked. */
  refresh(): Promise<ReadonlyMap<string, WatchedDevice>>;
  /** Calls `listener` for every change, or for those of one kind; the returned function ends that. */
  on(listener: (change: Change) => void): () => void;
  on<K extends ChangeKind>(kind: K, listener: (change: Extract<Change, { kind: K }>) => void): () => void;
  /** Resolves as soon as `predicate` holds of the current state; is asked after every look that changed something. */
  until<T>(
    predicate: (current: ReadonlyMap<string, WatchedDevice>) => T | undefined | false,
    options?: UntilOptions,
  ): Promise<T>;
  /** Ends the monitor and all iterations of it. May be called again. */
  close(): void;
}

/** What ends a wait. */
export interface UntilOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; rejects with a {@link DmError} of reason `timed-out`. Default: none. */
  readonly timeout?: number | undefined;
}
