import { abortError, onAbort } from '../../abort.ts';
import { requireOnly, requireSignal, requireTimeout } from '../../arguments.ts';
import { lvmError } from '../errors.ts';
import type { Context } from '../execute.ts';
import { type Deadline, deadlineOf, tooLate, within } from '../limits.ts';
import { cancel as cancelUnderWay, requireCancellable } from './cancel.ts';
import { commandOf, failure } from './ending.ts';
import { progressFeed } from './feed.ts';
import { follow } from './follow.ts';
import type {
  CancelOptions,
  CancelOutcome,
  Job,
  JobKind,
  JobOptions,
  JobPhase,
  JobProgress,
  JobResult,
} from './job.ts';
import { paceMaker } from './pace.ts';
import type { UnderWay } from './under-way.ts';

/** What a job is about once it is known to have begun. */
export interface Begun<S extends object> {
  /** What goes on; null if it was over at once. */
  readonly underWay: UnderWay | null;
  /** The uuids of the images that it is known to have added to a mirror that was there, or to a volume without one. */
  readonly added: readonly string[];
  /** Bytes that are converted, as far as lvm's report tells; null if it does not. */
  readonly bytes: number | null;
  /** What the start has to say; it becomes a part of the result. */
  readonly started: S;
  /** The result if it was over at once. */
  readonly over: JobResult;
}

/** What to make a job of. */
export interface JobPlan<S extends object> {
  readonly kind: JobKind;
  /** What it is about until it has begun. */
  readonly subject: string;
  readonly begin: () => Promise<Begun<S>>;
  readonly options: JobOptions;
  readonly signal: AbortSignal | undefined;
}

/** Makes a job: begins it at once, and follows it to its end. */
export function runJob<S extends object>(context: Context, plan: JobPlan<S>): Job<S & JobResult> {
  const { kind, signal } = plan;
  const feed = progressFeed();
  const stop = new AbortController();
  let phase: JobPhase = 'starting';
  let underWay: UnderWay | null = null;
  let cancelling: Promise<CancelOutcome> | undefined;
  const isOver = (): boolean => ['done', 'failed', 'cancelled', 'detached'].includes(phase);
  const enter = (next: JobPhase): void => {
    if (!isOver() && (phase !== 'cancelling' || next === 'cancelled')) phase = next;
  };

  const beginning = plan.begin();
  // Told by the job's result; whoever cancels it is told as well.
  beginning.catch(() => undefined);

  const main = async (): Promise<S & JobResult> => {
    const begun = await beginning;
    ({ underWay } = begun);
    if (underWay === null) return { ...begun.started, ...begun.over };
    if (signal?.aborted === true) throw noLongerWaited(abortError(signal));
    const toProgress = paceMaker(underWay.converting);
    const end = await follow(context, underWay, {
      interval: plan.options.progressInterval,
      signal: stop.signal,
      onPhase: enter,
      onMeasure: (measure, source) => {
        const action = kind === 'pvmove' ? 'move' : measure.action;
        feed.push(toProgress({ ...measure, action }, source, begun.bytes));
      },
    });
    const last = feed.latest();
    if (last !== null) feed.push(complete(last));
    return { ...begun.started, ...end };
  };

  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
  });
  const outcome = Promise.allSettled([Promise.race([main(), stopped])]).then(async ([settled]) => {
    // What is cancelled ends so, whoever notices it first, and however that looks to the other.
    const cancelled = await cancelling?.catch(() => undefined);
    if (cancelled?.outcome === 'cancelled' && underWay !== null)
      throw failure(underWay, 'aborted', `it was cancelled: ${cancelled.meaning}`, { next: '' });
    if (settled.status === 'rejected') throw settled.reason;
    return settled.value;
  });
  const leave = onAbort(signal, () => {
    // While lvm starts it, the signal is lvm's.
    if (phase !== 'starting') stop.abort(noLongerWaited(abortError(signal)));
  });
  const result = outcome.then(
    (value) => {
      phase = 'done';
      leave();
      stop.abort();
      feed.end();
      return value;
    },
    async (error: unknown) => {
      const isDetached = stop.signal.aborted && error === stop.signal.reason;
      const isCancelled = (await cancelling?.catch(() => undefined))?.outcome === 'cancelled';
      phase = isCancelled
        ? 'cancelled'
        : isDetached || (isAbort(error) && underWay !== null)
          ? 'detached'
          : 'failed';
      leave();
      stop.abort(error);
      feed.end(error);
      throw error;
    },
  );
  result.catch(() => undefined);

  const job: Job<S & JobResult> = {
    get id() {
      return `${underWay?.kind ?? kind} ${job.volume}`;
    },
    kind,
    get volume() {
      return underWay === null ? plan.subject : `${underWay.vg}/${underWay.lv}`;
    },
    get phase() {
      return phase;
    },
    result,
    progress: feed.latest,
    async cancel(options = {}) {
      const deadline = cancelDeadline(context, options);
      const begun = await within(beginning, deadline, (timeout) => tooLate(commandOf({ kind }), timeout));
      if (isOver() || begun.underWay === null)
        return {
          outcome: 'ended',
          meaning: 'It had come to its end before it was cancelled.',
          extentsMoved: null,
          extentsBack: null,
        };
      requireCancellable(context, begun.underWay);
      // Who comes second waits for what the first one has begun, as long as he likes.
      if (cancelling !== undefined) return within(cancelling, deadline, stillCancelling);
      const before = phase;
      phase = 'cancelling';
      cancelling = cancelUnderWay(context, begun.underWay, begun.added, deadline);
      try {
        const said = await cancelling;
        if (said.outcome === 'cancelled') stop.abort(noLongerWaited(abortError(undefined)));
        else if (phase === 'cancelling') phase = before;
        return said;
      } catch (error) {
        cancelling = undefined;
        if (phase === 'cancelling') phase = before;
        throw error;
      }
    },
    detach() {
      if (!isOver()) stop.abort(noLongerWaited(abortError(undefined)));
    },
    [Symbol.asyncIterator]: feed.iterate,
  };
  return job;

  function stillCancelling(timeout: number): Error {
    return lvmError('timed-out', {
      command: commandOf({ kind }),
      message: `an earlier cancel() of this job was not done after ${timeout} ms more`,
      changed: 'unknown',
    });
  }

  function noLongerWaited(error: Error): Error {
    const isDevice = underWay === null && plan.subject.startsWith('/');
    const call = isDevice ? 'list of its group' : `find('${job.volume}')`;
    error.message = `No longer waited for: it goes on in the kernel, and lvm.jobs.${call} finds it`;
    return error;
  }
}

function cancelDeadline({ timeout }: Context, options: CancelOptions): Deadline {
  requireOnly(options, ['signal', 'timeout']);
  const signal = requireSignal(options.signal);
  return deadlineOf(signal, options.timeout === undefined ? timeout : requireTimeout(options.timeout));
}

function complete(last: JobProgress): JobProgress {
  return { ...last, ratio: 1, done: last.total, remaining: 0 };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
