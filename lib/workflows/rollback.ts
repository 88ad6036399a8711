import { invalidType, requireOnly } from '../arguments.ts';
import { requireVolume } from '../lvm/names.ts';
import { requireBoolean } from '../lvm/option.ts';
import type { LvmState } from '../lvm/state.ts';
import { lookAtGroup } from './lvm-step.ts';
import type { Done, Plan, Planned } from './plan.ts';
import { requireMergeable, type SeenPair } from './rollback-checks.ts';
import { sightOf } from './rollback-kernel.ts';
import { pairsIn } from './rollback-pairs.ts';
import { leftOf, type MergeState } from './rollback-run.ts';
import {
  activateSteps,
  beginStep,
  finishSteps,
  mergeStep,
  noteStep,
  type RollbackRun,
  waitStep,
} from './rollback-steps.ts';
import { callbackSteps, type RollbackCallbacks } from './rollback-use.ts';
import { changesOf, summaryOf, warningsOf } from './rollback-words.ts';
import { type Tools, type WorkflowOptions, workflowKeys } from './tools.ts';
import { type Prepared, planWorkflow, runWorkflow, type Workflow } from './workflow.ts';

/** Options of {@link rollback}. */
export interface RollbackOptions extends WorkflowOptions, RollbackCallbacks {
  /** `vg/lv` of the snapshot that its origin is to become, or several of one group, each of another origin. */
  readonly snapshots: string | readonly string[];
  /**
   * What to do if an origin or snapshot is open, after `unmount` if there is one. `refuse` (default): nothing. `defer`:
   * lvm merges it when the origin is activated the next time; the only way for the root file system.
   */
  readonly whenOpen?: 'refuse' | 'defer' | undefined;
  /** Whether to wait until the merges have ended; default true. The origin can be used once they have begun. */
  readonly wait?: boolean | undefined;
  /**
   * Other snapshots (`vg/lv`) of the origins that may overflow, and be lost, by what the merge writes. It is refused with
   * `needs-consent` if one may that is not named.
   */
  readonly allowOverflow?: readonly string[] | undefined;
}

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
    (pair.sight.merging ? !wait : pair.phase === 'scheduled' && deferred.includes(pair));
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

function groupName([first = '']: readonly string[]): string {
  return first.split('/')[0] ?? '';
}

function requireOptions(options: RollbackOptions): readonly string[] {
  requireOnly(options, [
    ...['snapshots', 'whenOpen', 'wait', 'allowOverflow', 'unmount', 'remount'],
    ...workflowKeys,
  ]);
  const { snapshots, whenOpen, wait, allowOverflow, unmount, remount } = options;
  const names = requireNames('snapshots', typeof snapshots === 'string' ? [snapshots] : snapshots);
  if (names.length === 0) throw invalidType('snapshots', 'a snapshot at least', snapshots);
  if (names.some((name) => groupName([name]) !== groupName(names)))
    throw invalidType('snapshots', 'snapshots of one group', snapshots);
  if (new Set(names).size !== names.length) throw invalidType('snapshots', 'each snapshot once', snapshots);
  if (whenOpen !== undefined && whenOpen !== 'refuse' && whenOpen !== 'defer')
    throw invalidType('whenOpen', "'refuse' or 'defer'", whenOpen);
  if (wait !== undefined) requireBoolean('wait', wait);
  if (allowOverflow !== undefined) requireNames('allowOverflow', allowOverflow);
  for (const [name, callback] of Object.entries({ unmount, remount }))
    if (callback !== undefined && typeof callback !== 'function')
      throw invalidType(name, 'a function', callback);
  return names;
}

function requireNames(argument: string, values: readonly string[]): readonly string[] {
  if (!Array.isArray(values)) throw invalidType(argument, 'vg/lv, or a list of them', values);
  return values.map((value, index) => {
    const { vg, lv } = requireVolume(`${argument}[${index}]`, value);
    return `${vg}/${lv}`;
  });
}
