import type { LvRow } from '../../lvm/columns/lv.ts';
import type { GroupState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import type { Step } from '../step.ts';
import { deviceNumber } from '../system/device-number.ts';
import type { Tools } from '../tools.ts';
import type { Damage, DamagedMirror } from './degraded.ts';
import { pvsOf, visibleOf } from './degraded-parts.ts';
import { withoutDestroyed } from './replace-destroy.ts';
import type { FailedDisk } from './replace-find.ts';
import { lookAgain } from './replace-look-again.ts';
import { wipeLabel } from './replace-probe.ts';

/**
 * Those disks that are there but fail, and that lvm takes nothing off before they are missing, so that their label has to
 * go first: those with the first image of a dm-mirror (lib/metadata/mirror.c, "Unable to remove primary mirror image"), and
 * while another disk is missing all with an image or log ("Cannot change VG ... while PVs are missing"). Throws a
 * {@link Refusal} unless all that is on such a disk has a good copy elsewhere or is `doomed`, one of the volumes that the
 * caller lets be destroyed, and lvm's metadata is on another disk, too. Pure.
 */
export function disksToLetGo(
  group: GroupState,
  damage: Pick<Damage, 'mirrors' | 'poolSpares'>,
  disks: readonly FailedDisk[],
  doomed: ReadonlySet<string>,
): readonly FailedDisk[] {
  const isMissing = disks.some(({ kind }) => kind === 'missing');
  const stuck = damage.mirrors.flatMap((mirror) =>
    isMissing ? lostParts(group, mirror) : firstParts(mirror),
  );
  const uuids = new Set(stuck.flatMap((part) => pvsOf(group, part)));
  const found = disks.filter(({ kind, uuid }) => kind === 'failing' && uuids.has(uuid));
  const spared = new Set(
    [...damage.mirrors.flatMap((mirror) => sparedBy(group, mirror)), ...damage.poolSpares].map(
      ({ name }) => name,
    ),
  );
  for (const { uuid, path } of found) {
    const others = group.lvs.filter(
      (row) =>
        pvsOf(group, row).includes(uuid) &&
        !spared.has(row.name) &&
        !doomed.has(visibleOf(group, row).fullName),
    );
    if (others.length > 0)
      throw letGoRefusal(
        path,
        `that has ${[...new Set(others.map((row) => visibleOf(group, row).fullName))].join(', ')}, of which no good copy is known elsewhere`,
      );
  }
  if (found.length > 0 && !group.pvs.some((pv) => isKeeper(pv, found)))
    throw letGoRefusal(found[0]?.path ?? null, "that has the only copy of lvm's metadata");
  return found;
}

/**
 * The step that makes lvm count a disk as missing. Directly before, it looks whether the path is that PV's still, and
 * whether all on it has a good copy still. Throws a {@link Refusal} if not.
 */
export function letGoStep(
  tools: Tools,
  vg: string,
  disks: readonly FailedDisk[],
  disk: FailedDisk & { readonly path: string },
  doomed: ReadonlySet<string>,
): Step {
  const { path, uuid, number } = disk;
  return {
    // The path is a part of the name: a plan that was approved is compared by names and commands.
    name: `let-go:${path}`,
    title: `Wipe the label of ${path}, so that lvm lets go of it`,
    async perform({ signal }) {
      const { group, damage } = await lookAgain(tools, vg, disks, signal);
      const isThere = group.pvs.some((pv) => pv.uuid === uuid && pv.name === path && pv.missing !== true);
      const now = await deviceNumber(path).catch(() => null);
      if (!isThere || number === null || now !== number)
        throw new Refusal(
          'unsafe',
          `${path} is not the disk any more that it was, with the PV ${uuid}: nothing was written to it`,
          'Call again: it looks anew.',
        );
      const left = withoutDestroyed(group, damage, doomed);
      if (!disksToLetGo(group, left, disks, doomed).some((one) => one.uuid === uuid))
        throw new Refusal(
          'unsafe',
          `lvm takes what is on ${path} off it now as it is: nothing was written to it`,
          'Call again: it looks anew.',
        );
      const wrong = await wipeLabel(path, 30_000, signal);
      if (wrong !== null) throw new Refusal('failed', `${path} ${wrong}`, `Unplug ${path}, and call again.`);
    },
  };
}

// What of a mirror or RAID is on lost disks and has a good copy elsewhere; of dm-mirror damageOf has looked into that.
function sparedBy(group: GroupState, { row, images, lost, lostLog }: DamagedMirror): readonly LvRow[] {
  const good = images.filter((image) => !lost.includes(image));
  const isProven =
    row.segtype === 'mirror' ||
    (row.initialImageSync !== false && good.every(({ parts: [data] }) => data?.imageSynced === true));
  if (!isProven) return [];
  return lostParts(group, { row, lost, lostLog });
}

function firstParts({ row, lost }: DamagedMirror): readonly LvRow[] {
  return row.segtype === 'mirror'
    ? lost.filter(({ index }) => index === 0).flatMap(({ parts }) => parts)
    : [];
}

function lostParts(
  group: GroupState,
  { row, lost, lostLog }: Pick<DamagedMirror, 'row' | 'lost' | 'lostLog'>,
): readonly LvRow[] {
  return [
    ...lost.flatMap(({ parts }) => parts),
    ...(lostLog ? group.lvs.filter(({ name }) => name === row.mirrorLog) : []),
  ];
}

function isKeeper(
  { uuid, missing, mdaUsedCount }: GroupState['pvs'][number],
  gone: readonly FailedDisk[],
): boolean {
  return missing !== true && mdaUsedCount !== 0 && !gone.some((disk) => disk.uuid === uuid);
}

function letGoRefusal(path: string | null, why: string): Refusal {
  return new Refusal(
    'unsafe',
    `${path} has what lvm lets go of only if the disk is missing (the first copy of a mirror, or any while another disk is missing), and the label of a disk is not wiped ${why}`,
    `Unplug ${path} and call again, or name in allowDestroy what does not survive.`,
  );
}
