import type { DeviceStatus } from '../../device.ts';
import type { GroupState } from '../../lvm/state.ts';
import { Refusal, type Remainder } from '../errors.ts';
import { lookAtGroup } from '../lvm-step.ts';
import { legsOf, legsTogether } from '../mirror/mirror-legs.ts';
import type { Tools } from '../tools.ts';
import { damageOf } from './degraded.ts';
import { type DeadLeg, deadLegs } from './degraded-kernel.ts';
import { namesIn } from './replace-names.ts';
import { noteTags } from './replace-note.ts';
import type { Replacement } from './replace-steps.ts';

/**
 * Throws a {@link Refusal} `failed` if a group misses a disk, or a mirror or RAID volume a copy, also one that only its
 * segments tell of, or if lvm has put two copies on one disk. What was to stay as it is, is not complained of.
 */
export async function checkWhole(tools: Tools, plan: Replacement, signal: AbortSignal): Promise<void> {
  const { vg, kept, blocked, bases, repairs } = plan;
  const { state, group } = await lookAtGroup(tools, vg, signal);
  const statuses = await tools.dm.status({ signal });
  const stays = kept.length + blocked.length > 0;
  const wrong = wrongIn(group, statuses, stays);
  if (wrong !== null) throw new Refusal('failed', `all was done, but ${wrong}`, again);
  const dead = stays ? [] : deadLegs(group, statuses);
  if (dead.length > 0) throw deadRefusal(group, dead);
  const touched = new Set([...repairs.before, ...repairs.after].map(({ volume }) => volume));
  for (const row of group.lvs.filter(({ fullName }) => touched.has(fullName))) {
    const before = plan.state.groups.flatMap(({ lvs }) => lvs).find(({ uuid }) => uuid === row.uuid);
    const isOld = before !== undefined && legsTogether(legsOf(plan.state, before), bases) !== null;
    const together = isOld ? null : legsTogether(legsOf(state, row), bases);
    if (together !== null)
      throw new Refusal(
        'failed',
        `lvm has put two copies of ${row.fullName} on one disk: ${together}`,
        `Move one off it: "pvmove --name ${row.name}".`,
      );
  }
}

/** What is left of a replacement that did not come to its end. */
export async function remainderOf(tools: Tools, vg: string): Promise<Remainder> {
  const { group } = await lookAtGroup(tools, vg);
  const wrong = wrongIn(group, await tools.dm.status(), false);
  const noted = group.lvs.filter(({ tags }) => noteTags(tags).length > 0).map(({ fullName }) => fullName);
  const notes =
    noted.length === 0 ? '' : `; the tag devmapper.replace notes on ${noted.join(', ')} what it is to be`;
  const syncing = group.lvs.filter(({ copyPercent }) => copyPercent !== null && copyPercent < 100);
  const behind = syncing
    .filter(({ segtype }) => segtype === 'mirror' || segtype.startsWith('raid'))
    .map(({ fullName, copyPercent }) => `${fullName} is at ${copyPercent} percent, and goes on by itself`);
  const state = wrong ?? `${vg} misses nothing`;
  return { state: [`${state}${notes}`, ...behind].join('; '), next: again };
}

const again = 'Call replaceFailedDevice again with the same options: it goes on where this one has ended.';

function deadRefusal(group: GroupState, dead: readonly DeadLeg[]): Refusal {
  const legs = dead.map(({ row, image, parts }) => {
    const names = new Set(parts.map(({ uuid }) => uuid));
    const disks = group.pvSegs.flatMap(({ lvUuid, pvName }) =>
      lvUuid !== null && names.has(lvUuid) && pvName !== null ? [pvName] : [],
    );
    const what = image === null ? 'the log' : `image ${image.index}`;
    return `${what} of ${row.fullName}${disks.length === 0 ? '' : ` on ${namesIn([...new Set(disks)])}`}`;
  });
  return new Refusal(
    'failed',
    `all was done, but the kernel does not use ${legs.join('; ')}`,
    `${again} If the disk fails again and again, name it in "failed".`,
  );
}

function wrongIn(group: GroupState, statuses: readonly DeviceStatus[], stays: boolean): string | null {
  const missing = group.pvs.filter((pv) => pv.missing === true).map(({ uuid }) => uuid ?? '');
  const damage = damageOf(group, new Set(missing), statuses);
  const names = damage.mirrors.map(({ row }) => row.fullName);
  if (names.length > 0)
    return `${names.join(', ')} still ${names.length === 1 ? 'lacks' : 'lack'} a copy or the log`;
  if (stays) return null;
  if (missing.length > 0)
    return `${group.vg.name} misses ${missing.length === 1 ? 'a disk' : `${missing.length} disks`} still: ${missing.join(', ')}`;
  const broken = [...damage.lost.map(({ row }) => row.fullName), ...damage.blocked.map(({ name }) => name)];
  return broken.length === 0 ? null : `${broken.join(', ')} is not whole`;
}
