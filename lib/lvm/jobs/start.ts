import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from '../../abort.ts';
import type { AnyOperation } from '../bind.ts';
import { deviceRow } from '../commands/pv-rows.ts';
import { type Context, execute } from '../execute.ts';
import { deadlineOf } from '../limits.ts';
import { type CallOptions, commandLine, type Operation } from '../operation.ts';
import type { LvmResult } from '../result.ts';
import { type LvmState, volumeOf } from '../state.ts';
import type { Place } from '../subject.ts';
import { begunOf } from './begun.ts';
import { requireInterval } from './find.ts';
import { look } from './follow.ts';
import type { Job, JobOptions, JobResult } from './job.ts';
import { type Begun, runJob } from './run-job.ts';
import { type UnderWay, underWayIn, underWayOf } from './under-way.ts';

/** Starts an operation as a job. Throws a TypeError or RangeError for what the caller gave, before anything happens. */
export function startJob(
  context: Context,
  operation: AnyOperation,
  subject: never,
  given: CallOptions & JobOptions,
): Job<LvmResult & JobResult> {
  const { progressInterval, ...options } = given;
  requireInterval(progressInterval);
  // What it gives is of no matter here: each operation has types of its own.
  const known = operation as unknown as Operation<unknown, CallOptions, object>;
  const { place } = commandLine(known, subject, options);
  const [volume] = place.volumes;
  const name = volume === undefined ? (place.devices[0] ?? '') : `${volume.vg}/${volume.lv}`;
  return runJob(context, {
    kind: operation.waits ?? 'raid',
    subject: name,
    begin: () => begin(context, known, subject, options, place),
    options: { progressInterval },
    signal: options.signal,
  });
}

async function begin(
  context: Context,
  operation: Operation<unknown, CallOptions, object>,
  subject: unknown,
  options: CallOptions,
  place: Place,
): Promise<Begun<LvmResult>> {
  const { signal } = options;
  if (signal?.aborted === true) throw abortError(signal);
  const kind = operation.waits;
  const test = options.test === true || context.test;
  let before: LvmState = { groups: [], orphans: [] };
  let state = before;
  const started = (await execute(context, operation, subject, options, (seen) => {
    before = seen.before;
    state = seen.after;
  })) as LvmResult;
  const [named] = place.volumes;
  const name = named === undefined ? '' : `${named.vg}/${named.lv}`;
  for (let attempt = 1; ; attempt++) {
    const found = kind === 'pvmove' ? moveOf(before, state, place) : (underWayOf(state, name) ?? null);
    // What goes on there all the same is none of what was only gone through.
    if (found !== null && !test) return { ...begunOf(state, found, before), started };
    const volume = volumeOf(state, name) ?? null;
    const mismatches = kind === 'scrub' ? (volume?.raidMismatchCount ?? null) : null;
    // md begins a check when its thread comes to it.
    if (kind !== 'scrub' || attempt === 5 || test)
      return { underWay: null, added: [], bytes: null, started, over: { volume, mismatches } };
    await sleep(100 * attempt, undefined, { signal });
    state = await look(
      context,
      place.groups[0] ?? '',
      deadlineOf(signal, options.timeout ?? context.timeout),
    );
  }
}

// The move that was not there before, and is from this device, which lvm may know by another of its names.
function moveOf(before: LvmState, after: LvmState, { devices }: Place): UnderWay | null {
  const old = new Set(before.groups.flatMap(underWayIn).map(({ uuid }) => uuid));
  const source = deviceRow(after, devices[0] ?? '')?.name;
  const isIt = (one: UnderWay) => one.kind === 'pvmove' && one.source === source && !old.has(one.uuid);
  return after.groups.flatMap(underWayIn).find(isIt) ?? null;
}
