import { type Operation, operation, type Waits } from '../operation.ts';
import { flag, integer, type OptionsOf, type OptionTable, required, word } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import { asksToWipe, cannotWipe, newVolumeOptions, stripingOptions } from './lvcreate-common.ts';
import { powerOfTwo } from './lvcreate-options.ts';
import { type Asked, hasImages, isActiveAsAsked, isMade, type Made } from './lvcreate-verify.ts';

const mirrorOptions = {
  /** Copies beyond the first, 1 to 7: 1 makes two legs (`--mirrors`). */
  mirrors: required(integer('--mirrors', 1, 7)),
  /**
   * Where to keep which regions are in sync (`--mirrorlog`): on a `disk`, LVM's default, or in memory (`core`), so that
   * each activation synchronises everything anew.
   */
  mirrorLog: word('--mirrorlog', ['core', 'disk']),
  /** Bytes that are synchronised at once, a power of two (`--regionsize`); default 2 MiB. */
  regionSize: powerOfTwo('--regionsize', 4096n, 2_147_483_648n),
  /**
   * Leaves out the first synchronisation (`--nosync`). Danger: the legs differ wherever nothing was written, yet it
   * reads as 100 % in sync; such a volume must never be split, and its legs never be compared.
   */
  noSync: flag('--nosync'),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.mirror`. */
export interface LvcreateMirrorOptions
  extends OptionsOf<typeof newVolumeOptions & typeof stripingOptions & typeof mirrorOptions> {}

/** A mirror of the older kind, by the kernel's `mirror` target; see lvcreate.raid1 for the newer one. */
export const mirror: Operation<string, LvcreateMirrorOptions, VolumeResult> & Waits<'mirror'> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'mirror'],
  summary:
    'Makes a mirror by the kernel target of that name; it returns while the legs are still being synchronised.',
  subject: newVolume,
  waits: 'mirror',
  options: { ...newVolumeOptions, ...stripingOptions, ...mirrorOptions },
  refuse: cannotWipe,
  asks: asksToWipe,
  verify: isMade<Mirroring>(
    ['mirror'],
    isActiveAsAsked,
    hasImages(({ mirrors }) => mirrors + 1),
    hasLog,
  ),
  result: createdVolume,
});

interface Mirroring extends Asked {
  readonly mirrors: number;
  readonly mirrorLog?: 'core' | 'disk' | undefined;
}

function hasLog({ name, volume, options }: Made<Mirroring>): string | null {
  const wanted = options.mirrorLog ?? 'disk';
  if ((volume.mirrorLog === null) === (wanted === 'core')) return null;
  return `the log of ${name} is not of the kind ${wanted}`;
}
