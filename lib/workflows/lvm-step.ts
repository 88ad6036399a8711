import type { Bound } from '../lvm/bind.ts';
import type { LvRow } from '../lvm/columns/lv.ts';
import type { CallOptions } from '../lvm/operation.ts';
import type { LvmResult } from '../lvm/result.ts';
import { type GroupState, groupOf, type LvmState, volumeOf } from '../lvm/state.ts';
import { Refusal } from './errors.ts';
import type { Tools } from './tools.ts';

/** An lvm command of a plan: its words as they will be run, and what runs it. */
export interface PlannedCommand<R> {
  readonly words: readonly string[];
  run(signal?: AbortSignal): Promise<R>;
}

/**
 * Plans one call of an operation. `state` is what its `--yes` depends on. Throws a TypeError or RangeError for wrong
 * arguments.
 */
export function plannedCommand<T, P extends object, R extends object>(
  state: LvmState,
  operation: Bound<T, P, R>,
  subject: T,
  options: P & CallOptions,
): PlannedCommand<LvmResult & R> {
  const call = operation as unknown as {
    (subject: T, options: P & CallOptions): Promise<LvmResult & R>;
    argvIn(state: LvmState, subject: T, options: P & CallOptions): readonly string[];
  };
  return {
    words: call.argvIn(state, subject, options),
    run: (signal) => call(subject, { ...options, signal }),
  };
}

/** Everything in one group, seen at one moment. Throws a {@link Refusal} `not-found` if there is no such group. */
export async function lookAtGroup(
  { lvm }: Tools,
  vg: string,
  signal?: AbortSignal | undefined,
): Promise<{ readonly state: LvmState; readonly group: GroupState }> {
  // Not only this group: a group that is not there is an error of lvm's otherwise, and devices of no group count too.
  const state = await lvm.fullreport({ signal });
  const group = groupOf(state, vg);
  if (group !== undefined) return { state, group };
  const others = state.groups.map((one) => one.vg.name).join(', ');
  throw new Refusal(
    'not-found',
    `there is no volume group ${vg}`,
    others === '' ? 'There is no other either.' : `There are ${others}.`,
  );
}

/** The volume of this name, `vg/lv`. Throws a {@link Refusal} `not-found` if there is none. */
export function requireVolumeIn(state: LvmState, name: string): LvRow {
  const found = volumeOf(state, name);
  if (found !== undefined) return found;
  const vg = name.split('/')[0] ?? '';
  const others = groupOf(state, vg)?.lvs.filter(({ hidden }) => !hidden) ?? [];
  throw new Refusal(
    'not-found',
    `there is no volume ${name}`,
    `${vg} has ${others.length === 0 ? 'none' : others.map((row) => row.name).join(', ')}.`,
  );
}
