import type { Remainder } from './errors.ts';
import type { StepProgress } from './progress.ts';

/** What a step is given. */
export interface StepContext {
  /** Fires when the workflow is to stop. */
  readonly signal: AbortSignal;
  /** Tells how far it is. */
  progress(progress: StepProgress): void;
  /** Tells the caller something that is no failure. */
  warn(text: string): void;
}

/** What is done after a step: it is begun even if the step failed half-way. */
export interface Cleanup {
  /** What it does, as an imperative sentence without its end. */
  readonly title: string;
  readonly commands?: readonly (readonly string[])[] | undefined;
  /** Resolves with what was done, in one sentence, or null if there was nothing to do. Is not aborted. */
  perform(context: Pick<StepContext, 'warn'>): Promise<string | null>;
}

/** One step, with what takes it back. */
export interface Step {
  /** Short and unique in its workflow, such as `split`. */
  readonly name: string;
  /** What it does, as an imperative sentence without its end. */
  readonly title: string;
  /** The lvm commands that it runs, in order. */
  readonly commands?: readonly (readonly string[])[] | undefined;
  /** The condition under which it does something, in words. */
  readonly when?: string | undefined;
  perform(context: StepContext): Promise<void>;
  /** Whether it calls a function of the caller's, of which nobody knows what that does. */
  readonly callsBack?: boolean | undefined;
  /** Takes it back when it, or a step after it, fails. */
  readonly undo?: Cleanup | undefined;
  /** Is done in any case when all steps are done or one failed: what was only for the time of the workflow. */
  readonly release?: Cleanup | undefined;
  /**
   * What is left of it when it was begun and not, or not successfully, taken back: asked after a failure. Null or none:
   * nothing worth telling.
   */
  left?(): Remainder | null | Promise<Remainder | null>;
}
