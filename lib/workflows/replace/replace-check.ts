import type { DeviceStatus } from '../../device.ts';
import type { GroupState } from '../../lvm/state.ts';
import { Refusal, type Remainder } from '../errors.ts';
import { lookAtGroup } from '../lvm-step.ts';
import { legsOf, legsTogether } from '../mirror/mirror-legs.ts';
import { hasCopies } from '../sync-refusal.ts';
import type { Tools } from '../tools.ts';
import { namesIn } from '../words.ts';
import { damageOf } from './degraded.ts';
import { type DeadLeg, deadLegs } from './degraded-kernel.ts';
import { diskName } from './replace-names.ts';
import { failingPvs, noteTags } from './replace-note.ts';
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
  if (wrong !== null) throw new Refusal('failed', `all was done, but ${wrong.text}`, again);
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
  const leaving = failingPvs(group.vg.tags).map((uuid) =>
    diskName({ uuid, path: group.pvs.find((pv) => pv.uuid === uuid)?.name ?? null }),
  );
  const behind = group.lvs.filter(
    ({ fullName, copyPercent, segtype }) =>
      copyPercent !== null && copyPercent < 100 && hasCopies(segtype) && !wrong?.volumes.includes(fullName),
  );
  return {
    state: [
      wrong?.text ?? `${vg} misses nothing`,
      ...(leaving.length === 0
        ? []
        : [
            `the tag devmapper.replace:failing notes on ${vg} that ${namesIn(leaving)} ${leaving.length === 1 ? 'is' : 'are'} to leave it`,
          ]),
      ...(noted.length === 0
        ? []
        : [`the tag devmapper.replace notes on ${noted.join(', ')} what it is to be`]),
      ...behind.map(
        ({ fullName, copyPercent }) => `${fullName} is at ${copyPercent} percent, and goes on by itself`,
      ),
    ].join('; '),
    next: again,
  };
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

interface Wrong {
  readonly text: string;
  /** The volumes that it names. */
  readonly volumes: readonly string[];
}

function wrongIn(group: GroupState, statuses: readonly DeviceStatus[], stays: boolean): Wrong | null {
  const missing = group.pvs.filter((pv) => pv.missing === true).map(({ uuid }) => uuid ?? '');
  const damage = damageOf(group, new Set(missing), statuses);
  const names = damage.mirrors.map(({ row }) => row.fullName);
  if (names.length > 0)
    return {
      text: `${names.join(', ')} still ${names.length === 1 ? 'lacks' : 'lack'} a copy or the log`,
      volumes: names,
    };
  if (stays) return null;
  if (missing.length > 0)
    return {
      text: `${group.vg.name} misses ${missing.length === 1 ? 'a disk' : `${missing.length} disks`} still: ${missing.join(', ')}`,
      volumes: [],
    };
  const broken = [...damage.lost.map(({ row }) => row.fullName), ...damage.blocked.map(({ name }) => name)];
  return broken.length === 0 ? null : { text: `${broken.join(', ')} is not whole`, volumes: broken };
}
