import type { DeviceStatus } from '../../device.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { isRaid } from '../../lvm/commands/lvconvert-images.ts';
import type { GroupState } from '../../lvm/state.ts';
import { lostCaches, whyUncached } from './degraded-cache.ts';
import { hindranceOf, isGrowing, type Surroundings } from './degraded-hindrance.ts';
import { isLostImage, type Judge, judgeOf } from './degraded-judge.ts';
import { whyLost } from './degraded-lost.ts';
import { brokenMoves, moveSource, whyMoving } from './degraded-move.ts';
import { errorSegment, imagesIn, type MirrorImage, partsOf, pvsOf, visibleOf } from './degraded-parts.ts';

/** What the loss of some disks means for a group. Names are `vg/lv`. */
export interface Damage {
  /** Mirrors and RAID volumes, hidden ones too, that have lost copies and still have the data. */
  readonly mirrors: readonly DamagedMirror[];
  /** Visible volumes whose data is gone, wholly or in part. */
  readonly lost: readonly LostVolume[];
  /** Volumes whose data is there but cannot be made whole again now, each with the reason in words. */
  readonly blocked: readonly { readonly name: string; readonly why: string }[];
  /** Spares for the metadata of pools that are on the disks: they hold nothing. */
  readonly poolSpares: readonly LvRow[];
}

/** A mirror or RAID volume that has lost copies, or its log. */
export interface DamagedMirror {
  readonly row: LvRow;
  readonly images: readonly MirrorImage[];
  readonly lost: readonly MirrorImage[];
  /** Whether its log (dm-mirror) is on the disks. */
  readonly lostLog: boolean;
  /** Whether `vgreduce --mirrorsonly` put errors in the place of an image, which no health word tells. */
  readonly hasErrorImages: boolean;
}

/** A volume whose data is gone. */
export interface LostVolume {
  readonly row: LvRow;
  /** Why, in words that follow its name: `has all of its extents on them`. */
  readonly why: string;
}

/**
 * What becomes of the volumes of a group without these disks, by the uuids of their PVs. Pure. An image that is an error
 * target counts as lost whichever disks are. Without the kernel's `statuses` a dm-mirror that has lost its first image
 * counts as blocked: that its other copies were ever filled, the kernel alone knows.
 */
export function damageOf(
  group: GroupState,
  failed: ReadonlySet<string>,
  statuses: readonly DeviceStatus[],
): Damage {
  const judge = judgeOf(group, failed);
  const uncached = judgeOf(group, failed, 'uncached');
  const caches = lostCaches(group, judge, uncached);
  const mirrors = group.lvs.flatMap((row) => damagedMirror(group, row, judge) ?? []);
  const lost = group.lvs.filter((row) => !row.hidden && judge(row) === 'lost');
  const gone = new Set(lost.map(({ name }) => name));
  // What a lost cache was of is there still, and what that stands on is worth its copies.
  const ruins = [...lost.filter((row) => uncached(row) === 'lost'), ...caches.map(({ pool }) => pool)];
  const below = new Set(ruins.flatMap((row) => [row, ...partsOf(group, row)]).map(({ name }) => name));
  const isLeft = (row: LvRow): boolean => !below.has(row.name) && judge(row) !== 'lost';
  const survivors = mirrors.filter(({ row }) => isLeft(row));
  const around: Surroundings = { mirrors: survivors, gone, statuses };
  const reasons = new Map(
    survivors.map((mirror) => [mirror.row.name, hindranceOf(group, mirror, around)] as const),
  );
  const hindered = survivors.flatMap(({ row }) => {
    const why = reasons.get(row.name) ?? null;
    return why === null ? [] : [{ name: (isGrowing(row) ? visibleOf(group, row) : row).fullName, why }];
  });
  const stuck = new Set(hindered.map(({ name }) => name));
  return {
    mirrors: survivors.filter(({ row }) => reasons.get(row.name) === null && !stuck.has(row.fullName)),
    lost: lost.map((row) => ({
      row,
      why: whyLost(group, row, failed, uncached(row) === 'lost' ? [] : caches),
    })),
    blocked: [
      ...hindered,
      ...caches
        .filter(({ row, isClean }) => isClean && isLeft(row))
        .map((cache) => ({ name: visibleOf(group, cache.row).fullName, why: whyUncached(group, cache) })),
      ...brokenMoves(group, failed).map((row) => ({ name: row.fullName, why: whyMoving(group, row) })),
    ],
    poolSpares: group.lvs.filter(
      (row) => row.role.includes('spare') && pvsOf(group, row).some((uuid) => failed.has(uuid)),
    ),
  };
}

function damagedMirror(group: GroupState, row: LvRow, judge: Judge): DamagedMirror | null {
  if (moveSource(row) !== null || (row.segtype !== 'mirror' && !isRaid(row.segtype))) return null;
  const images = imagesIn(group, row);
  const lost = images.filter((image) => isLostImage(group, image, judge));
  const log = group.lvs.find(({ name }) => name === row.mirrorLog);
  const lostLog = log !== undefined && judge(log) !== 'whole';
  const hasErrorImages = images.some(({ parts }) => parts.some((part) => errorSegment(group, part)));
  return lost.length > 0 || lostLog ? { row, images, lost, lostLog, hasErrorImages } : null;
}
