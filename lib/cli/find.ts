import { toSelector } from '../arguments.ts';
import type { DeviceIdentity } from '../device.ts';
import { mangle, unmangle } from '../names.ts';
import type { Group, Member } from '../view/volumes.ts';

/** The devices that NAMEs stand for. Throws what {@link find} does. */
export function choose<D extends DeviceIdentity>(
  names: readonly string[],
  groups: readonly Group<D>[],
): Chosen<D> {
  const devices = new Set<D>();
  const layers = new Set<string>();
  const problems: string[] = [];
  for (const name of names) {
    const found = find(name, groups);
    if (found.kind === 'missing') {
      problems.push(found.problem);
      continue;
    }
    const members = found.kind === 'layer' ? [found.member] : found.group.members;
    for (const { device } of members) devices.add(device);
    if (found.kind === 'layer' || !found.group.visible)
      for (const { device } of members) layers.add(device.name);
  }
  return { devices: [...devices], layers, problems };
}

/** What NAMEs stand for. */
export interface Chosen<D extends DeviceIdentity> {
  /** Each once: all devices of a volume that was named, of a layer that was named only that. */
  readonly devices: readonly D[];
  /** Stored names of the layers that were named as such. */
  readonly layers: ReadonlySet<string>;
  /** A sentence for each NAME that stands for nothing. */
  readonly problems: readonly string[];
}

/** What a NAME on the command line stands for. */
export type Found<D extends DeviceIdentity> =
  | {
      /** All devices of an LVM volume, or a device that is none of LVM's. */
      readonly kind: 'group';
      readonly group: Group<D>;
    }
  | {
      /** One layer of a volume, which was named as such. */
      readonly kind: 'layer';
      readonly group: Group<D>;
      readonly member: Member<D>;
    }
  | { readonly kind: 'missing'; readonly problem: string };

/**
 * Finds what a NAME stands for: a device-mapper name (stored or with escapes resolved), `vg/lv`, or a path below
 * `/dev`. Throws a TypeError for a NAME that can be none of them, for a path stat's own error unless it does not exist.
 */
function find<D extends DeviceIdentity>(name: string, groups: readonly Group<D>[]): Found<D> {
  if (name.startsWith('/')) return findPath(name, groups);
  if (name.includes('/')) {
    toSelector(name);
    const group = groups.find(({ title, members }) => members[0]?.volume != null && title === name);
    return group === undefined ? missing(name) : { kind: 'group', group };
  }
  const accepted = new Set([name, mangle(name)]);
  return (
    pick(groups, ({ device }) => accepted.has(device.name)) ??
    pick(groups, ({ device }) => unmangle(device.name) === name) ??
    missing(name)
  );
}

function findPath<D extends DeviceIdentity>(path: string, groups: readonly Group<D>[]): Found<D> {
  let selector: ReturnType<typeof toSelector>;
  try {
    selector = toSelector(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { kind: 'missing', problem: `${path}: there is no such file.` };
  }
  if (!('major' in selector)) return missing(path);
  const { major, minor } = selector;
  return (
    pick(groups, ({ device }) => device.major === major && device.minor === minor) ?? {
      kind: 'missing',
      problem: `${path}: this is no device of device-mapper's.`,
    }
  );
}

function pick<D extends DeviceIdentity>(
  groups: readonly Group<D>[],
  isMeant: (member: Member<D>) => boolean,
): Found<D> | undefined {
  for (const group of groups) {
    const member = group.members.find(isMeant);
    if (member === undefined) continue;
    return member.volume?.internal === true ? { kind: 'layer', group, member } : { kind: 'group', group };
  }
  return undefined;
}

function missing(name: string): { readonly kind: 'missing'; readonly problem: string } {
  return {
    kind: 'missing',
    problem: `${name}: there is no such device. "devmapper list" shows those that exist.`,
  };
}
