import { type Operation, operation } from '../operation.ts';
import { type OptionsOf, type OptionTable, word, yesNo } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import { cachingOptions } from './cache-options.ts';
import { activationOptions, stripingOptions } from './lvcreate-common.ts';
import { multipleOf } from './lvcreate-options.ts';
import { poolOptions } from './lvcreate-pool-options.ts';
import { type Asked, isActiveAsAsked, isMade, type Made } from './lvcreate-verify.ts';

const thinPoolOptions = {
  /** Bytes that a thin volume takes at once: a multiple of 64 KiB, to 1 GiB; default by its size (`--chunksize`). */
  chunkSize: multipleOf('--chunksize', 65_536n, 1_073_741_824n),
  /** What becomes of discards: freed and passed on to the disks (`passdown`, the default), freed, or ignored (`--discards`). */
  discards: word('--discards', ['passdown', 'nopassdown', 'ignore']),
  /** Whether writes fail at once when it is full; default is that they wait a minute for more space (`--errorwhenfull`). */
  errorWhenFull: yesNo('--errorwhenfull'),
  /** Whether chunks are zeroed before a volume gets them; default yes. Without, a volume may show what another had (`--zero`). */
  zero: yesNo('--zero'),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.thinPool`. */
export interface LvcreateThinPoolOptions
  extends OptionsOf<
    typeof poolOptions & typeof thinPoolOptions & typeof stripingOptions & typeof activationOptions
  > {}

/** Space for thin volumes. */
export const thinPool: Operation<string, LvcreateThinPoolOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: [],
  summary: 'Makes a thin pool: space that thin volumes take as they are written to.',
  subject: newVolume,
  options: { ...poolOptions, ...thinPoolOptions, ...stripingOptions, ...activationOptions },
  // lvm 2.03.11 to 2.03.39 refuse --errorwhenfull with the type given (_lvcreate_params in tools/lvcreate.c has it not
  // in the list there), not with --thin, which with a size and without a virtual one is nothing else.
  arrange: (place, { errorWhenFull }) => ({
    ...place,
    flags: [...(errorWhenFull === undefined ? ['--type', 'thin-pool'] : ['--thin']), ...place.flags],
  }),
  verify: isMade<PoolAsked>(['thin-pool'], isActiveAsAsked, isPoolAsAsked),
  result: createdVolume,
});

const cachePoolOptions = {
  /** Bytes that are cached at once: a multiple of 32 KiB, to 1 GiB; default 64 KiB (`--chunksize`). */
  chunkSize: multipleOf('--chunksize', 32_768n, 1_073_741_824n),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.cachePool`. */
export interface LvcreateCachePoolOptions
  extends OptionsOf<typeof poolOptions & typeof cachingOptions & typeof cachePoolOptions> {}

/** Fast space that a volume can be cached by. */
export const cachePool: Operation<string, LvcreateCachePoolOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'cache-pool'],
  summary: 'Makes a cache pool, to be attached to a volume; it is not active by itself.',
  subject: newVolume,
  options: { ...poolOptions, ...cachingOptions, ...cachePoolOptions },
  verify: isMade(['cache-pool']),
  result: createdVolume,
});

interface PoolAsked extends Asked {
  readonly errorWhenFull?: boolean | undefined;
  readonly discards?: string | undefined;
  readonly zero?: boolean | undefined;
}

function isPoolAsAsked({ name, volume, segment, options }: Made<PoolAsked>): string | null {
  const { errorWhenFull, discards, zero } = options;
  if (errorWhenFull !== undefined && (volume.whenFull === 'error') !== errorWhenFull)
    return `${name} will ${volume.whenFull} when it is full`;
  if (discards !== undefined && segment?.discards !== discards)
    return `${name} has ${segment?.discards} for discards, not ${discards}`;
  if (zero !== undefined && segment?.zero !== zero)
    return `${name} ${zero ? 'does not zero' : 'zeroes'} new chunks`;
  return null;
}
