import { isRaid } from '../../lvm/commands/lvconvert-images.ts';
import type { GroupState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup } from '../lvm-step.ts';
import { fillingIn } from '../mirror/filling.ts';
import { hasCopies } from '../sync-refusal.ts';
import type { Tools } from '../tools.ts';
import type { Prepared } from '../workflow.ts';
import { type Damage, damageOf } from './degraded.ts';
import { visibleOf } from './degraded-parts.ts';
import { destroyedBy, withoutDestroyed } from './replace-destroy.ts';
import { filledIn } from './replace-filled.ts';
import { type FailedDisk, findFailures } from './replace-find.ts';
import { disksToLetGo } from './replace-let-go.ts';
import type { CheckedReplace } from './replace-options.ts';
import { planRepairs, type Repairs } from './replace-plan.ts';
import { type ReplaceResult, resultOf, syncingIn } from './replace-result.ts';
import { refreshesOf } from './replace-stale.ts';
import { type Replacement, replaceSteps } from './replace-steps.ts';
import { tellingsOf } from './replace-tell.ts';
import { changesOf, shortageRefusal, summaryOf, warningsOf } from './replace-words.ts';
import { untouchable } from './replace-work.ts';
import { basesWith, sparesApart, sparesOf } from './spare.ts';

/** Looks at a group and decides on all of a replacement. Rejects with a {@link Refusal} if it cannot be done. */
export async function prepareReplace(
  tools: Tools,
  options: CheckedReplace,
  signal: AbortSignal | undefined,
): Promise<Prepared<ReplaceResult>> {
  const { vg, failed, keepLost, wait } = options;
  const { state, group } = await lookAtGroup(tools, vg, signal);
  const statuses = await tools.dm.status({ signal });
  const found = await findFailures(state, group, statuses, failed, signal);
  const all = new Set(found.disks.map(({ uuid }) => uuid));
  const loss = damageOf(group, all, statuses);
  const { destroy, destroyWith, kept } = destroyedBy(state, loss, options);
  const doomed = new Set([...destroy, ...destroyWith]);
  const damage = withoutDestroyed(group, loss, doomed);
  if (damage.blocked.length > 0 && !keepLost) throw blockedRefusal(damage);
  const letGo = disksToLetGo(group, damage, found.disks, doomed);
  const disks = found.disks.map((disk) =>
    letGo.includes(disk) ? { ...disk, kind: 'missing' as const } : disk,
  );
  const bad = { missing: uuidsOf(disks, 'missing'), failing: uuidsOf(disks, 'failing') };

  const able = await sparesOf(state, group, all, options.spares, options.wipeSignatures, signal);
  const bases = await basesWith(group, able);
  const failing = disks.flatMap(({ path }) => path ?? []);
  const spares = sparesApart(able, bases, failing, options.spares !== 'free');
  const repairs = planRepairs(group, damage, bad, spares, bases);
  if ('shortage' in repairs) throw shortageRefusal(group, repairs.shortage);
  const repairing = new Set([...repairs.before, ...repairs.after].map(({ volume }) => volume));
  const stale = refreshesOf(group, found.stale, repairing);
  const refreshed = stale.flatMap(({ raids }) => raids);
  // What is blocked is not made whole here, so nothing is waited for.
  const stuck = untouchable(group, damage);
  const syncing = syncingIn(group, statuses).flatMap(({ fullName }) =>
    stuck.has(fullName) ? [] : [fullName],
  );
  const unsettled = wait ? new Set<string>() : unsettledIn(group, [...refreshed, ...syncing]);
  const isActive = (name: string): boolean =>
    group.lvs.find(({ fullName }) => fullName === name)?.active !== false;
  const isWaited = (name: string): boolean => wait && isActive(name);
  const filled = filledIn(state, group, statuses);
  const isFilled = (name: string): boolean => isWaited(name) || (filled.has(name) && !repairing.has(name));
  const forget = forgetOf(group, repairs, stale, unsettled, isFilled);
  const remirrored = new Set(repairs.after.map(({ volume }) => volume));
  const touched = new Set([...repairing, ...forget.map(({ volume }) => volume)]);
  const mirrored = group.lvs.flatMap(({ fullName, segtype }) =>
    touched.has(fullName) && (hasCopies(segtype) || remirrored.has(fullName)) ? [fullName] : [],
  );
  const whole = [...new Set([...mirrored, ...refreshed])];
  const stays = kept.length > 0 || damage.blocked.length > 0;
  // That a mirror is filled is nothing that needs a disk.
  const noted = forget.filter(({ tags }) => fillingIn(tags).length < tags.length);
  const hasWork = disks.length + found.returned.length + stale.length + repairing.size + noted.length > 0;
  const plan: Replacement = {
    ...{ vg, state, disks, bases, letGo, stale, destroy, destroyWith, kept },
    tell: tellingsOf(group, damage.mirrors, repairs.before, statuses, new Set(letGo.map(({ uuid }) => uuid))),
    repairs: { ...repairs, forget },
    returned: found.returned,
    blocked: damage.blocked.map(({ name }) => name),
    add: hasWork ? spares.flatMap(({ uuid, path }) => (uuid === null ? [path] : [])) : [],
    wipeSignatures: options.wipeSignatures,
    poolSpares: stays ? [] : damage.poolSpares.map(({ fullName }) => fullName),
    remove: disks.length > 0 && !stays,
    await: wait ? [...new Set([...whole, ...syncing])].filter(isActive) : [],
  };
  const asleep = whole.filter((name) => !isActive(name));
  const nosync = group.lvs.filter((row) => row.initialImageSync === false && whole.includes(row.fullName));
  return {
    subject: vg,
    summary: summaryOf(plan),
    changes: changesOf(group, damage, plan),
    warnings: [
      ...found.warnings,
      ...warningsOf(plan),
      ...damage.blocked.map(({ name, why }) => `${name} stays degraded: ${why}.`),
      ...nosync.map(
        ({ fullName }) =>
          `${fullName} was made with --nosync: its copies were never made the same, and new ones get what those have that are left.`,
      ),
      ...repairs.notes
        .filter(({ volume, tags }) => fillingIn(tags).length > 0 && !isWaited(volume))
        .map(
          ({ volume, tags }) =>
            `${volume} keeps the tag ${fillingIn(tags).join(' and ')}, by which no copy is taken for whole that is not: call again to wait for the sync, which takes it off.`,
        ),
      ...asleep.map((name) => `${name} is not active, and gets in sync when it is.`),
    ],
    steps: replaceSteps(tools, plan),
    result: () => resultOf(tools, plan, whole),
  };
}

function uuidsOf(disks: readonly FailedDisk[], wanted: FailedDisk['kind']): ReadonlySet<string> {
  return new Set(disks.flatMap(({ kind, uuid }) => (kind === wanted ? [uuid] : [])));
}

// What is neither waited for nor in sync already keeps its tags: a leg that dies again has to be known by them, and a
// copy that is not filled.
function forgetOf(
  group: GroupState,
  repairs: Repairs,
  stale: Replacement['stale'],
  unsettled: ReadonlySet<string>,
  isFilled: (volume: string) => boolean,
): Repairs['forget'] {
  return group.lvs.flatMap(({ fullName: volume }) => {
    const all = [...repairs.forget, ...stale].flatMap((one) => (one.volume === volume ? one.tags : []));
    const kept = isFilled(volume) ? [] : fillingIn(all);
    const tags = all.filter((tag) => !kept.includes(tag));
    if (tags.length === 0 || unsettled.has(volume)) return [];
    return [{ volume, tags: [...new Set(tags)] }];
  });
}

// Of these volumes the RAID ones, and those that are visible and have their tags.
function unsettledIn(group: GroupState, names: readonly string[]): ReadonlySet<string> {
  const raids = group.lvs.filter(({ fullName, segtype }) => isRaid(segtype) && names.includes(fullName));
  return new Set(raids.flatMap((row) => [row.fullName, visibleOf(group, row).fullName]));
}

function blockedRefusal({ blocked }: Damage): Refusal {
  return new Refusal(
    'unsafe',
    blocked.map(({ name, why }) => `${name} cannot be repaired now: ${why}`).join('; '),
    'See to that first, or set keepLost to true to repair all others.',
  );
}
