import { operation } from '../operation.ts';
import { required } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume } from '../verify.ts';
import {
  asksToWipe,
  autoactivationOption,
  cannotWipe,
  newVolumeOptions,
  stripingOptions,
} from './lvcreate-common.ts';
import { type Asked, hasImages, isActiveAsAsked, isMade } from './lvcreate-verify.ts';

/** A volume whose data is spread over several disks, without redundancy. */
export const striped = operation({
  command: 'lvcreate',
  fixed: ['--type', 'striped'],
  summary: 'Makes a striped volume: spread over several devices, lost with any of them.',
  subject: newVolume,
  options: {
    ...newVolumeOptions,
    ...autoactivationOption,
    ...stripingOptions,
    stripes: required(stripingOptions.stripes),
  },
  refuse: cannotWipe,
  asks: asksToWipe,
  verify: isMade<Asked & { readonly stripes: number }>(
    ['striped'],
    isActiveAsAsked,
    hasImages(({ stripes }) => stripes),
  ),
  result: createdVolume,
});
