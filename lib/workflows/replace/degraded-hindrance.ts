import type { DeviceStatus } from '../../device.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { isRaid } from '../../lvm/commands/lvconvert-images.ts';
import type { GroupState } from '../../lvm/state.ts';
import type { MirrorStatus } from '../../targets/mirror.ts';
import { unfilledTag } from '../mirror/filling.ts';
import type { DamagedMirror } from './degraded.ts';
import { isOnNothing, targetsOf, unnoticed } from './degraded-kernel.ts';
import { activeOf, type MirrorImage, partsOf, pvsOf, visibleOf } from './degraded-parts.ts';

/** What a mirror stands in, when it is judged whether it may be repaired. */
export interface Surroundings {
  /** All mirrors and RAID volumes that have lost copies. */
  readonly mirrors: readonly DamagedMirror[];
  /** Names of the visible volumes that are lost. */
  readonly gone: ReadonlySet<string>;
  readonly statuses: readonly DeviceStatus[];
}

/** Why a mirror or RAID volume that has lost copies must not be repaired now, in words; null if it may. Pure. */
export function hindranceOf(group: GroupState, mirror: DamagedMirror, around: Surroundings): string | null {
  const { gone, statuses } = around;
  const { row, images, lost } = mirror;
  const tracked = images.find(
    ({ parts }) =>
      isRaid(row.segtype) && parts.some(({ hidden, name }) => !hidden && name.includes('_rimage_')),
  );
  if (tracked !== undefined)
    return `an image of it is split off and tracked; merge that back first: "lvconvert --mergemirrors ${row.vgName}/${tracked.parts[0]?.name}"`;
  const snapshot = group.lvs.find(
    (lv) => lv.origin === row.name && gone.has(lv.name) && lv.role.includes('thicksnapshot'),
  );
  if (snapshot !== undefined)
    return `its snapshot ${snapshot.fullName} has lost its store, and lvm reloads neither without the other`;
  const good = images.filter((image) => !lost.includes(image));
  const whole = visibleOf(group, row).fullName;
  if (isGrowing(row)) return growing(whole);
  if (row.segtype === 'mirror')
    return lost.some(({ index }) => index === 0) ? unfilled(group, row, good, statuses) : null;
  // Of one that is not active lvm says that no image is in sync.
  if (row.active === false) {
    const activate = `"lvchange --activate y --activationmode degraded ${whole}"`;
    return images.some(({ parts }) => parts.some(({ segtype }) => segtype === 'integrity'))
      ? `it is not active, lvm repairs only what is, and with integrity it activates none that misses a disk: "lvconvert --raidintegrity n ${row.fullName}", then ${activate}, and when it is whole "lvconvert --raidintegrity y ${row.fullName}"`
      : `it is not active, and lvm repairs only what is: ${activate}`;
  }
  const behind = good.find(({ parts: [data] }) => data?.imageSynced === false);
  if (behind !== undefined)
    return `its image ${behind.parts[0]?.name} is not in sync, so that lvm does not replace the lost one`;
  return unnoticed(group, mirror, statuses).length === 0 ? null : untold(group, row, around);
}

/** Whether a volume holds the copies that a dm-mirror had, while another is added to it. Pure. */
export function isGrowing({ segtype, name }: Pick<LvRow, 'segtype' | 'name'>): boolean {
  return segtype === 'mirror' && name.includes('_mimagetmp_');
}

// Seen with lvm 2.03.16: with a held write below, the suspension of the mirror above never ends, and has the lock of the
// group. Without one, what is left of it is finished by the poll.
function growing(whole: string): string {
  return `another copy is being added to it, and lvm repairs what it had only while nothing writes to it: while a write waits, the repair never ends and keeps the group locked, and only a restart of the machine ends it. If nothing has it open: "lvconvert --repair ${whole}", and when that is in sync "lvchange --poll y ${whole}"`;
}

// Why the kernel cannot be told of a loss that it has not noticed, which it has to know of before lvm replaces anything: that
// loads all tables of the visible volume anew, with errors in the place of whatever lvm finds no disk of, also of what is
// still used.
function untold(group: GroupState, row: LvRow, { mirrors }: Surroundings): string | null {
  const spare = new Set(mirrors.flatMap(({ lost }) => lost.flatMap(({ parts }) => parts)));
  const whole = visibleOf(group, row);
  const named = [...new Set([whole, activeOf(group, whole)])];
  const snapshots = group.lvs.filter(({ origin }) => named.some(({ name }) => name === origin));
  const all = [...named, ...snapshots.filter(({ role }) => role.includes('thicksnapshot'))];
  const reloaded = new Set(all.flatMap((one) => [one, ...partsOf(group, one, 'all')]));
  const others = [...reloaded].filter((part) => !spare.has(part) && isOnNothing(group, part));
  if (others.length === 0) return null;
  return `the kernel has not noticed the loss of its image, and cannot be told of it while ${whole.fullName} lacks ${others.map(({ name }) => name).join(', ')}, too: see to that first`;
}

// Why the other copies may lack what was on the first one, from which a dm-mirror fills them. What lvm says of the images
// does not tell: of all of them it says that they are behind while any region is, which a dead leg alone brings about.
function unfilled(
  group: GroupState,
  row: LvRow,
  good: readonly MirrorImage[],
  statuses: readonly DeviceStatus[],
): string | null {
  const because = (why: string): string =>
    `it has lost its first copy, and the others may not have all of its data: ${why}; if the disk cannot be brought back, save what can be read of it`;
  if (row.converting === true) return because('one was being made');
  const parts = good.flatMap((image) => image.parts);
  const tag = unfilledTag(row.tags, new Set(parts.flatMap((part) => pvsOf(group, part))));
  if (tag !== null)
    return because(
      `its tag ${tag} says that they were not filled yet; if you know that they were, "lvchange --deltag ${tag} ${row.fullName}"`,
    );
  if (row.initialImageSync === false) return because('it was made with --nosync');
  const kernel = targetsOf(row, statuses).filter((target) => target.type === 'mirror');
  if (kernel.length === 0) return because('it is not active, and only the kernel knows');
  if (kernel.some(({ legs }) => legs[0]?.health === 'sync-failed'))
    return because('the first one failed while it was copied from');
  const copied = behindIn(kernel.filter(({ legs }) => legs[0]?.health === 'alive'));
  if (copied > 0)
    return `lvm misses its first copy, but the kernel can read it still, and the others lack ${copied} regions of it: wait until it is in sync`;
  const of = kernel.reduce((sum, { sync }) => sum + Number(sync.total), 0);
  const behind = behindIn(kernel);
  return behind <= mostBehind(of) ? null : because(`${behind} of ${of} regions are not in sync`);
}

function behindIn(kernel: readonly MirrorStatus[]): number {
  return kernel.reduce((sum, { sync }) => sum + Number(sync.total) - Number(sync.used), 0);
}

// Writes that were under way when the leg died leave their regions behind; then the kernel holds all others back
// (drivers/md/dm-raid1.c, do_failures). A first copy that was broken off leaves all that it had not come to, which of a
// large mirror is much even shortly before its end.
function mostBehind(regions: number): number {
  return Math.max(1, Math.min(16, Math.floor(regions / 100)));
}
