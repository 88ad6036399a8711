import { setTimeout as sleep } from 'node:timers/promises';
import { LvmError } from '../../lvm/errors.ts';
import { errorText } from '../errors.ts';
import { bytesText } from '../snapshot/snapshot-size.ts';
import type { Guard, GuardEvent, GuardedPart } from './guard-events.ts';
import { guardFeed } from './guard-feed.ts';
import { freshState, keepSizes, limited, never, type PartState, type PartTotal } from './guard-part.ts';
import { decide, type GuardDecision } from './guard-policy.ts';
import { fillRate, observeFill } from './guard-rate.ts';
import type { FirstLook, Guarded, PartReading } from './guard-reading.ts';
import { shortage } from './guard-words.ts';

/** Watches until it is closed or there is nothing more to guard. */
export function startGuard(guarded: Guarded, looked: FirstLook): Guard {
  const feed = guardFeed();
  const stop = new AbortController();
  const parts = new Map(
    [...guarded.settings].map(
      ([part, settings]) => [part, freshState(settings, looked.free.get(part))] as const,
    ),
  );
  // Also of parts that are not guarded: they count where a bound is for all together.
  const totals = new Map<GuardedPart, PartTotal>(parts);
  // Until one was seen: a call looks, runs the command, and looks again.
  let extendTime = 3 * looked.duration;

  const tell = (event: OmitOccurrence<GuardEvent>): void =>
    feed.push({ ...event, at: Date.now(), volume: guarded.volume } as GuardEvent);

  async function extend(reading: PartReading, state: PartState, to: bigint): Promise<void> {
    const { part, size: from } = reading;
    const begun = performance.now();
    try {
      const size = await guarded.extend(part, to, stop.signal);
      const duration = performance.now() - begun;
      extendTime = duration;
      state.extended += size - from;
      state.size = size;
      state.free -= size - from;
      state.failures = 0;
      if (size > from) tell({ kind: 'extended', part, from, to: size, duration });
    } catch (error) {
      // What was given up as the guard ends is no trouble; a snapshot that overflowed meanwhile is told of by the next look.
      if (stop.signal.aborted) return;
      if (error instanceof LvmError && error.reason === 'snapshot-invalid') return;
      state.freeAt = never;
      state.retryAt = performance.now() + 1000;
      state.failures++;
      const isShort = error instanceof LvmError && error.reason === 'not-enough-space';
      // What was known of the free space may have been wrong, and is looked at before it is tried again.
      if (isShort && state.failures === 1) return;
      const message = `${guarded.volume} could not be extended to ${bytesText(to)}: ${errorText(error)}`;
      trouble(reading, state, isShort ? 'no-space' : 'failed', null, message);
    }
  }

  function trouble(
    { part }: PartReading,
    state: PartState,
    why: Why,
    fullIn: number | null,
    message: string,
  ): void {
    if (state.troubled) return;
    state.troubled = true;
    tell({ kind: 'unprotectable', part, why, fullIn, message });
  }

  async function attend(reading: PartReading, state: PartState): Promise<GuardDecision> {
    const { part, used, size, most } = reading;
    const now = performance.now();
    state.window = observeFill(state.window, { at: now, used });
    const rate = fillRate(state.window);
    const ratio = Number(size) === 0 ? 1 : Number(used) / Number(size);
    if (Math.abs(ratio - state.told) >= 0.01) {
      state.told = ratio;
      tell({ kind: 'usage', part, used, size, ratio, rate });
    }
    if (reading.full !== null && !state.overflowed) tell({ kind: 'overflowed', part, message: reading.full });
    state.overflowed = reading.full !== null;
    const basis = {
      used,
      size,
      most,
      rate,
      extendTime,
      extended: state.extended,
      extentSize: guarded.extentSize,
    };
    const settings = limited(part, state.settings, guarded.together, totals);
    let decision = decide({ ...basis, free: state.free }, settings);
    const isOld = decision.trouble !== null && now - state.freeAt > freshFor;
    // What the group has free may be long known: nothing is said to be short on hearsay. To extend by what there is does
    // not wait for a look, which takes the time that a report of lvm takes.
    if (isOld && state.freeAt !== never && decision.extendTo !== null && now >= state.retryAt) {
      await extend(reading, state, decision.extendTo);
      return decision;
    }
    if (state.freeAt === never || isOld) {
      state.free = await guarded.free(part, stop.signal).catch(() => state.free);
      state.freeAt = performance.now();
      if (stop.signal.aborted) return decision;
      decision = decide({ ...basis, free: state.free }, settings);
    }
    if (decision.trouble === null) {
      if (state.failures === 0) state.troubled = false;
    } else {
      const { why, fullIn } = decision.trouble;
      trouble(reading, state, why, fullIn, shortage(guarded, reading, state, decision.trouble));
    }
    if (decision.extendTo !== null && now >= state.retryAt) await extend(reading, state, decision.extendTo);
    return decision;
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      const reading = await guarded.read();
      if (reading.kind !== 'parts' && reading.kind !== 'unknown') {
        tell({ kind: reading.kind, part: reading.part, message: reading.message });
        return;
      }
      let interval = 1000;
      const found = reading.kind === 'parts' ? reading.parts : [];
      keepSizes(totals, found);
      for (const one of found) {
        const state = parts.get(one.part);
        if (state === undefined || stop.signal.aborted) continue;
        const decision = await attend(one, state);
        if (decision.safe && one.part === 'snapshot') {
          tell({ kind: 'safe', part: one.part, size: one.size });
          return;
        }
        interval = Math.min(interval, decision.extendTo === null ? decision.interval : 20);
      }
      await sleep(interval, undefined, { signal: stop.signal }).catch(() => {});
    }
  }

  const done = run().finally(async () => {
    await guarded.ended();
    feed.end();
  });
  // Whoever does not ask for it is not to be killed by it.
  done.catch(() => {});
  const close = async (): Promise<void> => {
    stop.abort();
    // Why it ended is told by `done`.
    await done.catch(() => {});
  };
  return {
    done,
    on: (listener) => feed.on(listener),
    close,
    [Symbol.asyncIterator]: () => feed.iterate(),
    [Symbol.asyncDispose]: close,
  };
}

type Why = Extract<GuardEvent, { kind: 'unprotectable' }>['why'];
type OmitOccurrence<E> = E extends unknown ? Omit<E, 'at' | 'volume'> : never;

// Milliseconds that a look at the group's space is good for.
const freshFor = 5000;
