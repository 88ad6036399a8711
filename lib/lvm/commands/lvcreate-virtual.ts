import { type Operation, operation } from '../operation.ts';
import { type OptionsOf, type OptionTable, required } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import {
  activationOptions,
  autoactivationOption,
  describingOptions,
  deviceOptions,
} from './lvcreate-common.ts';
import { newSize } from './lvcreate-options.ts';
import { isActiveAsAsked, isMade } from './lvcreate-verify.ts';

const ownVirtualOptions = {
  /** Its size, which takes no space; LVM rounds it up to whole extents (`--size`, `--extents`). */
  size: required(newSize()),
} as const satisfies OptionTable;

const virtualOptions: typeof ownVirtualOptions &
  typeof activationOptions &
  typeof deviceOptions &
  typeof describingOptions &
  typeof autoactivationOption = {
  ...ownVirtualOptions,
  ...activationOptions,
  ...deviceOptions,
  ...describingOptions,
  ...autoactivationOption,
};

/** Options of `lvm.lvcreate.error`. */
export interface LvcreateErrorOptions extends OptionsOf<typeof virtualOptions> {}

/** A volume whose every read and write fails, for tests. */
export const error: Operation<string, LvcreateErrorOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'error'],
  summary: 'Makes a volume without space, whose every read and write fails.',
  subject: newVolume,
  options: virtualOptions,
  verify: isMade(['error'], isActiveAsAsked),
  result: createdVolume,
});

/** Options of `lvm.lvcreate.zero`. */
export interface LvcreateZeroOptions extends OptionsOf<typeof virtualOptions> {}

/** A volume that reads as zeroes and forgets what is written, for tests. */
export const zero: Operation<string, LvcreateZeroOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'zero'],
  summary: 'Makes a volume without space, that reads as zeroes and forgets what is written.',
  subject: newVolume,
  options: virtualOptions,
  verify: isMade(['zero'], isActiveAsAsked),
  result: createdVolume,
});
