import type { LvmState } from '../../lvm/state.ts';
import { lookAtGroup } from '../lvm-step.ts';
import type { Done, Plan, Planned } from '../plan.ts';
import type { Tools } from '../tools.ts';
import { type Prepared, planWorkflow, runWorkflow, type Workflow } from '../workflow.ts';
import { requireMergeable, type SeenPair } from './rollback-checks.ts';
import { sightOf } from './rollback-kernel.ts';
import { leftOf } from './rollback-left.ts';
import { finishSteps, noteStep } from './rollback-note-steps.ts';
import { groupName, type RollbackOptions, requireOptions } from './rollback-options.ts';
import { pairsIn } from './rollback-pairs.ts';
import type { MergeState } from './rollback-run.ts';
import { activateSteps, beginStep, mergeStep, type RollbackRun, waitStep } from './rollback-steps.ts';
import { callbackSteps } from './rollback-use.ts';
import { changesOf, summaryOf, warningsOf } from './rollback-words.ts';

/** What came of one snapshot. */
export interface RolledBack {
  readonly origin: string;
  readonly snapshot: string;
  /**
   * `merged`: the snapshot is gone, the origin is what it was. `merging`: the origin reads as the snapshot, the kernel
   * copies. `deferred`: lvm merges it when the origin is activated the next time.
   */
  readonly state: 'merged' | 'merging' | 'deferred';
}

/** What {@link rollback} did. */
export interface RollbackResult {
  readonly origins: readonly RolledBack[];
}

/**
 * Makes volumes again what their snapshots hold, thin ones too, by lvm's merge: all that was written to them since is
 * lost, and the snapshots are gone. An inactive origin is activated for that time. Called again after it was ended half-way
 * it goes on. Rejects with a {@link WorkflowError}; throws a TypeError for wrong arguments.
 */
export function rollback(
  tools: Tools,
  options: RollbackOptions & { readonly dryRun: true },
): Promise<Planned>;
export function rollback(
  tools: Tools,
  options: RollbackOptions & { readonly dryRun?: false | undefined },
): Promise<Done<RollbackResult>>;
export async function rollback(
  tools: Tools,
  options: RollbackOptions & { readonly dryRun?: boolean | undefined },
): Promise<Done<RollbackResult> | Planned> {
  const names = requireOptions(options);
  const origins = options.dryRun === true ? [] : await originsOf(tools, names, options.signal);
  return runWorkflow(tools, options, workflowOf(tools, options, [...names, ...origins]));
}

/** What {@link rollback} would do. Rejects as it does. */
export async function planRollback(tools: Tools, options: RollbackOptions): Promise<Plan> {
  return planWorkflow(tools, options, workflowOf(tools, options, []));
}

function workflowOf(
  tools: Tools,
  options: RollbackOptions,
  subjects: readonly string[],
): Workflow<RollbackResult> {
  const names = requireOptions(options);
  return { name: 'rollback', subjects, prepare: (signal) => prepare(tools, names, options, signal) };
}

// Another workflow knows the origin's name only. What cannot be found out now, `prepare` tells.
async function originsOf(
  tools: Tools,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  try {
    const { state } = await lookAtGroup(tools, groupName(names), signal);
    return pairsIn(state, names).map(({ origin }) => origin);
  } catch {
    return [];
  }
}

async function prepare(
  tools: Tools,
  names: readonly string[],
  options: RollbackOptions,
  signal: AbortSignal | undefined,
): Promise<Prepared<RollbackResult>> {
  const { whenOpen = 'refuse', wait = true, allowOverflow = [], unmount } = options;
  const vg = groupName(names);
  const { state, pairs } = await lookAtPairs(tools, names, signal);
  for (const pair of pairs)
    requireMergeable(state, pair, { whenOpen, unmounts: unmount !== undefined, allowOverflow });
  const deferred = pairs.filter(
    ({ phase, sight }) =>
      phase !== 'gone' && !sight.merging && sight.users.length > 0 && unmount === undefined,
  );
  const reached = new Map(pairs.map((pair) => [pair.snapshot, reachedBy(pair)]));
  let isTold = false;
  const left: RollbackRun['left'] = async () => {
    if (isTold) return null;
    isTold = true;
    return leftOf(
      tools,
      pairs.filter(({ phase }) => phase !== 'gone'),
      reached,
    );
  };
  const run: RollbackRun = { tools, vg, state, pairs, deferred, whenOpen, wait, reached, left };
  return {
    subject: names.length === 1 ? (names[0] ?? vg) : vg,
    summary: summaryOf(pairs),
    changes: changesOf(state, pairs),
    warnings: warningsOf(state, pairs, deferred),
    steps: stepsOf(run, options),
    result: () => ({ origins: pairs.map((pair) => toResult(pair, reached)) }),
  };
}

// A merge may end between lvm's report and the kernel's status: then they do not speak of the same moment.
async function lookAtPairs(
  tools: Tools,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ readonly state: LvmState; readonly pairs: readonly SeenPair[] }> {
  const vg = groupName(names);
  for (let attempt = 1; ; attempt++) {
    const { state, group } = await lookAtGroup(tools, vg, signal);
    const pairs: SeenPair[] = [];
    for (const pair of pairsIn(state, names))
      pairs.push({ ...pair, sight: await sightOf(tools, pair, signal) });
    if (attempt === 5 || pairs.every(({ phase }) => phase !== 'scheduled')) return { state, pairs };
    const { group: after } = await lookAtGroup(tools, vg, signal);
    if (after.vg.seqno === group.vg.seqno) return { state, pairs };
  }
}

function stepsOf(run: RollbackRun, options: RollbackOptions) {
  const { pairs, deferred, wait } = run;
  // What lvm was told before, and cannot do yet, needs nothing more.
  const isAsWanted = (pair: SeenPair): boolean =>
    pair.note !== null &&
    (pair.sight.merging
      ? !wait && options.remount === undefined
      : pair.phase === 'scheduled' && deferred.includes(pair));
  if (pairs.every(isAsWanted)) return [];
  const { before, after } = callbackSteps(run, options);
  return [
    ...before,
    ...noteStep(run),
    ...activateSteps(run),
    ...mergeStep(run),
    ...beginStep(run),
    ...after,
    ...waitStep(run),
    ...finishSteps(run),
  ];
}

function reachedBy({ phase, sight }: SeenPair): MergeState {
  if (phase === 'gone') return 'merged';
  return sight.merging ? 'merging' : phase;
}

function toResult({ origin, snapshot }: SeenPair, reached: ReadonlyMap<string, MergeState>): RolledBack {
  const now = reached.get(snapshot);
  return { origin, snapshot, state: now === 'merged' || now === 'merging' ? now : 'deferred' };
}
