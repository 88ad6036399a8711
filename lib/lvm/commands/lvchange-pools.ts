import type { SegRow } from '../columns/seg.ts';
import {
  type After,
  type Before,
  type NoOptions,
  type Operation,
  operation,
  type Question,
} from '../operation.ts';
import {
  type AtLeastOne,
  consent,
  type OptionsOf,
  type OptionTable,
  required,
  word,
  yesNo,
} from '../option.ts';
import { segmentsOf, volumeOf } from '../state.ts';
import { volume } from '../subject.ts';
import { createdVolume, namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { cacheModeOptions } from './cache-options.ts';
import { checkVolume, requireSome, unmet } from './lvchange-common.ts';
import { settings, settingsProblem, vdoKeys, writecacheKeys } from './settings.ts';

const thinPoolOptions = {
  /** What becomes of discards; to or from `ignore` only while the pool is inactive (`--discards`). */
  discards: word('--discards', ['passdown', 'nopassdown', 'ignore']),
  /** Whether writes fail at once when the pool is full, instead of waiting (`--errorwhenfull`). */
  errorWhenFull: yesNo('--errorwhenfull'),
  /** Whether new blocks are zeroed before use (`--zero`). */
  zero: yesNo('--zero'),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.thinPool`. */
export interface LvchangeThinPoolOptions extends OptionsOf<typeof thinPoolOptions> {}

/** Changes what only a thin pool has (lvchange(8), lvmthin(7)). */
export const thinPool: Operation<string, AtLeastOne<LvchangeThinPoolOptions>, VolumeResult> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Changes how a thin pool treats discards, new blocks, and being full.',
  subject: volume,
  options: thinPoolOptions,
  arrange: requireSome(Object.keys(thinPoolOptions)),
  // lvm changes discards and zero twice if both are given, and fails the second time (tools/lvchange.c).
  satisfiedBy: ['unchanged'],
  verify: checkVolume((row, { options: { discards, errorWhenFull, zero } }, segment) =>
    unmet([
      ['discards', discards, segment?.discards],
      [
        'when full',
        errorWhenFull === undefined ? undefined : errorWhenFull ? 'error' : 'queue',
        row.whenFull,
      ],
      ['zeroing', zero, segment?.zero],
    ]),
  ),
  result: createdVolume,
});

const consents = {
  /** Leave to use `writeback` with a cachevol, which lvm cannot repair if it is damaged. */
  allowUnrepairable: consent('writeback with a cachevol, which cannot be repaired'),
} as const satisfies OptionTable;

const cacheOptions: typeof cacheModeOptions & typeof consents = { ...cacheModeOptions, ...consents };

/** Options of `lvm.lvchange.cache`. */
export interface LvchangeCacheOptions extends OptionsOf<typeof cacheOptions> {}

/** Changes a cache, by the cached volume or its cache pool (lvchange(8), lvmcache(7)). */
export const cache: Operation<
  string,
  AtLeastOne<LvchangeCacheOptions, keyof typeof cacheModeOptions>,
  VolumeResult
> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Changes mode and policy of a cache.',
  subject: volume,
  options: cacheOptions,
  arrange: requireSome(Object.keys(cacheModeOptions)),
  asks: asksForCachevol,
  verify: checkVolume(
    (_row, { options: { cacheMode, cachePolicy, cacheSettings } }, segment) =>
      unmet([
        ['cache mode', cacheMode, segment?.cacheMode],
        ['cache policy', cachePolicy, segment?.cachePolicy],
      ]) ?? settingsProblem(segment?.cacheSettings, cacheSettings),
  ),
  result: createdVolume,
});

const writecacheOptions = {
  /** Settings, such as `{ high_watermark: 60, low_watermark: 40 }`, in percent (`--cachesettings`). */
  cacheSettings: required(settings('--cachesettings', writecacheKeys)),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.writecache`. */
export interface LvchangeWritecacheOptions extends OptionsOf<typeof writecacheOptions> {}

/** Changes settings of a writecache (lvchange(8), lvmcache(7)). */
export const writecache: Operation<string, LvchangeWritecacheOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Changes settings of a writecache.',
  subject: volume,
  options: writecacheOptions,
  verify: checkVolume((_row, { options }, segment) =>
    settingsProblem(segment?.cacheSettings, options.cacheSettings),
  ),
  result: createdVolume,
});

/** Takes all settings of a writecache away, so that the kernel's own count again (lvchange(8)). */
export const clearWritecache: Operation<string, NoOptions, VolumeResult> = operation({
  command: 'lvchange',
  fixed: ['--cachesettings', ''],
  summary: 'Takes all settings of a writecache away.',
  subject: volume,
  options: {},
  // What lvm asks is whether to do what it was told to do.
  asks: () => [{ consent: '', granted: true, certain: true, text: 'lvm asks whether to clear all settings' }],
  verify: checkVolume((_row, _call, segment) =>
    segment?.cacheSettings.length === 0 ? null : `has the settings ${segment?.cacheSettings.join(' ')}`,
  ),
  result: createdVolume,
});

const vdoOptions = {
  /** Whether data are compressed (`--compression`). */
  compression: yesNo('--compression'),
  /** Whether equal blocks are stored once (`--deduplication`). */
  deduplication: yesNo('--deduplication'),
  /** Settings of the pool, such as `{ ack_threads: 2 }`; most only while it is inactive (`--vdosettings`, lvmvdo(7)). */
  vdoSettings: settings('--vdosettings', vdoKeys),
} as const satisfies OptionTable;

/** Options of `lvm.lvchange.vdo`. */
export interface LvchangeVdoOptions extends OptionsOf<typeof vdoOptions> {}

/** Changes a VDO pool, by itself or by its volume (lvchange(8), lvmvdo(7)). */
export const vdo: Operation<string, AtLeastOne<LvchangeVdoOptions>, VolumeResult> = operation({
  command: 'lvchange',
  fixed: [],
  summary: 'Changes compression, deduplication and settings of a VDO pool.',
  subject: volume,
  options: vdoOptions,
  arrange: requireSome(Object.keys(vdoOptions)),
  satisfiedBy: ['unchanged'],
  verify: (call) => {
    const segment = poolSegment(call);
    const problem = unmet([
      ['compression', call.options.compression, segment?.vdoCompression],
      ['deduplication', call.options.deduplication, segment?.vdoDeduplication],
    ]);
    return problem === null ? null : `${nameOf(call.place)} ${problem}`;
  },
  result: createdVolume,
});

function poolSegment({ place, after }: After<OptionsOf<typeof vdoOptions>>): SegRow | undefined {
  const row = namedVolume(place, after);
  const pool = row?.poolLv ? volumeOf(after, `${row.vgName}/${row.poolLv}`) : row;
  return pool === undefined ? undefined : segmentsOf(after, pool)[0];
}

// tools/lvchange.c, _lvchange_cache.
function asksForCachevol({
  place,
  options,
  before,
}: Before<OptionsOf<typeof cacheOptions>>): readonly Question[] {
  const row = namedVolume(place, before);
  if (options.cacheMode !== 'writeback' || row?.poolLv?.endsWith('_cvol') !== true) return [];
  return [
    {
      consent: 'allowUnrepairable',
      granted: options.allowUnrepairable === true,
      certain: true,
      text: `the cache of ${nameOf(place)} is a cachevol, which lvm cannot repair if it is damaged: with writeback, what is only there would be lost; set allowUnrepairable to true, or use a cache pool`,
    },
  ];
}
