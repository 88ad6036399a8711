import { type Placement, type Room, rangesOf, sizeOf } from './placement.ts';

/** One change on the way to a mirror; before the next one all copies have to be in sync. */
export type Stage =
  /** Makes the volume as it is to be, or its first copy alone. */
  | {
      readonly kind: 'create';
      readonly copies: number;
      readonly devices: readonly string[];
      readonly log: 'disk' | 'core' | null;
    }
  /** Makes it one of so many copies. `log` is what a volume that is no mirror yet gets. */
  | {
      readonly kind: 'add';
      readonly copies: number;
      readonly devices: readonly string[];
      readonly log: 'disk' | 'core' | null;
    }
  /** Moves the log from memory to a disk. */
  | { readonly kind: 'log'; readonly devices: readonly string[] };

/** What is there before the first stage, and what is wanted. */
export interface StagePlan {
  readonly placement: Placement;
  /** `nothing`: the volume is to be made. */
  readonly from: 'nothing' | 'linear' | 'mirror';
  readonly type: 'raid1' | 'mirror';
  /** Copies that there are; 0 with `nothing`. */
  readonly copies: number;
  /** Whether a log on disk is wanted, and there is none. */
  readonly wantsLog: boolean;
  /** Extents of a leg that are for its metadata; 0, the default, of type `mirror`. */
  readonly metadata?: number | undefined;
}

/**
 * The stages to a placement. lvm is told a list of devices for a command, not which leg or log goes where: legs on one PV
 * each are made together; those on several PVs one after another, as lvm then would put two on one disk. A log is made
 * with them only where lvm has no choice. Pure.
 */
export function stagesOf(plan: StagePlan): readonly Stage[] {
  const { placement, from, type, copies, wantsLog, metadata = 0 } = plan;
  const { legs, log } = placement;
  const isWhole = legs.every((leg) => leg.length === 1);
  const isFirst = from === 'nothing' && !isWhole;
  const [first = []] = legs;
  const added = isFirst ? legs.slice(1) : legs;
  const canBring = log !== null && bringsLog(added, log);
  const logWith = (index: number): 'disk' | 'core' | null => {
    if (type === 'raid1' || from === 'mirror' || index > 0) return null;
    return wantsLog && canBring ? 'disk' : 'core';
  };
  const rounds = isWhole ? (added.length === 0 ? [] : [added]) : added.map((leg) => [leg]);
  const brought = rounds.length > 0 && logWith(0) === 'disk';
  let count = isFirst ? 1 : copies;
  const stages = rounds.map((round, index): Stage => {
    count += round.length;
    const withLog = logWith(index) === 'disk' && log !== null;
    return {
      kind: from === 'nothing' && isWhole ? 'create' : 'add',
      copies: count,
      devices: withLog ? exactly([...round.flat(), log]) : devicesOf(round.flat()),
      log: logWith(index),
    };
  });
  return [
    ...(isFirst
      ? [{ kind: 'create', copies: 1, devices: besideMetadata(first, metadata), log: null } as const]
      : []),
    ...stages,
    ...(wantsLog && !brought && log !== null ? [{ kind: 'log', devices: [rangesOf(log)] } as const] : []),
  ];
}

// One run each leaves lvm no other way (lvm 2.03.16 was seen to end a leg of two PVs on the log's, where a leg was).
function bringsLog(legs: readonly (readonly Room[])[], log: Room): boolean {
  const isPlain = legs.every((leg) => leg.length === 1 && leg.every(({ runs }) => runs.length === 1));
  return isPlain || (legs.length === 1 && legs[0]?.some(({ device }) => device === log.device) === true);
}

// lvm makes the metadata of a copy that is there on the devices that it is on, and on no other: one of them must not be
// filled by it.
function besideMetadata(leg: readonly Room[], metadata: number): readonly string[] {
  const roomy = leg.find((room) => sizeOf(room) > metadata);
  if (metadata === 0 || leg.length === 1 || roomy === undefined) return devicesOf(leg);
  return exactly(leg.map((room) => (room === roomy ? shortened(room, metadata) : room)));
}

function shortened({ device, runs }: Room, by: number): Room {
  let left = by;
  const kept = runs.toReversed().flatMap(({ start, size }) => {
    const less = Math.min(left, size);
    left -= less;
    return less === size ? [] : [{ start, size: size - less }];
  });
  return { device, runs: kept.toReversed() };
}

function devicesOf(rooms: readonly Room[]): readonly string[] {
  return [...new Set(rooms.map(({ device }) => device))];
}

function exactly(rooms: readonly Room[]): readonly string[] {
  return devicesOf(rooms).map((device) =>
    rangesOf({
      device,
      runs: rooms
        .filter((room) => room.device === device)
        .flatMap(({ runs }) => runs)
        .toSorted((a, b) => a.start - b.start),
    }),
  );
}
