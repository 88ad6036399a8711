import { abortError, onAbort } from '../../abort.ts';
import { awaitCallback } from '../callback-wait.ts';
import { Refusal, WorkflowError } from '../errors.ts';
import type { Guard, GuardEvent } from '../guard/guard-events.ts';
import { guardSnapshot } from '../guard/guard-snapshot.ts';
import { requireShown } from '../mounted.ts';
import type { StepContext } from '../step.ts';
import type { Tools } from '../tools.ts';
import { bytesText } from './snapshot-size.ts';
import { storeState, watchSnapshots } from './snapshot-watch.ts';
import type { WithSnapshotSettings } from './with-snapshot-options.ts';
import type { Taken } from './with-snapshot-take.ts';
import type { Snapshot, SnapshotCallback, TakenSnapshot, WithSnapshotResult } from './with-snapshot-types.ts';

/**
 * Calls the callback while the snapshots are watched. Throws a {@link Refusal} `overflowed` if one is lost, whatever the
 * callback did; what it threw; or an `AbortError`. What the callback threw is the `cause` of the first and the last.
 */
export async function performUse<T>(
  tools: Tools,
  settings: WithSnapshotSettings,
  taken: readonly Taken[],
  callback: SnapshotCallback<T>,
  { signal, warn, progress }: StepContext,
): Promise<Omit<WithSnapshotResult<T>, 'spread'>> {
  const stop = new AbortController();
  const forget = onAbort(signal, () => stop.abort(signal.reason));
  const snapshots = taken.map(toSnapshot);
  const guards: Guard[] = [];
  const watch = await watchSnapshots(tools.dm, snapshots, {
    onLost: (message) => stop.abort(lost(message)),
    onFull: (name, ratio) =>
      progress({ ratio: null, detail: `${name} is ${Math.floor(ratio * 100)} % full` }),
  });
  try {
    const tell = tellingOf(warn, progress);
    for (const { taking } of taken) {
      if (settings.guard === null || taking.store === null || taking.store.full) continue;
      // The settings are checked ones: null stands for an option that was left out.
      const { budget, maximum, step, ...line } = settings.guard;
      const guard = await guardSnapshot(tools, {
        ...line,
        ...{ snapshot: taking.name, signal: stop.signal },
        ...{ budget: budget ?? undefined, maximum: maximum ?? undefined },
        step: 'bytes' in step ? step.bytes : step,
      }).catch((error: unknown) => {
        if (watch.lost !== null) throw lost(watch.lost);
        throw error instanceof WorkflowError
          ? new Refusal(error.reason, error.message, undefined, error)
          : error;
      });
      guard.on(tell);
      guards.push(guard);
    }
    stop.signal.throwIfAborted();
    const waiting = { signal: stop.signal, progress };
    const answer = await settled(() =>
      awaitCallback('the callback', waiting, () => callback(snapshots, stop.signal)),
    );
    for (const guard of guards) await guard.close();
    // Once more, before anything that was read counts: the page cache hides what is lost.
    const looks = Promise.all(snapshots.map((snapshot) => storeState(tools.dm, snapshot)));
    const states = await looks.catch((error: unknown) => {
      throw answer.ok ? error : answer.error;
    });
    const message = watch.lost ?? states.find((state) => state.lost !== null)?.lost ?? null;
    // What the callback failed with may say more than that it was stopped, such as what it has left.
    const failure = answer.ok ? undefined : answer.error;
    if (message !== null) throw lost(message, failure);
    if (signal.aborted) throw answer.ok ? abortError(signal) : aborted(signal, failure);
    if (!answer.ok) throw failure;
    for (const { name, device, directory } of snapshots) await requireShown(name, device, directory);
    return {
      value: answer.value,
      snapshots: taken.map((one, index) => toResult(one, states[index])),
    };
  } finally {
    forget();
    watch.close();
    for (const guard of guards) await guard.close();
  }
}

function lost(message: string, cause?: unknown): Refusal {
  return new Refusal(
    'overflowed',
    `${message}: what was read from it is not to be trusted`,
    "Throw away what was made of it, and call again with more room (size: 'full' cannot overflow) or with guard: true.",
    cause,
  );
}

function aborted(signal: AbortSignal, cause: unknown): Error {
  return Object.assign(abortError(signal), { cause });
}

function tellingOf(warn: StepContext['warn'], progress: StepContext['progress']) {
  return (event: GuardEvent): void => {
    if (event.kind === 'unprotectable') warn(event.message);
    if (event.kind !== 'extended') return;
    progress({
      ratio: null,
      detail: `${event.volume} was extended from ${bytesText(event.from)} to ${bytesText(event.to)}`,
    });
  };
}

async function settled<T>(
  call: () => Promise<T>,
): Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    return { ok: false, error };
  }
}

function toSnapshot({ taking, takenAt, directory }: Taken): Snapshot {
  const { origin, name, device, mount, store } = taking;
  return {
    ...{ origin, name, device, directory, filesystem: mount.filesystem },
    ...{ thin: store === null, takenAt: takenAt ?? new Date() },
  };
}

function toResult(
  { taking: { origin, name, store }, takenAt }: Taken,
  state: { readonly size: bigint | null; readonly used: bigint | null } | undefined,
): TakenSnapshot {
  return {
    ...{ origin, name, takenAt: takenAt ?? new Date() },
    requested: store?.requested ?? null,
    size: state?.size ?? null,
    trimmed: store?.trimmed ?? false,
    peakUsed: state?.used ?? null,
  };
}
