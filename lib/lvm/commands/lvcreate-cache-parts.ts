import type { Before, Question, Refusal } from '../operation.ts';
import { bytes, consent, eachDevice, type OptionTable, required, volumeName } from '../option.ts';
import { devicesOf, volumeOf } from '../state.ts';
import { typesOf } from '../verify.ts';
import type { Made } from './lvcreate-verify.ts';

/** A volume that becomes the cache of another. */
export const cacheVolOptions = {
  /** The volume to cache with, of the same group; all that is on it is lost (`--cachevol`). */
  cacheVol: required(volumeName('--cachevol')),
  /** Leave to destroy what is on `cacheVol`. */
  destroyContents: consent('what is on cacheVol is destroyed'),
} as const satisfies OptionTable;

/** Devices that get a volume to cache with. */
export const cacheDeviceOptions = {
  /** Devices of the group on which to make the volume to cache with (`--cachedevice`). */
  cacheDevices: required(eachDevice('--cachedevice')),
  /** How large to make that, in bytes (`--cachesize`); if left out, it takes the whole devices, see `useWholeDevices`. */
  cacheSize: bytes('--cachesize'),
  /** Leave for the cache to take all of `cacheDevices`, which must be unused. */
  useWholeDevices: consent('the cache may take all of cacheDevices'),
} as const satisfies OptionTable;

/** lvm's question before it takes a volume as cache. */
export function asksToErase({
  cacheVol,
  destroyContents,
}: {
  readonly cacheVol: string;
  readonly destroyContents?: boolean | undefined;
}): Question {
  return {
    consent: 'destroyContents',
    granted: destroyContents === true,
    certain: true,
    text: `all that is on ${cacheVol} will be destroyed; set destroyContents to allow it`,
  };
}

/** lvm's question when no size is given for the cache. */
export function asksForDevices({
  cacheDevices,
  cacheSize,
  useWholeDevices,
}: {
  readonly cacheDevices: readonly string[];
  readonly cacheSize?: unknown;
  readonly useWholeDevices?: boolean | undefined;
}): readonly Question[] {
  if (cacheSize !== undefined) return [];
  return [
    {
      consent: 'useWholeDevices',
      granted: useWholeDevices === true,
      certain: true,
      text: `the cache will take all of ${cacheDevices.join(', ')}; set useWholeDevices to allow it, or cacheSize`,
    },
  ];
}

/**
 * Refuses a pool that is not there or none. By a name that is not there lvm would go on to make a pool of that name, and
 * what a pool in use is called has changed.
 */
export function refusePool({
  place,
  options,
  before,
}: Before<{ readonly cachePool: string }>): Refusal | null {
  const name = `${place.groups[0]}/${options.cachePool}`;
  const types = typesOf(before, name);
  if (types.includes('cache-pool')) return null;
  if (types.length > 0)
    return { reason: 'wrong-type', message: `${name} is no cache pool, but ${types.join(', ')}` };
  return { reason: 'not-found', message: `there is no cache pool ${name} that is not in use` };
}

/** Refuses a volume that is not there: lvm would make the new one first, and then remove it. */
export function refuseCacheVol({
  place,
  options,
  before,
}: Before<{ readonly cacheVol: string }>): Refusal | null {
  const name = `${place.groups[0]}/${options.cacheVol}`;
  if (volumeOf(before, name) !== undefined) return null;
  return { reason: 'not-found', message: `there is no volume ${name} to cache with` };
}

/** Refuses a device that holds extents already if all of it is to be used, for the same reason. */
export function refuseUsedDevice({
  options: { cacheDevices, cacheSize },
  before,
}: Pick<
  Before<{ readonly cacheDevices: readonly string[]; readonly cacheSize?: unknown }>,
  'options' | 'before'
>): Refusal | null {
  if (cacheSize !== undefined) return null;
  const used = devicesOf(before).find(
    ({ name, peAllocCount }) => cacheDevices.some((path) => path === name) && (peAllocCount ?? 0) > 0,
  );
  if (used === undefined) return null;
  return {
    reason: 'in-use',
    message: `${used.name} holds extents of other volumes: set cacheSize to use a part of it`,
  };
}

/** A check that a volume made for it caches it. */
export function hasCacheVol({ name, volume }: Made<object>): string | null {
  return volume.poolLv?.endsWith('_cvol') === true ? null : `${name} is not cached by a volume of its own`;
}
