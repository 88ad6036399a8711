import type { LvRow } from '../columns/lv.ts';
import type { SegRow } from '../columns/seg.ts';
import type { After } from '../operation.ts';
import { type Size, toBytes } from '../sizes.ts';
import { groupOf, type LvmState, segmentsOf, volumeOf } from '../state.ts';
import { isOfType, namedVolume, nameOf, type VolumeResult } from '../verify.ts';

/** Of the options of a new volume those that can be seen on it afterwards. */
export interface Asked {
  readonly size?: Size | undefined;
  readonly origin?: string | undefined;
  readonly activate?: 'y' | 'n' | 'ay' | undefined;
  readonly activationSkip?: boolean | undefined;
  readonly ignoreActivationSkip?: boolean | undefined;
  readonly permission?: 'rw' | 'r' | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly noSync?: boolean | undefined;
  readonly autoactivation?: boolean | undefined;
}

/** A new volume, as a check sees it. */
export interface Made<P extends object> {
  readonly name: string;
  readonly volume: LvRow;
  /** Its first segment. */
  readonly segment: SegRow | undefined;
  readonly options: P;
  readonly after: LvmState;
}

/** What a check finds missing, or null. */
export type Check<P extends object> = (made: Made<P>) => string | null;

/** A check that a volume of one of these types was made, as large as asked for, active if it should be, and more. */
export function isMade<P extends Asked>(
  types: readonly string[] | ((options: P) => readonly string[]),
  ...checks: readonly Check<P>[]
): (call: After<P>) => string | null {
  return (call) => {
    const { place, after, options } = call;
    const wrong = isOfType(...(typeof types === 'function' ? types(options) : types))(call);
    const volume = namedVolume(place, after);
    if (wrong !== null || volume === undefined) return wrong;
    const [segment] = segmentsOf(after, volume);
    const made = { name: nameOf(place), volume, segment, options, after };
    return (
      tooSmall(call, volume) ??
      unlikeAsked(made) ??
      checks.reduce<string | null>((found, check) => found ?? check(made), null)
    );
  };
}

/** A check that the volume is active just if it was to be. What lvm could not see is not held against it. */
export function isActiveAsAsked({ name, volume, options }: Made<Asked>): string | null {
  const { activate, ignoreActivationSkip } = options;
  if (activate === 'ay' || volume.active === null) return null;
  const skipped = volume.skipActivation === true && ignoreActivationSkip !== true;
  const wanted = activate !== 'n' && !skipped;
  if (volume.active === wanted) return null;
  return wanted ? `${name} is not active` : `${name} is active`;
}

/** A check that it has so many legs or stripes, by the options. */
export function hasImages<P extends object>(count: (options: P) => number | undefined): Check<P> {
  return ({ name, segment, options }) => {
    const wanted = count(options);
    if (wanted === undefined || segment?.stripes === wanted) return null;
    return `${name} has ${segment?.stripes ?? 'no'} images or stripes, not ${wanted}`;
  };
}

/** A check that it was made of this volume. */
export function hasOrigin<P extends object>(origin: (options: P) => string): Check<P> {
  return ({ name, volume, options }) => {
    const wanted = origin(options);
    return volume.origin === wanted ? null : `the origin of ${name} is ${volume.origin}, not ${wanted}`;
  };
}

/** A check that it is in this pool, or cached by it. */
export function hasPool<P extends object>(pool: (options: P) => string): Check<P> {
  return ({ name, volume, options }) => {
    const wanted = pool(options);
    return volume.poolLv === wanted ? null : `the pool of ${name} is ${volume.poolLv}, not ${wanted}`;
  };
}

/** A check that its size, the one that its users see, is at least this. */
export function hasVirtualSize<P extends object>(size: (options: P) => unknown): Check<P> {
  return ({ name, volume, options }) => {
    const given = size(options);
    const wanted = given === undefined ? 0n : toBytes('virtualSize', given);
    return volume.size >= wanted
      ? null
      : `${name} has ${volume.size} bytes, less than the ${wanted} asked for`;
  };
}

/** The result of what may not have been activated. */
export interface SkippedVolumeResult extends VolumeResult {
  /** Whether it is inactive because ordinary activation passes over it; lvchange's `ignoreActivationSkip` activates it. */
  readonly activationSkipped: boolean;
}

/** Tells also whether activation passed over the new volume. */
export function skippedVolume({ place, after }: Pick<After<object>, 'place' | 'after'>): SkippedVolumeResult {
  const volume = namedVolume(place, after) ?? null;
  return { volume, activationSkipped: volume?.skipActivation === true && volume.active === false };
}

function unlikeAsked({ name, volume, options }: Made<Asked>): string | null {
  const { permission, tags = [], activationSkip, noSync, autoactivation } = options;
  const tag = tags.map((one) => one.replace(/^@/, '')).find((one) => !volume.tags.includes(one));
  if (tag !== undefined) return `${name} does not have the tag ${tag}`;
  if (permission !== undefined && (volume.attributes.permissions === 'read-only') !== (permission === 'r'))
    return `the permission of ${name} is not ${permission}`;
  if (activationSkip !== undefined && (volume.skipActivation === true) !== activationSkip)
    return `activation ${activationSkip ? 'does not pass' : 'passes'} over ${name}`;
  if (autoactivation !== undefined && volume.autoactivation !== autoactivation)
    return `autoactivation of ${name} is not as asked for`;
  const type = volume.attributes.volumeType;
  const isUnsynced = type === 'raid-without-initial-sync' || type === 'mirrored-without-initial-sync';
  if (noSync === true && !isUnsynced) return `${name} is not marked as made without synchronisation`;
  return null;
}

function tooSmall({ place, options, after, notes }: After<Asked>, volume: LvRow): string | null {
  const wanted = leastBytes(options, groupOf(after, volume.vgName)?.vg.extentSize ?? 0n, (origin) =>
    volumeOf(after, `${volume.vgName}/${origin}`),
  );
  // More than the origin and its metadata a snapshot could not use; lvm tells that it took less.
  const isCut = options.origin !== undefined && notes.some((note) => note.includes('maximum usable size'));
  if (volume.size >= wanted || isCut) return null;
  return `${nameOf(place)} has ${volume.size} bytes, less than the ${wanted} asked for`;
}

// A share of the group or of free space is what lvm finds there: it takes less if there is less.
function leastBytes(
  { size, origin }: Asked,
  extentSize: bigint,
  find: (name: string) => LvRow | undefined,
): bigint {
  if (size === undefined) return 0n;
  if (typeof size !== 'object') return toBytes('size', size);
  if (size.extents !== undefined) return BigInt(size.extents) * extentSize;
  if (size.of !== 'ORIGIN') return 1n;
  return ((find(origin ?? '')?.size ?? 0n) * BigInt(size.percent)) / 100n;
}
