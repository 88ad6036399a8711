import { requireInteger, requireOnly, requireSignal } from '../../arguments.ts';
import type { Context } from '../execute.ts';
import { deadlineOf } from '../limits.ts';
import { requireGroup, requireVolume } from '../names.ts';
import { groupOf, type LvmState } from '../state.ts';
import { begunOf } from './begun.ts';
import { look } from './follow.ts';
import type { Job, JobOptions } from './job.ts';
import { runJob } from './run-job.ts';
import { type UnderWay, underWayIn, underWayOf } from './under-way.ts';

/** How to look for jobs, and to watch those that are found. */
export interface FindOptions extends JobOptions {
  /** Ends the search; later, the waiting for what was found. */
  readonly signal?: AbortSignal | undefined;
}

/** What goes on, whoever began it. */
export interface Jobs {
  /**
   * What goes on with `vg/lv`: any volume that it is about, such as a snapshot that is merged or what a pvmove moves.
   * Null if nothing does. Rejects with an {@link LvmError} if there is no such group.
   */
  find(volume: string, options?: FindOptions): Promise<Job | null>;
  /** All that goes on in a group. Each job that is not wanted should be left by `detach`. */
  list(vg: string, options?: FindOptions): Promise<readonly Job[]>;
}

/** The jobs of one instance. */
export function jobsOf(context: Context): Jobs {
  const job = (state: LvmState, underWay: UnderWay, options: FindOptions): Job =>
    runJob(context, {
      kind: underWay.kind,
      subject: `${underWay.vg}/${underWay.lv}`,
      begin: async () => ({ ...begunOf(state, underWay), started: {} }),
      options,
      signal: options.signal,
    });
  return {
    async find(volume, options = {}) {
      const { vg, lv } = requireVolume('volume', volume);
      const { signal } = requireFindOptions(options);
      const state = await look(context, vg, deadlineOf(signal, context.timeout));
      const found = underWayOf(state, `${vg}/${lv}`);
      return found === undefined ? null : job(state, found, options);
    },
    async list(vg, options = {}) {
      requireGroup('vg', vg);
      const { signal } = requireFindOptions(options);
      const state = await look(context, vg, deadlineOf(signal, context.timeout));
      const group = groupOf(state, vg);
      return group === undefined ? [] : underWayIn(group).map((one) => job(state, one, options));
    },
  };
}

function requireFindOptions(options: FindOptions): FindOptions {
  requireOnly(options, ['progressInterval', 'signal']);
  requireInterval(options.progressInterval);
  requireSignal(options.signal);
  return options;
}

/** Throws a TypeError or RangeError unless it is left out or milliseconds that a timer can count. */
export function requireInterval(interval: number | undefined): void {
  if (interval !== undefined) requireInteger('progressInterval', interval, 1, 2 ** 31 - 1);
}
