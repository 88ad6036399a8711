/** How far one step is. */
export interface StepProgress {
  /** 0 to 1; null if it cannot be told. */
  readonly ratio: number | null;
  /** Bytes a second; null until it can be told. */
  readonly bytesPerSecond?: number | null | undefined;
  /** Milliseconds that are left, by the speed so far; null until it can be told. */
  readonly remaining?: number | null | undefined;
  /** What it is at, such as `recover` or the name of a volume. */
  readonly detail?: string | null | undefined;
}

/** What a workflow tells while it runs. `index` counts from 0 to `count - 1`. */
export type WorkflowProgress =
  | {
      readonly kind: 'step-started' | 'step-finished';
      readonly step: string;
      readonly title: string;
      readonly index: number;
      readonly count: number;
    }
  | ({
      readonly kind: 'step-progressed';
      readonly step: string;
      readonly title: string;
      readonly index: number;
      readonly count: number;
    } & StepProgress)
  /** Of a step that is taken back or cleaned up after: `title` says what is done, `failed` that it did not work. */
  | {
      readonly kind: 'cleanup-started' | 'cleanup-finished' | 'cleanup-failed';
      readonly step: string;
      readonly title: string;
    }
  | { readonly kind: 'warning'; readonly step: string | null; readonly text: string };
