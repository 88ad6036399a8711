import type { GroupState } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { type MirrorImage, pathsOf } from './degraded-parts.ts';
import { logRange } from './replace-log.ts';
import type { Work } from './replace-work.ts';
import type { Place } from './spare-place.ts';

/** Something that is done to one volume, `vg/lv`. */
export type Repair =
  /** lvm replaces what is on missing disks; `devices` null: it chooses where, as it takes no list then. */
  | { readonly kind: 'repair'; readonly volume: string; readonly devices: readonly string[] | null }
  /** RAID: images are moved off disks that are there. */
  | {
      readonly kind: 'replace';
      readonly volume: string;
      readonly replace: readonly string[];
      readonly devices: readonly string[];
    }
  /** dm-mirror: the images on disks that are there are dropped. */
  | {
      readonly kind: 'drop';
      readonly volume: string;
      readonly mirrors: number;
      readonly devices: readonly string[];
    }
  /** dm-mirror: the log goes from a disk that is there into memory. */
  | { readonly kind: 'drop-log'; readonly volume: string }
  | {
      readonly kind: 'remirror';
      readonly volume: string;
      readonly mirrors: number;
      readonly log: 'core' | 'disk';
      readonly devices: readonly string[];
    }
  | { readonly kind: 'relog'; readonly volume: string; readonly devices: readonly string[] };

/**
 * What is done for one volume, before the disks are taken out and after that. Throws a {@link Refusal} if lvm cannot be
 * told which copy to drop. Pure.
 */
export function repairsOf(
  group: GroupState,
  work: Work,
  place: Place | undefined,
): { readonly before: readonly Repair[]; readonly after: readonly Repair[] } {
  const { row, mirror, note, onMissing, onFailing, logOn, failing } = work;
  const volume = row.fullName;
  const images = place?.images ?? [];
  const log = group.lvs.find(({ name }) => name === row.mirrorLog) ?? null;
  const ownLog = note?.log === 'disk' ? logRange(group, note.logPv, log) : null;
  const logDevices = [ownLog ?? place?.log].flatMap((path) => path ?? []);
  const before: Repair[] = [];
  if (onMissing.length > 0 || logOn === 'missing') {
    const paths = [...images.slice(0, onMissing.length).flat(), ...logDevices];
    before.push({ kind: 'repair', volume, devices: mirror?.hasErrorImages === true ? null : unique(paths) });
  }
  const rest = images.slice(onMissing.length);
  const bad = group.pvs.flatMap(({ uuid, name }) => (name !== null && failing.has(uuid ?? '') ? [name] : []));
  const isMirror = note !== null;
  if (onFailing.length > 0 && !isMirror) {
    const parts = onFailing.flatMap(({ parts: lvs }) => lvs);
    const replace = bad.filter((path) => pathsOf(group, parts).has(path));
    before.push({ kind: 'replace', volume, replace, devices: unique(rest.flat()) });
  }
  const left = (mirror?.images.length ?? 1) - onFailing.length;
  if (onFailing.length > 0 && isMirror) {
    before.push({ kind: 'drop', volume, mirrors: left - 1, devices: dropList(group, work) });
  }
  if (logOn === 'failing' && left > 1) before.push({ kind: 'drop-log', volume });
  const devices = unique([...rest.flat(), ...logDevices]);
  if (note === null || place === undefined) return { before, after: [] };
  if (rest.length > 0)
    return {
      before,
      after: [{ kind: 'remirror', volume, mirrors: note.images - 1, log: note.log, devices }],
    };
  const lacksLog = logOn === 'failing' || (mirror === null && note.log === 'disk' && row.mirrorLog === null);
  return { before, after: lacksLog ? [{ kind: 'relog', volume, devices }] : [] };
}

// lvm drops an image that is wholly on the disks of the list, and the last one if none is: all disks of the failing images
// have to be in it, and no good image may be on these alone.
function dropList(group: GroupState, { row, mirror, onFailing }: Work): readonly string[] {
  const pathsIn = (images: readonly MirrorImage[]): ReadonlySet<string> =>
    pathsOf(
      group,
      images.flatMap(({ parts }) => parts),
    );
  const all = pathsIn(onFailing);
  const good = mirror?.images.filter((image) => !onFailing.includes(image)) ?? [];
  if (good.some((image) => [...pathsIn([image])].every((path) => all.has(path))))
    throw new Refusal(
      'unsafe',
      `${row.fullName} has a good copy only on ${[...all].join(', ')}, where its failing copy is, too, and lvm could drop either`,
      'Unplug the disk that fails, and call again.',
    );
  return [...all];
}

function unique(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)];
}
