import { operation } from '../operation.ts';
import { type OptionTable, required } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume } from '../verify.ts';
import {
  activationOptions,
  autoactivationOption,
  describingOptions,
  deviceOptions,
} from './lvcreate-common.ts';
import { newSize } from './lvcreate-options.ts';
import { isActiveAsAsked, isMade } from './lvcreate-verify.ts';

const virtualOptions = {
  /** Its size, which takes no space; LVM rounds it up to whole extents (`--size`, `--extents`). */
  size: required(newSize()),
  ...activationOptions,
  ...deviceOptions,
  ...describingOptions,
  ...autoactivationOption,
} as const satisfies OptionTable;

/** A volume whose every read and write fails, for tests. */
export const error = operation({
  command: 'lvcreate',
  fixed: ['--type', 'error'],
  summary: 'Makes a volume without space, whose every read and write fails.',
  subject: newVolume,
  options: virtualOptions,
  verify: isMade(['error'], isActiveAsAsked),
  result: createdVolume,
});

/** A volume that reads as zeroes and forgets what is written, for tests. */
export const zero = operation({
  command: 'lvcreate',
  fixed: ['--type', 'zero'],
  summary: 'Makes a volume without space, that reads as zeroes and forgets what is written.',
  subject: newVolume,
  options: virtualOptions,
  verify: isMade(['zero'], isActiveAsAsked),
  result: createdVolume,
});
