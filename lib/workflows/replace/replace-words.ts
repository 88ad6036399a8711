import type { GroupState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { capital, namesIn } from '../words.ts';
import type { Damage, DamagedMirror } from './degraded.ts';
import { visibleOf } from './degraded-parts.ts';
import { diskName } from './replace-names.ts';
import { titleOf } from './replace-repair-step.ts';
import type { Replacement } from './replace-steps.ts';
import type { Shortage } from './spare-place.ts';

/** All of a replacement in one sentence. */
export function summaryOf(plan: Replacement): string {
  const { vg, disks, stale, returned, kept, repairs, await: awaited } = plan;
  const names = namesIn(disks.map((disk) => `${diskName(disk)}, which ${disk.why}`));
  if (disks.length > 0)
    return `Replace in ${vg} ${names}${kept.length === 0 ? '' : `, as far as that goes without ${namesIn(kept.map(({ row }) => row.fullName))}`}`;
  if (returned.length + stale.length > 0) return `Take the disks of ${vg} into use again that are back`;
  if (repairs.before.length + repairs.after.length + repairs.forget.length > 0)
    return `Finish in ${vg} what an earlier repair has left`;
  return awaited.length === 0
    ? `${vg} misses nothing, and no copy is lost`
    : `Wait until ${namesIn(awaited)} of ${vg} ${awaited.length === 1 ? 'is' : 'are'} in sync; no copy is lost`;
}

/** What a confirmation has to show, a sentence each. */
export function changesOf(group: GroupState, damage: Damage, plan: Replacement): readonly string[] {
  const { vg, add, repairs, destroy, destroyWith, poolSpares, returned, stale, disks, remove, letGo } = plan;
  const doomed = new Set([...destroy, ...destroyWith]);
  return [
    ...add.map((path) => `${path} becomes a physical volume of ${vg}; what is on it is overwritten`),
    ...letGo.map(
      ({ path }) =>
        `The first 4 KiB of ${path}, where lvm's label is, are overwritten with zeros, and with that the disk leaves the group: lvm lets go of the first copy of a mirror, and of any copy while another disk is missing, only if the disk is missing, too; all else there has a good copy elsewhere or is destroyed`,
    ),
    ...damage.mirrors.map((mirror) => survival(group, mirror)),
    ...[...repairs.before, ...repairs.after].map((repair) => `It will ${titleOf(repair)}`),
    ...returned.map((path) => `${path} counts as a disk of ${vg} again`),
    ...stale.map(
      ({ volume }) => `${volume} has a leg that is back: only what was written meanwhile is copied to it`,
    ),
    ...damage.lost
      .filter(({ row }) => doomed.has(row.fullName))
      .map(({ row, why }) => `${row.fullName} is destroyed: it ${why}`),
    ...poolSpares.map((name) => `${name} is removed, the spare for the metadata of pools; it holds nothing`),
    ...(remove ? disks.map((disk) => `${capital(diskName(disk))} is taken out of ${vg}`) : []),
  ].map((text) => `${text}.`);
}

/** What the caller should know before. */
export function warningsOf(plan: Replacement): readonly string[] {
  const { kept, poolSpares, disks, remove, vg, letGo, stale, repairs } = plan;
  const isForgotten = (name: string): boolean => repairs.forget.some(({ volume }) => volume === name);
  return [
    ...letGo.map(
      ({ path }) =>
        `The zeros over the label of ${path} cannot be undone: even if it is well again, lvm does not know it as a physical volume then.`,
    ),
    ...stale
      .filter(({ volume }) => !isForgotten(volume))
      .map(
        ({ volume, tags }) =>
          `${volume} keeps the tag ${namesIn(tags)}, by which a leg is known that dies again; call again when it is in sync, which takes it off.`,
      ),
    ...kept.map(({ row, why }) => `${row.fullName} is not whole and stays so: it ${why}.`),
    ...(remove || disks.length === 0
      ? []
      : [
          `${capital(namesIn(disks.map(diskName)))} ${disks.length === 1 ? 'stays' : 'stay'} in ${vg}, as these volumes do.`,
        ]),
    ...(poolSpares.length === 0
      ? []
      : [
          `${vg} has no spare for the metadata of pools then; "lvconvert --poolmetadataspare y" on a pool makes one.`,
        ]),
    ...disks
      .filter(({ kind }) => kind === 'failing' && remove)
      .map(
        ({ path }) => `${path} keeps its label: wipe it, or unplug it, before lvm takes it for a good disk.`,
      ),
  ];
}

/** Why there is no room, with what disk would do. */
export function shortageRefusal({ vg }: GroupState, { need, candidates }: Shortage): Refusal {
  const bytes = BigInt(need.extents) * vg.extentSize;
  const room = candidates.map(({ path, free }) => `${path} has ${free} free`).join(', ');
  const avoided =
    need.avoid.size === 0 ? '' : ` besides ${[...need.avoid].join(', ')}, where it has a copy already`;
  return new Refusal(
    'not-enough-space',
    `${need.name} needs ${need.images === 1 ? '' : `${need.images} times `}${need.extents} extents (${bytes} bytes) on one disk${avoided}, and ${room === '' ? 'there is no other disk' : room}`,
    `Give a disk of at least ${bytes + 2n ** 20n} bytes in "with".`,
  );
}

function survival(group: GroupState, { row, images, lost, lostLog }: DamagedMirror): string {
  const whole = visibleOf(group, row);
  const part = whole.name === row.name ? '' : ` (${row.name} of it)`;
  const what =
    lost.length === 0
      ? 'its log'
      : `${lost.length} of ${images.length} images${lostLog ? ' and its log' : ''}`;
  return `${whole.fullName}${part} survives: ${what} ${lost.length === 1 || lost.length === 0 ? 'is' : 'are'} lost`;
}
