import { operation } from '../operation.ts';
import { newVolume } from '../subject.ts';
import { createdVolume } from '../verify.ts';
import { asksToWipe, autoactivationOption, cannotWipe, newVolumeOptions } from './lvcreate-common.ts';
import { isActiveAsAsked, isMade } from './lvcreate-verify.ts';

/** A volume that maps straight to extents of disks. */
export const linear = operation({
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
