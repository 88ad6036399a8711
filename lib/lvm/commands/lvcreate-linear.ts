import { type Operation, operation } from '../operation.ts';
import type { OptionsOf } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import { asksToWipe, autoactivationOption, cannotWipe, newVolumeOptions } from './lvcreate-common.ts';
import { isActiveAsAsked, isMade } from './lvcreate-verify.ts';

/** Options of `lvm.lvcreate.linear`. */
export interface LvcreateLinearOptions
  extends OptionsOf<typeof newVolumeOptions & typeof autoactivationOption> {}

/** A volume that maps straight to extents of disks. */
export const linear: Operation<string, LvcreateLinearOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'linear'],
  summary: 'Makes a linear volume.',
  subject: newVolume,
  options: { ...newVolumeOptions, ...autoactivationOption },
  refuse: cannotWipe,
  asks: asksToWipe,
  verify: isMade(['linear'], isActiveAsAsked),
  result: createdVolume,
});
