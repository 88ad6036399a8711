import type { LvRow } from '../lvm/columns/lv.ts';
import type { GroupState } from '../lvm/state.ts';
import { type Damage, damageOf } from './degraded.ts';
import { errorSegment } from './degraded-parts.ts';
import { Refusal } from './errors.ts';
import { lookAtGroup } from './lvm-step.ts';
import type { Done, Plan, Planned } from './plan.ts';
import { destroyedBy } from './replace-destroy.ts';
import { type FailedDisk, findFailures } from './replace-find.ts';
import { disksToLetGo } from './replace-let-go.ts';
import { type CheckedReplace, checkReplace, type ReplaceOptions } from './replace-options.ts';
import { planRepairs } from './replace-plan.ts';
import { type Replacement, replaceSteps } from './replace-steps.ts';
import { changesOf, shortageRefusal, summaryOf, warningsOf } from './replace-words.ts';
import { sparesOf } from './spare.ts';
import { hasCopies } from './sync-refusal.ts';
import type { Tools } from './tools.ts';
import { type Prepared, planWorkflow, runWorkflow, type Workflow } from './workflow.ts';

/** What came of {@link replaceFailedDevice}. */
export interface ReplaceResult {
  /** Uuids of the PVs that are no longer in the group. */
  readonly removed: readonly string[];
  /** Paths of the disks that came into it. */
  readonly added: readonly string[];
  /** Mirrors and RAID volumes, `vg/lv`, hidden parts too, that have all their copies again. */
  readonly repaired: readonly string[];
  /** Volumes that are gone, as `allowDestroy` named them. */
  readonly destroyed: readonly string[];
  /** Volumes that have lost data and are there still, as `keepLost` has it. */
  readonly kept: readonly string[];
}

/**
 * Replaces the failed or missing disk of a group: gives every mirror and RAID volume that has lost a copy a new one on
 * other disks, takes the failed disk out, and waits until all is in sync. Finds the disk by itself; also finds what
 * `vgreduce --removemissing` hides, and goes on with what an earlier run has left. Rejects with a `WorkflowError`, before
 * anything is changed if a volume does not survive, there is no room, or the disk that is named is well.
 */
export function replaceFailedDevice(
  tools: Tools,
  options: ReplaceOptions & { readonly dryRun: true },
): Promise<Planned>;
export function replaceFailedDevice(
  tools: Tools,
  options: ReplaceOptions & { readonly dryRun?: false | undefined },
): Promise<Done<ReplaceResult>>;
export async function replaceFailedDevice(
  tools: Tools,
  options: ReplaceOptions & { readonly dryRun?: boolean | undefined },
): Promise<Done<ReplaceResult> | Planned> {
  return runWorkflow(tools, options, workflowOf(tools, checkReplace(options)));
}

/** What {@link replaceFailedDevice} would do now. Changes nothing; rejects as that does. */
export async function planReplaceFailedDevice(tools: Tools, options: ReplaceOptions): Promise<Plan> {
  return planWorkflow(tools, options, workflowOf(tools, checkReplace(options)));
}

function workflowOf(tools: Tools, options: CheckedReplace): Workflow<ReplaceResult> {
  return {
    name: 'replaceFailedDevice',
    subjects: [options.vg],
    prepare: (signal) => prepare(tools, options, signal),
  };
}

async function prepare(
  tools: Tools,
  options: CheckedReplace,
  signal: AbortSignal | undefined,
): Promise<Prepared<ReplaceResult>> {
  const { vg, failed, keepLost } = options;
  const { state, group } = await lookAtGroup(tools, vg, signal);
  const found = await findFailures(tools, state, group, failed, signal);
  const all = new Set(found.disks.map(({ uuid }) => uuid));
  const damage = damageOf(group, all);
  const { destroy, destroyWith, kept } = destroyedBy(state, damage, options);
  if (damage.blocked.length > 0 && !keepLost) throw blockedRefusal(damage);
  const letGo = disksToLetGo(group, damage, found.disks, keepLost);
  const disks = found.disks.map((disk) =>
    letGo.includes(disk) ? { ...disk, kind: 'missing' as const } : disk,
  );
  const bad = { missing: uuidsOf(disks, 'missing'), failing: uuidsOf(disks, 'failing') };

  const spares = await sparesOf(state, group, all, options.spares, options.wipeSignatures, signal);
  const repairs = planRepairs(group, damage, bad, spares);
  if ('shortage' in repairs) throw shortageRefusal(group, repairs.shortage);
  const stays = kept.length > 0 || damage.blocked.length > 0;
  const touched = new Set(
    [...repairs.before, ...repairs.after, ...repairs.forget].map(({ volume }) => volume),
  );
  const remirrored = new Set(repairs.after.map(({ volume }) => volume));
  const mirrored = group.lvs.flatMap(({ fullName, segtype }) =>
    touched.has(fullName) && (hasCopies(segtype) || remirrored.has(fullName)) ? [fullName] : [],
  );
  const stale = found.stale
    .filter((row) => !touched.has(row.fullName) && !hasErrors(group, row))
    .map(({ fullName }) => fullName);
  const isActive = (name: string): boolean =>
    group.lvs.find(({ fullName }) => fullName === name)?.active !== false;
  const hasWork = disks.length + found.returned.length + stale.length + touched.size > 0;
  const plan: Replacement = {
    ...{
      vg,
      state,
      disks,
      letGo,
      returned: found.returned,
      stale,
      repairs,
      destroy,
      destroyWith,
      kept,
    },
    add: hasWork ? spares.flatMap(({ uuid, path }) => (uuid === null ? [path] : [])) : [],
    wipeSignatures: options.wipeSignatures,
    poolSpares: stays ? [] : damage.poolSpares.map(({ fullName }) => fullName),
    remove: disks.length > 0 && !stays,
    await: options.wait ? [...mirrored, ...stale].filter(isActive) : [],
  };
  const asleep = [...mirrored, ...stale].filter((name) => !isActive(name));
  return {
    subject: vg,
    summary: summaryOf(plan),
    changes: changesOf(group, damage, plan),
    warnings: [
      ...found.warnings,
      ...warningsOf(plan),
      ...(keepLost ? damage.blocked.map(({ name, why }) => `${name} stays degraded: ${why}.`) : []),
      ...asleep.map((name) => `${name} is not active, and gets in sync when it is.`),
    ],
    steps: replaceSteps(tools, plan),
    result: () => ({
      removed: plan.remove ? plan.disks.map(({ uuid }) => uuid) : [],
      added: plan.add,
      repaired: [...mirrored, ...stale],
      destroyed: [...destroy, ...destroyWith],
      kept: kept.map(({ row }) => row.fullName),
    }),
  };
}

function uuidsOf(disks: readonly FailedDisk[], wanted: FailedDisk['kind']): ReadonlySet<string> {
  return new Set(disks.flatMap(({ kind, uuid }) => (kind === wanted ? [uuid] : [])));
}

function hasErrors(group: GroupState, { name }: LvRow): boolean {
  return group.lvs.some((lv) => lv.name.startsWith(`${name}_r`) && errorSegment(group, lv));
}

function blockedRefusal({ blocked }: Damage): Refusal {
  return new Refusal(
    'unsafe',
    blocked.map(({ name, why }) => `${name} cannot be repaired now: ${why}`).join('; '),
    'See to that first, or set keepLost to true to repair all others.',
  );
}
