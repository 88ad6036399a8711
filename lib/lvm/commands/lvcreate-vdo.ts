import { type Operation, operation } from '../operation.ts';
import { bytes, newVolumeName, type OptionsOf, type OptionTable, required, yesNo } from '../option.ts';
import { newVolume } from '../subject.ts';
import { createdVolume, type VolumeResult } from '../verify.ts';
import { asksToWipe, cannotWipe, newVolumeOptions, stripingOptions } from './lvcreate-common.ts';
import { type Asked, hasPool, hasVirtualSize, isActiveAsAsked, isMade } from './lvcreate-verify.ts';
import { settings, vdoKeys } from './settings.ts';

// What is a pool too cannot have a device number of its own.
const { size, minor: _minor, persistent: _persistent, ...others } = newVolumeOptions;
const moreOptions: Omit<typeof newVolumeOptions, 'size' | 'minor' | 'persistent'> = others;

const vdoOptions = {
  /** Name of the VDO pool that is made for it (`--vdopool`). */
  pool: required(newVolumeName('--vdopool')),
  /** Size of the pool: real space, 5 GiB at least with the usual slabs (`--size`, `--extents`). */
  size,
  /** Size that the volume seems to have, in bytes; default is what the pool could hold without savings (`--virtualsize`). */
  virtualSize: bytes('--virtualsize'),
  /** Whether data is compressed; default yes (`--compression`). */
  compression: yesNo('--compression'),
  /** Whether equal blocks are stored once; default yes (`--deduplication`). */
  deduplication: yesNo('--deduplication'),
  /** Settings of VDO, such as `{ ack_threads: 2 }` (`--vdosettings`). */
  vdoSettings: settings('--vdosettings', vdoKeys),
} as const satisfies OptionTable;

/** Options of `lvm.lvcreate.vdo`. */
export interface LvcreateVdoOptions
  extends OptionsOf<typeof vdoOptions & typeof moreOptions & typeof stripingOptions> {}

/** A deduplicated and compressed volume, with its pool (lvmvdo(7)); needs the kernel's `vdo` target and vdoformat. */
export const vdo: Operation<string, LvcreateVdoOptions, VolumeResult> = operation({
  command: 'lvcreate',
  fixed: ['--type', 'vdo'],
  summary: 'Makes a VDO pool and in it one volume, deduplicated and compressed.',
  subject: newVolume,
  options: { ...vdoOptions, ...moreOptions, ...stripingOptions },
  refuse: cannotWipe,
  asks: asksToWipe,
  // The size is the pool's, the volume has its own.
  verify: ({ options, ...call }) => check({ ...call, options: { ...options, size: undefined } }),
  result: createdVolume,
});

const check = isMade<Asked & { readonly pool: string; readonly virtualSize?: unknown }>(
  ['vdo'],
  isActiveAsAsked,
  hasPool(({ pool }) => pool),
  hasVirtualSize(({ virtualSize }) => virtualSize),
);
