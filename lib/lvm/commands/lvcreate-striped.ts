import { type Operation, operation } from '../operation.ts';
import { type OptionsOf, type OptionTable, required } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import {
  asksToWipe,
  autoactivationOption,
  cannotWipe,
  newVolumeOptions,
  stripingOptions,
} from './lvcreate-common.ts';
import { type Asked, hasImages, isActiveAsAsked, isMade } from './lvcreate-verify.ts';

const stripedOptions = {
  stripes: required(stripingOptions.stripes),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.striped`. */
export interface LvcreateStripedOptions
  extends OptionsOf<
    typeof newVolumeOptions & typeof autoactivationOption & typeof stripingOptions & typeof stripedOptions
  > {}

/** A volume whose data is spread over several disks, without redundancy. */
export const striped: Operation<string, LvcreateStripedOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'striped'],
  summary: 'Makes a striped volume: spread over several devices, lost with any of them.',
  subject: newVolume,
  options: { ...newVolumeOptions, ...autoactivationOption, ...stripingOptions, ...stripedOptions },
  refuse: cannotWipe,
  asks: asksToWipe,
  verify: isMade<Asked & { readonly stripes: number }>(
    ['striped'],
    isActiveAsAsked,
    hasImages(({ stripes }) => stripes),
  ),
  result: createdVolume,
});
