import type { GroupState } from '../lvm/state.ts';
import type { Damage } from './degraded.ts';
import { pvsOf } from './degraded-parts.ts';
import { Refusal } from './errors.ts';
import type { FailedDisk } from './replace-find.ts';
import { wipeLabel } from './replace-probe.ts';
import type { Step } from './step.ts';

/**
 * Those disks that are there but fail and have the first image of a dm-mirror: lvm lets go of that only if the disk is
 * missing (lib/metadata/mirror.c, "Unable to remove primary mirror image"), so its label has to go first. Throws a
 * {@link Refusal} if a volume without a copy is to stay there. Pure.
 */
export function disksToLetGo(
  group: GroupState,
  { mirrors, lost }: Damage,
  disks: readonly FailedDisk[],
  keepLost: boolean,
): readonly FailedDisk[] {
  const firsts = mirrors.flatMap(({ row, lost: images }) =>
    row.segtype === 'mirror' ? images.filter(({ index }) => index === 0).flatMap(({ parts }) => parts) : [],
  );
  const uuids = new Set(firsts.flatMap((part) => pvsOf(group, part)));
  const found = disks.filter(({ kind, uuid }) => kind === 'failing' && uuids.has(uuid));
  const [first] = found;
  if (first === undefined || !keepLost || lost.length === 0) return found;
  throw new Refusal(
    'unsafe',
    `${first.path} has the first copy of a mirror, which lvm lets go of only if the disk is missing, and the label of a disk is not wiped that has ${lost.map(({ row }) => row.fullName).join(', ')}`,
    `Unplug ${first.path} and call again, or name in allowDestroy what does not survive.`,
  );
}

/** The step that makes lvm count these disks as missing. */
export function letGoStep(disks: readonly FailedDisk[]): Step {
  const paths = disks.flatMap(({ path }) => path ?? []);
  return {
    name: 'let-go',
    title: `wipe the label of ${paths.join(', ')}, so that lvm lets go of it`,
    async perform({ signal }) {
      for (const path of paths) {
        const wrong = await wipeLabel(path, 30_000, signal);
        if (wrong !== null)
          throw new Refusal('failed', `${path} ${wrong}`, `Unplug ${path}, and call again.`);
      }
    },
  };
}
