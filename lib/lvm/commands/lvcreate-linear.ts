import { operation } from '../operation.ts';
import { required } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, isOfType } from '../verify.ts';
import { asksToWipe, newVolumeOptions, sizeAndPlace, wipingOptions } from './lvcreate-common.ts';

/** A volume that maps straight to extents of disks. */
export const linear = operation({
  command: 'lvcreate',
  fixed: ['--type', 'linear'],
  summary: 'Makes a linear volume.',
  subject: newVolume,
  options: { ...sizeAndPlace, ...wipingOptions, ...newVolumeOptions, size: required(sizeAndPlace.size) },
  asks: asksToWipe,
  verify: isOfType('linear'),
  result: createdVolume,
});
