import type { LvRow } from '../columns/lv.ts';
import {
  type After,
  type Afterwards,
  type Before,
  type Operation,
  operation,
  type Question,
} from '../operation.ts';
import { flag, type OptionsOf, type OptionTable } from '../option.ts';
import { groupOf, type LvmState, volumeOf } from '../state.ts';
import { type Place, volume } from '../subject.ts';
import { createdVolume, namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { answered, asked, refuseOther } from './lvconvert-common.ts';
import { brokenBelow } from './lvconvert-images.ts';

/** The result of taking a cache off. */
export interface SplitCacheResult extends VolumeResult {
  /** The volume that was the cache; null if it was only tested. */
  readonly cache: LvRow | null;
}

const options = {
  /** Leave to lose what is in the cache alone, where it cannot be written back because a device is missing (`--force`). */
  withoutFlushing: flag('--force'),
} as const satisfies OptionTable;

/** Options of `lvm.lvconvert.splitCache`. */
export interface LvconvertSplitCacheOptions extends OptionsOf<typeof options> {}

/** Writes a cache back and takes it off; it is kept as a volume of its own. Ends when all is written back. */
export const splitCache: Operation<string, LvconvertSplitCacheOptions, SplitCacheResult> = operation({
  command: 'lvconvert',
  fixed: ['--splitcache'],
  summary: 'Takes a cache off a volume and keeps it.',
  subject: volume,
  options,
  refuse: refuseUncached,
  asks,
  verify: (call) => verifyUncached(call) ?? (cacheAfter(call) === null ? 'the cache is gone' : null),
  result: (call) => ({ ...createdVolume(call), cache: cacheAfter(call) }),
});

/** Options of `lvm.lvconvert.uncache`. */
export interface LvconvertUncacheOptions extends OptionsOf<typeof options> {}

/** Writes a cache back and removes it. Ends when all is written back. */
export const uncache: Operation<string, LvconvertUncacheOptions, VolumeResult> = operation({
  command: 'lvconvert',
  fixed: ['--uncache'],
  summary: 'Takes a cache off a volume and removes it.',
  subject: volume,
  options,
  refuse: refuseUncached,
  asks,
  verify: (call) => verifyUncached(call) ?? (cacheAfter(call) === null ? null : 'the cache is there still'),
  result: createdVolume,
});

function refuseUncached(call: Before<object>) {
  const types = ['cache', 'writecache', 'thin-pool', 'vdo-pool'];
  return refuseOther(call, types, 'it has no cache');
}

function asks(call: Before<{ withoutFlushing?: boolean | undefined }>): readonly Question[] {
  if (call.options.withoutFlushing === true) return [answered('detach without flushing?')];
  const cache = cacheOf(call.place, call.before);
  const broken = cache === null ? null : brokenBelow(call.before, cache.fullName);
  if (broken === null) return [];
  return [asked('withoutFlushing', false, `${broken}, so what is in the cache alone would be lost`)];
}

function cached(place: Place, state: LvmState): LvRow | undefined {
  const row = namedVolume(place, state);
  return row?.dataLv === undefined || row.dataLv === null
    ? row
    : volumeOf(state, `${row.vgName}/${row.dataLv}`);
}

function cacheOf(place: Place, state: LvmState): LvRow | null {
  const row = cached(place, state);
  if (row?.poolLv === undefined || row.poolLv === null) return null;
  return volumeOf(state, `${row.vgName}/${row.poolLv}`) ?? null;
}

function cacheAfter({ place, before, after }: Afterwards): LvRow | null {
  const uuid = cacheOf(place, before)?.uuid;
  return groupOf(after, place.groups[0] ?? '')?.lvs.find((row) => row.uuid === uuid) ?? null;
}

function verifyUncached({ place, after }: After<object>): string | null {
  const row = cached(place, after);
  if (row === undefined) return `there is no volume ${nameOf(place)}`;
  return row.segtype === 'cache' || row.segtype === 'writecache' ? `${nameOf(place)} is cached still` : null;
}
