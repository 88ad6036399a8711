import { invalidType, invalidValue, requireOnly } from '../../arguments.ts';
import {
  requireFile,
  requireNewVolume,
  requireTag,
  requireVolume,
  type VolumeName,
} from '../../lvm/names.ts';
import {
  type GuardLine,
  type GuardSettings,
  guardSettingKeys,
  toGuardSettings,
} from '../guard/guard-options.ts';
import { type WorkflowOptions, workflowKeys } from '../tools.ts';
import { requireSnapshotSize, type SnapshotSize } from './snapshot-size.ts';

/** Options of {@link withSnapshot}. */
export interface WithSnapshotOptions extends WorkflowOptions {
  /** What to take snapshots of: `vg/lv`, one or several, which are taken one right after another. */
  readonly volumes: string | readonly string[];
  /**
   * Size of each COW store. Default `full`: as much as it can ever use, so that it cannot overflow; that takes as much
   * free space as the volume is large. What is more than can be used is cut off. Of no meaning for thin volumes, whose
   * snapshots take space of their pool.
   */
  readonly size?: SnapshotSize | undefined;
  /** Name of the snapshot, without its group, if there is one volume. Default: the volume's name and `suffix`. */
  readonly name?: string | undefined;
  /** What follows the volume's name in that of its snapshot; default `_snap`. */
  readonly suffix?: string | undefined;
  /**
   * Whether to mount the snapshots, for reading, each on a new directory below /run/devmapper; for one volume also the
   * path of a directory to mount it on. Default: those that have a file system that can be mounted beside its original.
   */
  readonly mount?: boolean | string | undefined;
  /** Whether to extend stores that fill up, and how; default false. */
  readonly guard?: boolean | GuardLine | undefined;
  /** Tags for the snapshots, besides those by which a later run finds them. */
  readonly tags?: readonly string[] | undefined;
}

/** The checked options. */
export interface WithSnapshotSettings {
  readonly volumes: readonly { readonly origin: VolumeName; readonly snapshot: string }[];
  readonly size: SnapshotSize;
  readonly isSizeGiven: boolean;
  readonly mount: 'if-possible' | 'always' | 'never' | { readonly directory: string };
  readonly guard: GuardSettings | null;
  readonly tags: readonly string[];
}

/** Checks every option. Throws a TypeError or RangeError that names the wrong one. */
export function toSettings(options: WithSnapshotOptions): WithSnapshotSettings {
  requireOnly(options, ['volumes', 'size', 'name', 'suffix', 'mount', 'guard', 'tags', ...workflowKeys]);
  const { size = 'full', mount, guard = false, tags = [] } = options;
  const volumes = volumesOf(options);
  if (!Array.isArray(tags)) throw invalidType('tags', 'a list of tags', tags);
  return {
    volumes,
    size: requireSnapshotSize('size', size),
    isSizeGiven: options.size !== undefined,
    mount: mountOf(mount, volumes.length),
    guard: guardOf(guard),
    tags: (tags as readonly unknown[]).map((tag, index) => requireTag(`tags[${index}]`, tag)),
  };
}

function volumesOf({
  volumes,
  name,
  suffix = '_snap',
}: WithSnapshotOptions): WithSnapshotSettings['volumes'] {
  const list: readonly unknown[] = Array.isArray(volumes) ? volumes : [volumes];
  if (list.length === 0) throw invalidType('volumes', 'at least one volume', 'none');
  if (name !== undefined && list.length > 1)
    throw invalidType('name', 'left out for several volumes: see suffix', name);
  if (name !== undefined && typeof name !== 'string') throw invalidType('name', 'a string', name);
  if (typeof suffix !== 'string' || suffix === '')
    throw invalidType('suffix', 'text that is not empty', suffix);
  const found = list.map((volume, index) => {
    const origin = requireVolume(Array.isArray(volumes) ? `volumes[${index}]` : 'volumes', volume);
    const made = `${origin.vg}/${name ?? `${origin.lv}${suffix}`}`;
    const { vg, lv } = requireNewVolume(name === undefined ? 'suffix' : 'name', made);
    return { origin, snapshot: `${vg}/${lv}` };
  });
  const names = found.flatMap(({ origin, snapshot }) => [`${origin.vg}/${origin.lv}`, snapshot]);
  if (new Set(names).size < names.length)
    throw invalidValue('volumes', 'different ones, with snapshots of different names', names.join(', '));
  return found;
}

function mountOf(mount: unknown, count: number): WithSnapshotSettings['mount'] {
  if (mount === undefined) return 'if-possible';
  if (typeof mount === 'boolean') return mount ? 'always' : 'never';
  if (typeof mount !== 'string') throw invalidType('mount', 'a boolean, or the path of a directory', mount);
  if (count > 1) throw invalidType('mount', 'a boolean for several volumes: a directory is for one', mount);
  return { directory: requireFile('mount', mount) };
}

function guardOf(guard: unknown): GuardSettings | null {
  if (typeof guard === 'boolean') return guard ? toGuardSettings({}) : null;
  requireOnly(guard, guardSettingKeys, 'guard');
  return toGuardSettings(guard as GuardLine);
}
