import type { WatchedDevice } from '../../monitor/types.ts';
import { parseLvmDevice } from '../../names.ts';
import type { StatusOf } from '../../targets/index.ts';
import type { Topology } from './topology.ts';

/**
 * What becomes of a device when a disk dies. `fails`: what lies on the disk is lost to it. `survives`: the other legs
 * or paths are enough. `unknown`: the statuses do not say, as while legs are being rebuilt.
 */
export type Fate = 'untouched' | 'survives' | 'unknown' | 'fails';

/** Tells what becomes of devices, by `major:minor`, when this disk dies: of what each is made of, and its state now. */
export function fatesWithout(
  disk: string,
  topology: Pick<Topology, 'below' | 'blocks'>,
  watched: (number: string) => WatchedDevice | undefined,
): (number: string) => Fate {
  const known = new Map<string, Fate>([[disk, 'fails']]);
  const fateOf = (number: string): Fate => {
    const before = known.get(number);
    if (before !== undefined) return before;
    // A device that stands on itself, which the kernel never makes, ends here.
    known.set(number, 'untouched');
    const parts = topology.below(number).map((each) => ({ number: each, fate: fateOf(each) }));
    const fate = combined(number, parts);
    known.set(number, fate);
    return fate;
  };

  const combined = (number: string, parts: readonly Part[]): Fate => {
    const hit = parts.filter(({ fate }) => fate !== 'untouched');
    if (hit.length === 0) return 'untouched';
    if (hit.every(({ fate }) => fate === 'survives')) return 'survives';
    const device = watched(number);
    // Of an md array the level is not known here.
    if (topology.blocks.get(number)?.kind === 'md') return 'unknown';
    const worst = hit.some(({ fate }) => fate === 'fails') ? 'fails' : 'unknown';
    const [segment, ...more] = device?.segments ?? [];
    if (device === undefined || segment === undefined) return worst;
    const { status } = segment;
    if (more.length > 0)
      return device.segments.some(({ status: { type } }) => redundant.has(type)) ? 'unknown' : worst;
    const lost = hit.filter(({ fate }) => fate !== 'survives');
    const result =
      status.type === 'raid'
        ? raidFate(status, legsOf(lost, watched))
        : status.type === 'mirror'
          ? mirrorFate(status, lost)
          : status.type === 'multipath'
            ? multipathFate(status, lost)
            : worst;
    return worst === 'unknown' && result === 'fails' ? 'unknown' : result;
  };
  return fateOf;
}

interface Part {
  readonly number: string;
  readonly fate: Fate;
}

const redundant = new Set<string>(['raid', 'mirror', 'multipath']);

// Which legs these devices are of, by LVM's names: an array does not say which of those it stands on is which leg.
function legsOf(
  lost: readonly Part[],
  watched: (number: string) => WatchedDevice | undefined,
): ReadonlySet<number> | undefined {
  const legs = new Set<number>();
  for (const { number } of lost) {
    const device = watched(number);
    const lv = device === undefined ? undefined : parseLvmDevice(device)?.lv;
    const leg = /_r(?:image|meta)_(\d+)$/.exec(lv ?? '')?.[1];
    if (leg === undefined) return undefined;
    legs.add(Number(leg));
  }
  return legs;
}

// With these actions the letters tell which legs have all data (drivers/md/dm-raid.c).
const settled = new Set(['idle', 'recover', 'check', 'repair']);

function raidFate(
  { raidType, legs, syncAction }: StatusOf<'raid'>,
  lost: ReadonlySet<number> | undefined,
): Fate {
  if (raidType === 'raid0') return 'fails';
  if (lost === undefined) return 'unknown';
  const rest = legs.filter((_, index) => !lost.has(index));
  const missing = legs.length - rest.filter((leg) => leg !== 'failed' && leg !== 'absent').length;
  const good = rest.filter((leg) => leg === 'in-sync').length;
  const needed = neededLegs(raidType, legs.length);
  if (needed === undefined)
    return missing === 1 && good === legs.length - 1 && settled.has(syncAction ?? '')
      ? 'survives'
      : 'unknown';
  if (legs.length - missing < needed) return 'fails';
  return good >= needed && settled.has(syncAction ?? '') ? 'survives' : 'unknown';
}

// How many legs have all data between them; of raid10 it depends on which ones.
function neededLegs(raidType: string, legs: number): number | undefined {
  if (raidType === 'raid1') return 1;
  if (/^raid[45]/.test(raidType)) return legs - 1;
  return raidType.startsWith('raid6') ? legs - 2 : undefined;
}

function mirrorFate({ legs, sync }: StatusOf<'mirror'>, lost: readonly Part[]): Fate {
  const gone = new Set(lost.map(({ number }) => number));
  const rest = legs.filter(({ device }) => !gone.has(device));
  // Its log alone: the mirror goes on, and forgets which regions are in sync.
  if (rest.length === legs.length) return 'survives';
  const alive = rest.filter(({ health }) => health === 'alive');
  if (alive.length === 0) return rest.every(({ health }) => health === 'write-failed') ? 'fails' : 'unknown';
  if (sync.used === sync.total) return 'survives';
  // What is not in sync yet is copied from the first leg, unless that one has failed before (drivers/md/dm-raid1.c).
  const isFirstGood = legs.every(({ health }) => health === 'alive') && rest[0] === legs[0];
  return isFirstGood ? 'survives' : 'unknown';
}

function multipathFate({ groups }: StatusOf<'multipath'>, lost: readonly Part[]): Fate {
  const gone = new Set(lost.map(({ number }) => number));
  const rest = groups.flatMap(({ paths }) => paths).filter(({ device }) => !gone.has(device));
  if (rest.length === 0) return 'fails';
  return rest.some(({ state }) => state === 'active') ? 'survives' : 'fails';
}
