import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from '../../abort.ts';
import { failureOf } from '../errors.ts';
import { type Context, leaveAfter } from '../execute.ts';
import { type Deadline, deadlineOf } from '../limits.ts';
import type { Outcome } from '../run.ts';
import { fullreportArguments, type LvmState, parseState, volumeOf } from '../state.ts';
import { commandOf, endOf, failure, inactive, kernelFailure } from './ending.ts';
import type { JobPhase, JobProgress, JobResult } from './job.ts';
import type { Measure, Reading } from './reading.ts';
import { sameUnderWay, type UnderWay } from './under-way.ts';
import { type KernelWatch, watchKernel } from './watch-kernel.ts';
import { type LvmWatch, watchLvm } from './watch-lvm.ts';

/** What a job is told while it is followed. */
export interface Follower {
  /** Milliseconds between two looks; undefined for those of the kind. */
  readonly interval: number | undefined;
  /** Ends the following with what it rejects with. */
  readonly signal: AbortSignal;
  readonly onMeasure: (measure: Measure, source: JobProgress['source']) => void;
  readonly onPhase: (phase: JobPhase) => void;
}

/**
 * Follows something to its end: the kernel tells how far it is and when it is done, lvm makes it final. Rejects with an
 * {@link LvmError} if it failed, and with an `AbortError` when the signal fires.
 */
export async function follow(context: Context, first: UnderWay, follower: Follower): Promise<JobResult> {
  const interval = follower.interval ?? (first.kind === 'merge' ? 200 : 1000);
  // The kernel knows nothing of the merge of a thin snapshot: one device takes another's place.
  const dm = first.isThin ? undefined : context.dm;
  const kernel = dm === undefined ? undefined : await watchKernel(dm, first, interval);
  if (kernel === undefined)
    return followLvm(context, first, watchLvm(context, Math.max(interval, 1000)), follower);
  try {
    return await followKernel(context, first, kernel, follower);
  } finally {
    kernel.close();
  }
}

async function followKernel(
  context: Context,
  was: UnderWay,
  kernel: KernelWatch,
  { signal, onMeasure, onPhase }: Follower,
): Promise<JobResult> {
  onPhase(was.kind === 'merge' ? 'waiting' : 'running');
  const onReading = (reading: Reading): void => {
    if (reading.state === 'failed' || reading.state === 'unknown' || reading.measure === null) return;
    onPhase('running');
    onMeasure(reading.measure, 'kernel');
  };
  for (let attempts = 1; attempts <= mostAttempts; ) {
    const sight = await kernel.next(onReading, signal);
    if (typeof sight === 'object') throw kernelFailure(was, sight.problem);
    if (sight === 'between') {
      // lvm's poller begins the next part within a second, if there is one.
      if (!(await kernel.changed(2000, signal))) await poll(context, was, signal);
      continue;
    }
    if (sight === 'complete') onPhase('finishing');
    if (sight === 'complete' && was.needsLvm) {
      await poll(context, was, signal);
      await kernel.changed(3000, signal);
    }
    const state = await lookFor(context, was, signal);
    const isOver = sight === 'complete' && !was.needsLvm;
    if (isOver || sameUnderWay(state, was) === undefined) return endOf(state, was);
    // A merge goes on by itself when its origin is active again.
    if (was.kind === 'merge' && sight === 'gone') onPhase('waiting');
    else if (volumeOf(state, `${was.vg}/${was.lv}`)?.active === false) throw inactive(was);
    await sleep(Math.min(1000, 100 * attempts++), undefined, { signal });
  }
  throw notFinal(context, was);
}

async function followLvm(
  context: Context,
  first: UnderWay,
  watch: LvmWatch,
  { signal, onMeasure, onPhase }: Follower,
): Promise<JobResult> {
  for (let now = first; ; ) {
    await watch.next(
      now,
      (measure) => {
        onPhase('running');
        onMeasure(measure, 'lvm');
      },
      signal,
    );
    const state = await lookFor(context, first, signal);
    const found = sameUnderWay(state, first);
    if (found === undefined) return endOf(state, first);
    const row = volumeOf(state, `${first.vg}/${first.lv}`);
    if (row?.active === false && first.kind !== 'merge') throw inactive(first);
    if (row?.mergeFailed === true) throw kernelFailure(first, 'lvm says that the merge failed');
    const health = row?.attributes.health ?? null;
    if (typeof health === 'string' && lostHealths.has(health))
      throw kernelFailure(first, `lvm says ${health.replaceAll('-', ' ')}`);
    now = found;
  }
}

async function lookFor(context: Context, was: UnderWay, signal: AbortSignal): Promise<LvmState> {
  try {
    return await look(context, was.vg, deadlineOf(signal, context.timeout));
  } catch (error) {
    throw failureOf(commandOf(was), error);
  }
}

/** What is there in a group now. Rejects with an {@link LvmError}, and with an `AbortError` if the signal has fired. */
export async function look(
  { run }: Pick<Context, 'run'>,
  group: string,
  { signal, left }: Pick<Deadline, 'signal' | 'left'>,
): Promise<LvmState> {
  const outcome = await run({ argv: fullreportArguments([group]), log: 'json', signal, timeout: left() });
  if (signal?.aborted === true) throw abortError(signal);
  return parseState(outcome);
}

// Starts lvm's own poller, which finds that the kernel is done; it starts nothing else, whatever was meanwhile. Whether
// it has succeeded, the report tells: it fails if another poller was faster.
async function poll(context: Context, { vg, lv }: UnderWay, signal: AbortSignal): Promise<void> {
  // Only lvm's own poller, started with the command, ends it then.
  if (context.test) return;
  const { serial, run, timeout } = context;
  const deadline = deadlineOf(signal, timeout);
  const leave = await serial.enter([vg], signal, timeout).catch(unlessAborted(signal));
  if (leave === null) return;
  let running: Outcome['running'] = null;
  try {
    const argv = ['lvchange', '--poll', 'y', '--', `${vg}/${lv}`];
    ({ running } = await run({ argv, log: 'json', signal, timeout: deadline.left() }));
  } finally {
    leaveAfter(running, leave);
  }
}

// A turn that did not come in time is no failure of the job: lvm looks by itself, too, and there is a next time.
function unlessAborted(signal: AbortSignal): (error: unknown) => null {
  return (error) => {
    if (signal.aborted) throw error;
    return null;
  };
}

function notFinal({ test }: Context, was: UnderWay) {
  const name = `${was.vg}/${was.lv}`;
  const ours = test ? ', and this instance, opened with "test", does not ask it to' : '';
  return failure(was, 'not-done', `the kernel is done with ${name}, but lvm does not make it final${ours}`, {
    next: `See why with "lvchange --poll y ${name}", and look at lvs -a.`,
  });
}

const mostAttempts = 30;
const lostHealths: ReadonlySet<string> = new Set(['partial', 'failed']);
