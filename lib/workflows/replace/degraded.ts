import type { DeviceStatus } from '../../device.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { isRaid } from '../../lvm/commands/lvconvert-images.ts';
import type { GroupState } from '../../lvm/state.ts';
import { hindranceOf, isGrowing } from './degraded-hindrance.ts';
import {
  componentsOf,
  errorSegment,
  imagesIn,
  type MirrorImage,
  pvsOf,
  toleratesLoss,
  visibleOf,
} from './degraded-parts.ts';

/** What the loss of some disks means for a group. Names are `vg/lv`. */
export interface Damage {
  /** Mirrors and RAID volumes, hidden ones too, that have lost copies and still have the data. */
  readonly mirrors: readonly DamagedMirror[];
  /** Visible volumes whose data is gone, wholly or in part. */
  readonly lost: readonly LostVolume[];
  /** Volumes whose data is there but cannot be made redundant again now, each with the reason in words. */
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
  const mirrors = group.lvs.flatMap((row) => damagedMirror(group, row, judge) ?? []);
  const lost = group.lvs.filter((row) => !row.hidden && judge(row) === 'lost');
  const gone = new Set(lost.map(({ name }) => name));
  const below = new Set(lost.flatMap((row) => partsOf(group, row).map(({ name }) => name)));
  const survivors = mirrors.filter(({ row }) => !below.has(row.name) && judge(row) !== 'lost');
  const reasons = new Map(
    survivors.map((mirror) => [mirror.row.name, hindranceOf(group, mirror, gone, statuses)] as const),
  );
  const blocked = survivors.flatMap(({ row }) => {
    const why = reasons.get(row.name) ?? null;
    return why === null ? [] : [{ name: (isGrowing(row) ? visibleOf(group, row) : row).fullName, why }];
  });
  const stuck = new Set(blocked.map(({ name }) => name));
  return {
    mirrors: survivors.filter(({ row }) => reasons.get(row.name) === null && !stuck.has(row.fullName)),
    lost: lost.map((row) => ({ row, why: whyLost(group, row, failed) })),
    blocked,
    poolSpares: group.lvs.filter(
      (row) => row.role.includes('spare') && pvsOf(group, row).some((uuid) => failed.has(uuid)),
    ),
  };
}

type Judgement = 'whole' | 'degraded' | 'lost';
type Judge = (row: LvRow) => Judgement;

function judgeOf(group: GroupState, failed: ReadonlySet<string>): Judge {
  const known = new Map<string, Judgement>();
  const judge: Judge = (row) => {
    const found = known.get(row.name);
    if (found !== undefined) return found;
    // A report that goes in circles must not make this do so.
    known.set(row.name, 'whole');
    const result = judgeOne(group, row, failed, judge);
    known.set(row.name, result);
    return result;
  };
  return judge;
}

function judgeOne(group: GroupState, row: LvRow, failed: ReadonlySet<string>, judge: Judge): Judgement {
  const images = imagesIn(group, row);
  const imageParts = new Set(images.flatMap(({ parts }) => parts.map(({ name }) => name)));
  const others = componentsOf(group, row).filter(
    ({ name }) => !imageParts.has(name) && name !== row.mirrorLog,
  );
  const isGone = pvsOf(group, row).some((uuid) => failed.has(uuid));
  if (isGone || others.some((part) => judge(part) === 'lost')) return 'lost';
  const lost = images.filter((image) => isLostImage(group, image, judge));
  if (lost.length === 0) return 'whole';
  return toleratesLoss(row.segtype, images, lost) ? 'degraded' : 'lost';
}

function isLostImage(group: GroupState, { parts }: MirrorImage, judge: Judge): boolean {
  return parts.some((part) => errorSegment(group, part) || judge(part) === 'lost');
}

function damagedMirror(group: GroupState, row: LvRow, judge: Judge): DamagedMirror | null {
  if (row.segtype !== 'mirror' && !isRaid(row.segtype)) return null;
  const images = imagesIn(group, row);
  const lost = images.filter((image) => isLostImage(group, image, judge));
  const log = group.lvs.find(({ name }) => name === row.mirrorLog);
  const lostLog = log !== undefined && judge(log) !== 'whole';
  const hasErrorImages = images.some(({ parts }) => parts.some((part) => errorSegment(group, part)));
  return lost.length > 0 || lostLog ? { row, images, lost, lostLog, hasErrorImages } : null;
}

function whyLost(group: GroupState, row: LvRow, failed: ReadonlySet<string>): string {
  const runsOf = (lvs: readonly LvRow[]): GroupState['pvSegs'] =>
    group.pvSegs.filter(({ lvUuid }) => lvs.some(({ uuid }) => uuid === lvUuid));
  const own = runsOf([row, ...partsOf(group, row)]);
  // A thin volume has its extents in its pool.
  const runs = own.some(({ pvUuid }) => failed.has(pvUuid))
    ? own
    : runsOf([row, ...partsOf(group, row, 'all')]);
  const count = (of: typeof runs): number => of.reduce((sum, { size }) => sum + size, 0);
  const there = count(runs);
  const bad = count(runs.filter(({ pvUuid }) => failed.has(pvUuid)));
  if (bad === 0) return 'stands on errors in the place of a lost disk';
  return bad === there
    ? `had all of its ${there} extents there`
    : `had ${bad} of its ${there} extents there, no copy of which is left`;
}

// What an LV is made of; with `all` also what it only refers to: its pool, its origin.
function partsOf(group: GroupState, row: LvRow, which: 'hidden' | 'all' = 'hidden'): readonly LvRow[] {
  const seen = new Set<LvRow>();
  const visit = (one: LvRow): void => {
    for (const part of componentsOf(group, one)) {
      if (seen.has(part) || (which === 'hidden' && !part.hidden)) continue;
      seen.add(part);
      visit(part);
    }
  };
  visit(row);
  return [...seen];
}
